// A small spiking network on the project's kernels. Arrays are [T, N, B], the batch inside. One Engine is one instance of the
// module with its own memory; one Room holds the arrays of a pass through a network of one shape; a Net is weights.

const SCAN_BYTES = 128, OVER_TIME = { max: 0, mean: 1, last: 2 };
const round8 = (n) => (n + 7) & ~7;

export class Engine {
  constructor(module) {
    this.exports = new WebAssembly.Instance(module, {}).exports;
    this.start = (this.exports.__heap_base.value + 15) & ~15;
    this.reset();
  }

  // Everything laid out before is void after it.
  reset(bytes = 1 << 20) {
    const { memory } = this.exports, missing = this.start + bytes - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / 65536));
    this.next = this.start;
  }

  floats(n) {
    const at = this.next;
    this.next = (at + 4 * (n + 4) + 15) & ~15;
    if (this.next > this.exports.memory.buffer.byteLength) throw new RangeError("The arena is too small.");
    return new Float32Array(this.exports.memory.buffer, at, n).fill(0);
  }

  // struct Scan of kernels/scan.cuh, field for field, in its place `at` or in a new one.
  scan({ c, T, M, d = [], reset = "kept", gain = 1, window = Infinity, layer = 0 }, at = this.floats(SCAN_BYTES / 4).byteOffset) {
    const view = new DataView(this.exports.memory.buffer, at, SCAN_BYTES);
    c.forEach((x, i) => view.setFloat32(4 * i, x, true));
    d.forEach((x, i) => view.setFloat32(32 + 4 * i, x, true));
    view.setFloat32(52, window, true);
    view.setFloat32(56, gain, true);
    view.setFloat32(64, +(reset === "kept"), true);
    view.setFloat32(68, +(reset !== "left out"), true);
    view.setUint32(80, layer, true);
    [0, T, M, 0, M].forEach((n, i) => view.setBigInt64(88 + 8 * i, BigInt(n), true));
    return { at, seed: new Uint32Array(this.exports.memory.buffer, at + 76, 1) };
  }
}

// shape: { inputs, hidden: [...], outputs, T, B, tau, overTime }
export class Room {
  static bytes({ inputs, hidden, outputs, T, B }) {
    const units = inputs + 6 * hidden.reduce((a, b) => a + b, 0) + 4 * outputs;
    return 4 * (T * B * (units + 12) + 40_000) + 65536;
  }

  constructor(engine, shape) {
    const { inputs, hidden, outputs, T, tau, overTime } = shape;
    Object.assign(this, { engine, ...shape, B: round8(shape.B), mode: OVER_TIME[overTime] });
    const { B } = this, beta = Math.exp(-1 / tau), a = (n) => engine.floats(T * n * B);
    this.one = 1 - beta; // the biases' input: a bias is where the membrane settles
    this.lif = [beta, 1, 1, -Infinity, 1, 0];
    this.x = a(inputs);
    this.y = new Int32Array(engine.exports.memory.buffer, engine.floats(B).byteOffset, B);
    this.zeros = engine.floats(B * Math.max(...hidden, outputs));
    this.last = engine.floats(B * Math.max(...hidden, outputs));
    this.p = engine.floats(outputs * B);
    this.sums = engine.floats(2);
    this.layers = hidden.map((N) => ({
      N, x: a(N), u: a(N), s: a(N), ds: a(N), gs: a(N), delta: a(N), scan: engine.scan({ c: this.lif, T, M: N * B }),
    }));
    this.out = {
      N: outputs, x: a(outputs), u: a(outputs), gu: a(outputs), delta: a(outputs),
      scan: engine.scan({ c: [beta], T, M: outputs * B }),
    };
  }

  // The scans of a method's way back, one a layer; in the place of an older row, if there is one.
  row({ derivative, d, reset, gain, window }, older) {
    const { T, B } = this;
    return {
      slopes: this.engine.exports[`play_slopes_${derivative}`],
      scans: this.layers.map(({ N }, layer) =>
        this.engine.scan({ c: this.lif, d, T, M: N * B, reset, gain, window, layer }, older?.scans[layer].at)),
    };
  }

  // From this.x to the readout's softmax this.p; count: how many of the samples count in loss and hits.
  forward(net, count) {
    const { T, B, zeros, last, out, mode, sums } = this, e = this.engine.exports;
    let below = this.x, wide = this.inputs;
    for (const [i, l] of this.layers.entries()) {
      e.play_product(T, wide, l.N, B, this.one, below.byteOffset, net.w[i].byteOffset, l.x.byteOffset);
      e.lif_forward(l.scan.at, l.x.byteOffset, zeros.byteOffset, l.u.byteOffset, l.s.byteOffset, 0, last.byteOffset);
      below = l.s;
      wide = l.N;
    }
    e.play_product(T, wide, out.N, B, this.one, below.byteOffset, net.w.at(-1).byteOffset, out.x.byteOffset);
    e.leaky_forward(out.scan.at, out.x.byteOffset, zeros.byteOffset, out.u.byteOffset, 0, 0, last.byteOffset);
    sums[0] = sums[1] = 0;
    e.play_reduce(T, out.N * B, mode, out.u.byteOffset, this.p.byteOffset);
    e.play_softmax(out.N, B, count, this.p.byteOffset, this.y.byteOffset, sums.byteOffset);
    return sums[0] / count;
  }

  // After forward: net.g, and every layer's delta and ds_du.
  backward(net, row, count, seed) {
    const { T, B, zeros, last, out, mode } = this, e = this.engine.exports, L = this.layers.length;
    e.play_loss_back(T, out.N, B, count, mode, out.u.byteOffset, this.p.byteOffset, this.y.byteOffset, out.gu.byteOffset);
    const none = zeros.byteOffset;
    e.leaky_backward_never(out.scan.at, none, 0n, out.gu.byteOffset, BigInt(out.N * B), out.u.byteOffset, none, 0n, none, none, 0,
      out.delta.byteOffset, last.byteOffset, 0, 0, 0);
    let above = out;
    for (let i = L; i >= 0; i--) {
      const below = i ? this.layers[i - 1] : { s: this.x, N: this.inputs };
      e.play_outer(T, below.N, above.N, B, this.one, below.s.byteOffset, above.delta.byteOffset, net.g[i].byteOffset);
      if (!i) break;
      e.play_transpose(above.N, below.N, net.w[i].byteOffset, net.transposed.byteOffset);
      e.play_product(T, above.N, below.N, B, 0, above.delta.byteOffset, net.transposed.byteOffset, below.gs.byteOffset);
      const scan = row.scans[i - 1];
      scan.seed[0] = seed;
      row.slopes(scan.at, below.u.byteOffset, 0, below.ds.byteOffset);
      e.lif_backward_given(scan.at, below.gs.byteOffset, BigInt(below.N * B), none, 0n, below.u.byteOffset, none, 0n, none, none,
        below.ds.byteOffset, below.delta.byteOffset, last.byteOffset, 0, 0, 0);
      above = below;
    }
  }

  // The share of entries with ds_du not 0, by layer, after backward.
  active() {
    return this.layers.map((l) => this.engine.exports.play_active(l.ds.length, l.ds.byteOffset) / l.ds.length);
  }
}

export class Net {
  // w: one array a layer, [outputs, inputs + 1] row by row, the bias last. Weights start uniform in +-gain / sqrt(fan-in), the
  // readout's gain is 1; hidden biases between 0 and `bias`.
  constructor(engine, { inputs, hidden, outputs }, random, { firstGain, gain, bias }) {
    const sizes = [inputs, ...hidden, outputs], all = (i) => (sizes[i] + 1) * sizes[i + 1];
    const array = () => sizes.slice(1).map((_, i) => engine.floats(all(i)));
    Object.assign(this, { engine, sizes, w: array(), g: array(), m: array(), v: array(), step: 0 });
    this.transposed = engine.floats(Math.max(...this.w.map((w) => w.length)));
    this.w.forEach((w, i) => {
      const bound = (i === 0 ? firstGain : i < hidden.length ? gain : 1) / Math.sqrt(sizes[i]);
      for (let j = 0; j < w.length; j++) {
        const isBias = j % (sizes[i] + 1) === sizes[i];
        w[j] = isBias ? (i < hidden.length ? bias * random() : 0) : bound * (2 * random() - 1);
      }
    });
  }

  apply(optimiser, rate) {
    const e = this.engine.exports, step = ++this.step;
    this.w.forEach((w, i) => {
      const g = this.g[i].byteOffset;
      if (optimiser === "sgd") e.play_sgd(w.length, rate, g, w.byteOffset);
      else e.play_adam(w.length, rate, 1 - 0.9 ** step, Math.sqrt(1 - 0.999 ** step), g, this.m[i].byteOffset,
        this.v[i].byteOffset, w.byteOffset);
    });
  }

  norms() {
    return this.g.map((g) => Math.hypot(...g));
  }

  set(weights) {
    let at = 0;
    for (const w of this.w) {
      w.set(weights.subarray(at, at + w.length));
      at += w.length;
    }
  }

  flat() {
    const all = new Float32Array(this.w.reduce((n, w) => n + w.length, 0));
    let at = 0;
    for (const w of this.w) {
      all.set(w, at);
      at += w.length;
    }
    return all;
  }
}
