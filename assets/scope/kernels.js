// The kernels' WebAssembly module: memory, struct Scan, and the calls. kernels/README.md, "The browser", describes them.

// Base64 of deflated bytes, as snnviz.backends.browser.packed() writes them.
export async function unpack(text) {
  const deflated = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const stream = new Blob([deflated]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).arrayBuffer();
}

// Smooth curves of float32, as packed_curves() of snnviz/live/declared.py writes them: a byte of every number, then the next byte
// of every number, of the second differences of their bits.
export async function unpackCurves(text) {
  const bytes = new Uint8Array(await unpack(text)), n = bytes.length / 4, bits = new Uint32Array(n);
  for (let i = 0; i < n; i++) bits[i] = bytes[i] | (bytes[n + i] << 8) | (bytes[2 * n + i] << 16) | (bytes[3 * n + i] << 24);
  for (let order = 0; order < 2; order++) for (let i = 1; i < n; i++) bits[i] += bits[i - 1];
  return bits.buffer;
}

let compiled = null; // one module for the whole visit: { text, module: Promise }

export function compile(text) {
  if (compiled?.text !== text) compiled = { text, module: unpack(text).then((bytes) => WebAssembly.compile(bytes)) };
  return compiled.module;
}

// Why nothing can run in this browser, or null.
export function unsupported() {
  if (typeof WebAssembly !== "object") return "This browser does not run WebAssembly.";
  if (typeof DecompressionStream !== "function") return "This browser is too old.";
  // The smallest module with a vector instruction: i32.const 0, i8x16.splat, drop.
  const simd = [0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 9, 1, 7, 0, 65, 0, 253, 15, 26, 11];
  return WebAssembly.validate(new Uint8Array(simd)) ? null : "This browser's WebAssembly has no vector instructions.";
}

const SCAN_BYTES = 128;

export class Kernels {
  constructor(module) {
    this.instance = new WebAssembly.Instance(module, {});
    this.memory = this.instance.exports.memory;
    this.start = (this.instance.exports.__heap_base.value + 15) & ~15;
    this.arrays = {};
  }

  // Allocates float32 arrays of the given lengths, filled with 0; returns them by name. Arrays of an earlier call become invalid.
  layout(lengths) {
    let at = this.start + SCAN_BYTES;
    const places = {};
    for (const [name, length] of Object.entries(lengths)) {
      places[name] = [at, length];
      at = (at + 4 * length + 15) & ~15;
    }
    const missing = at - this.memory.buffer.byteLength;
    if (missing > 0) this.memory.grow(Math.ceil(missing / 65536));
    this.scan = new DataView(this.memory.buffer, this.start, SCAN_BYTES);
    this.arrays = {};
    for (const [name, [place, length]] of Object.entries(places)) {
      this.arrays[name] = new Float32Array(this.memory.buffer, place, length).fill(0);
    }
    return this.arrays;
  }

  // struct Scan of kernels/scan.cuh, field for field.
  describe({ c, d = [], T, M, begin = 0, end = M, reset = "kept", afterReset = false, gain = 1, window = Infinity, gate = 0,
             seed = 0, layer = 0, first = 0 }) {
    const view = this.scan;
    for (let i = 0; i < 8; i++) {
      view.setFloat32(4 * i, c[i] ?? 0, true);
      view.setFloat32(32 + 4 * i, d[i] ?? 0, true);
    }
    view.setFloat32(48, gate, true);
    view.setFloat32(52, window, true);
    view.setFloat32(56, gain, true);
    view.setFloat32(64, reset === "kept" ? 1 : 0, true);
    view.setFloat32(68, reset === "left out" ? 0 : 1, true); // through the adaptation, and the mask of a reset to zero
    view.setFloat32(72, reset === "left out" ? 0 : 1, true);
    view.setFloat32(76, afterReset ? 1 : 0, true);
    view.setUint32(80, seed >>> 0, true);
    view.setUint32(84, layer >>> 0, true);
    [first, T, M, begin, end].forEach((n, i) => view.setBigInt64(88 + 8 * i, BigInt(n), true));
  }

  // The address of element `offset` of an array; 0 for null, an array that is not needed.
  static at(array, offset = 0) {
    return array ? array.byteOffset + 4 * offset : 0;
  }

  forward(kernel, scan, { x, initial, u, s, trace, last }) {
    const at = Kernels.at;
    this.describe(scan);
    this.instance.exports[`${kernel}_forward`](this.start, at(x), at(initial), at(u), at(s), at(trace), at(last));
  }

  // One neuron, one kernel call per step, so that the state after every step is stored: states [T + 1, S], row 0 is the first
  // state. The membrane after the reset comes from the kernel this way; this file has no second formula for it.
  steps(kernel, c, T, { x, states, u, s, trace }) {
    const call = this.instance.exports[`${kernel}_forward`];
    const wide = states.length / (T + 1);
    const [px, pv, pu, ps, pt] = [x, states, u, s, trace].map((a) => Kernels.at(a));
    this.describe({ c, T: 1, M: 1 });
    for (let t = 0, a = 0; t < T; t++, a += 4) {
      call(this.start, px + a, pv + wide * a, pu + a, ps && ps + a, pt && pt + a, pv + wide * (a + 4));
    }
  }

  // If gradS, gradU or trace is absent, the kernel reads a row of zeros at every step (row stride 0).
  backward(kernel, derivative, scan, { gradS, gradU, u, trace, initial, zeros, given, delta, gradInitial, slopes, multiplier }) {
    const at = Kernels.at;
    this.describe(scan);
    const row = (a) => (a ? [at(a), BigInt(scan.M)] : [at(zeros), 0n]);
    this.instance.exports[`${kernel}_backward_${derivative}`](
      this.start, ...row(gradS), ...row(gradU), at(u), ...row(trace), at(initial), at(zeros), at(given), at(delta),
      at(gradInitial), 0, at(slopes), at(multiplier));
  }
}
