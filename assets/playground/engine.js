// A small spiking network on the project's kernels. Arrays are [T, N, B], the batch inside. One Engine is one instance of the
// module with its own memory; one Room holds the arrays of a pass through a network of one shape; a Net is weights.

import { uniforms } from "./draws.js";
import { FACTS } from "./facts.js";
import { OPTIMISERS } from "./methods.js";

const SCAN_BYTES = 128, OVER_TIME = { max: 0, mean: 1, last: 2 };
const round8 = (n) => (n + 7) & ~7;
const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);

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
    view.setFloat32(72, +(reset !== "left out"), true);
    view.setUint32(84, layer, true);
    [0, T, M, 0, M].forEach((n, i) => view.setBigInt64(88 + 8 * i, BigInt(n), true));
    return { at, seed: new Uint32Array(this.exports.memory.buffer, at + 80, 1) };
  }
}

// shape: { inputs, hidden: [...], outputs, T, B, neuron, tau, overTime }; neuron: neuronOf(settings) of methods.js
export class Room {
  static bytes({ inputs, hidden, outputs, T, B }) {
    const units = inputs + 7 * sum(hidden) + 4 * outputs, wide = Math.max(...hidden, outputs);
    const lists = inputs + wide + sum(hidden) + hidden.length + 2;
    return 4 * round8(B) * (T * units + (T * lists) / 8 + 6 * wide + outputs + 1) + 32 * lists + 16384;
  }

  constructor(engine, shape) {
    const { inputs, hidden, outputs, T, tau, neuron, overTime } = shape;
    Object.assign(this, { engine, ...shape, B: round8(shape.B), mode: OVER_TIME[overTime] });
    const { B } = this, beta = Math.exp(-1 / tau), a = (n) => engine.floats(T * n * B), wide = Math.max(...hidden, outputs);
    this.x = a(inputs);
    this.y = new Int32Array(engine.exports.memory.buffer, engine.floats(B).byteOffset, B);
    this.zeros = engine.floats(2 * B * wide); // where states begin, and a gradient that is absent
    this.last = engine.floats(2 * B * wide);
    this.p = engine.floats(outputs * B);
    // Which inputs of a layer are not 0, of the input, of every hidden layer's spikes, and of what goes back: see play_list.
    const list = (n) => engine.floats((T * (B / 4) * (n + 1) + 1) / 2).byteOffset;
    this.lists = [inputs, ...hidden].map(list);
    this.backList = list(wide);
    this.sums = engine.floats(2);
    this.layers = hidden.map((N) => ({
      N, x: a(N), u: a(N), s: a(N), ds: a(N), gs: a(N), delta: a(N), trace: neuron.states > 1 ? a(N) : null,
      scan: engine.scan({ c: neuron.c, T, M: N * B }),
    }));
    this.out = {
      N: outputs, x: a(outputs), u: a(outputs), gu: a(outputs), delta: a(outputs), bias: 1 - beta,
      scan: engine.scan({ c: [beta], T, M: outputs * B }),
    };
  }

  // The scans of a method's way back, one a layer; in the place of an older row, if there is one.
  row({ derivative, d, reset, gain, window }, older) {
    const { T, B, neuron } = this;
    return {
      slopes: this.engine.exports[`play_slopes_${derivative}`],
      scans: this.layers.map(({ N }, layer) =>
        this.engine.scan({ c: neuron.c, d, T, M: N * B, reset, gain, window, layer }, older?.scans[layer].at)),
    };
  }

  // From this.x to the readout's softmax this.p; count: how many of the samples count in loss and hits. Gives the loss.
  forward(net, count) {
    const { T, B, zeros, last, out, mode, neuron, sums } = this, e = this.engine.exports, none = zeros.byteOffset;
    const flow = (i, below, above, bias, to) => {
      const { byteOffset: from } = below.s, list = this.lists[i];
      e.play_list(T, below.N, B, from, list);
      e.play_transpose(above.N, below.N, net.w[i].byteOffset, net.transposed.byteOffset);
      e.play_product(T, below.N, above.N, B, bias, from, net.transposed.byteOffset, above.N, list, to.byteOffset);
    };
    let below = { s: this.x, N: this.inputs };
    for (const [i, l] of this.layers.entries()) {
      flow(i, below, l, neuron.bias, l.x);
      e[`${neuron.kernel}_forward`](l.scan.at, l.x.byteOffset, none, l.u.byteOffset, l.s.byteOffset, l.trace?.byteOffset ?? 0,
        last.byteOffset);
      below = l;
    }
    flow(this.layers.length, below, out, out.bias, out.x);
    e.leaky_forward(out.scan.at, out.x.byteOffset, none, out.u.byteOffset, 0, 0, last.byteOffset);
    sums[0] = sums[1] = 0;
    e.play_reduce(T, out.N * B, mode, out.u.byteOffset, this.p.byteOffset);
    e.play_softmax(out.N, B, count, this.p.byteOffset, this.y.byteOffset, sums.byteOffset);
    return sums[0] / count;
  }

  // After forward: net.g, and every layer's delta and ds_du. seed: of the random draws of this pass.
  backward(net, row, count, seed) {
    const { T, B, zeros, last, out, mode, neuron } = this, e = this.engine.exports, L = this.layers.length, none = zeros.byteOffset;
    const back = e[`${neuron.kernel}_backward_given`];
    e.play_loss_back(T, out.N, B, count, mode, out.u.byteOffset, this.p.byteOffset, this.y.byteOffset, out.gu.byteOffset);
    e.leaky_backward_never(out.scan.at, none, 0n, out.gu.byteOffset, BigInt(out.N * B), out.u.byteOffset, none, 0n, none, none, 0,
      out.delta.byteOffset, last.byteOffset, 0, 0, 0);
    let above = out;
    for (let i = L; i >= 0; i--) {
      const below = i ? this.layers[i - 1] : { s: this.x, N: this.inputs }, bias = i === L ? out.bias : neuron.bias;
      e.play_outer(T, below.N, above.N, B, bias, below.s.byteOffset, above.delta.byteOffset, this.lists[i], net.sums.byteOffset,
        net.g[i].byteOffset);
      if (!i) break;
      e.play_list(T, above.N, B, above.delta.byteOffset, this.backList);
      e.play_product(T, above.N, below.N, B, 0, above.delta.byteOffset, net.w[i].byteOffset, below.N + 1, this.backList,
        below.gs.byteOffset);
      const scan = row.scans[i - 1], trace = neuron.adaptive ? below.trace.byteOffset : 0, M = BigInt(below.N * B);
      scan.seed[0] = seed;
      row.slopes(scan.at, B, below.u.byteOffset, trace, below.ds.byteOffset);
      back(scan.at, below.gs.byteOffset, M, none, 0n, below.u.byteOffset, trace || none, trace ? M : 0n, none, none,
        below.ds.byteOffset, below.delta.byteOffset, last.byteOffset, 0, 0, 0);
      above = below;
    }
  }

  // Of `count` samples: what share of the entries of each hidden layer is not 0, of ds/du (after backward) or of the spikes.
  share(name, count) {
    const { engine, T, B } = this;
    return this.layers.map((l) => engine.exports.play_active(T * l.N, B, count, l[name].byteOffset) / (T * l.N * count));
  }

  active(count = this.B) {
    return this.share("ds", count);
  }

  rates(count = this.B) {
    return this.share("s", count);
  }

  // How many neurons of each hidden layer fire for none of `count` samples.
  silent(count = this.B) {
    return this.layers.map((l) => this.engine.exports.play_silent(this.T, l.N, this.B, count, l.s.byteOffset));
  }
}

// First weights, the same in Python (snnviz/studies/small_training.py): uniform in +-gain / sqrt(fan-in), the readout's gain is 1;
// hidden biases between 0 and `bias`, the readout's 0. Arrays by layer, [outputs, inputs + 1] row by row, the bias last.
export function firstWeights(sizes, { seed, firstGain, gain, bias }) {
  const readout = sizes.length - 2;
  return sizes.slice(1).map((outputs, layer) => {
    const inputs = sizes[layer], bound = (layer === readout ? 1 : layer ? gain : firstGain) / Math.sqrt(inputs);
    return Float32Array.from({ length: outputs * (inputs + 1) }, (_, j) => {
      const u = uniforms(seed, FACTS.streams.weights, j, layer)[0];
      if (j % (inputs + 1) < inputs) return bound * (2 * u - 1);
      return layer === readout ? 0 : bias * u;
    });
  });
}

export class Net {
  static bytes({ inputs, hidden, outputs }) {
    const sizes = [inputs, ...hidden, outputs], weights = sum(hidden.map((n, i) => (sizes[i] + 1) * n)) + (sizes.at(-2) + 1) * outputs;
    return 4 * (4 + 5) * (weights + 8 * sizes.length) + 128 * 2 * sizes.length;
  }

  // w, and of the same form its gradient g and the optimiser's m and v. The optimiser starts anew.
  constructor(engine, { inputs, hidden, outputs }) {
    const sizes = [inputs, ...hidden, outputs];
    const array = () => sizes.slice(1).map((n, i) => engine.floats((sizes[i] + 1) * n));
    Object.assign(this, { engine, sizes, w: array(), g: array(), m: array(), v: array(), step: 0 });
    const most = Math.max(...this.w.map((w) => w.length));
    this.transposed = engine.floats(most);
    this.sums = engine.floats(4 * most);
  }

  apply(optimiser, rate) {
    const e = this.engine.exports, step = ++this.step, { beta1, beta2, momentum } = OPTIMISERS[optimiser];
    this.w.forEach((w, i) => {
      const g = this.g[i].byteOffset, m = this.m[i].byteOffset;
      if (momentum !== undefined) e.play_sgd(w.length, rate, momentum, g, m, w.byteOffset);
      else {
        e.play_adam(w.length, rate, 1 - beta1, beta2, 1 - beta2, 1 - beta1 ** step, Math.sqrt(1 - beta2 ** step), g, m,
          this.v[i].byteOffset, w.byteOffset);
      }
    });
  }

  // The length of each layer's gradient, the readout's last.
  norms() {
    return this.g.map((g) => Math.sqrt(g.reduce((total, x) => total + x * x, 0)));
  }

  // Weights as `flat` gives them, or as `firstWeights` does.
  set(weights) {
    let at = 0;
    this.w.forEach((w, i) => {
      w.set(Array.isArray(weights) ? weights[i] : weights.subarray(at, at + w.length));
      at += w.length;
    });
  }

  flat() {
    const all = new Float32Array(sum(this.w.map((w) => w.length)));
    let at = 0;
    for (const w of this.w) {
      all.set(w, at);
      at += w.length;
    }
    return all;
  }
}
