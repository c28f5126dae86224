// One chosen sample through the shown method's network, forward and back, in the page's own instance of the kernels.

import { encode, encodeImage } from "./data.js";
import { Net, Room } from "./engine.js";
import { rowOf } from "./methods.js";
import { shapeOf } from "./trainer.js";

export class PointRun {
  constructor(engine) {
    this.engine = engine;
  }

  prepare(s) {
    const shape = shapeOf(s, 8), key = JSON.stringify(shape);
    if (key === this.key) return;
    this.key = key;
    this.engine.reset(Room.bytes(shape) + Net.bytes(shape) + 4096);
    this.room = new Room(this.engine, shape);
    this.net = new Net(this.engine, shape);
    this.row = null;
  }

  // Everything by layer, [T, N]; index 0 is the input, the last the readout. The sample is the point s.px, s.py, or `image`, 64 grey
  // values, of a set of images. active: where ds/du is not 0. share: of all hidden entries; threshold: the membrane's, [T, N] where it
  // moves, else null.
  compute(s, weights, label, seed, image = null) {
    this.prepare(s);
    const { room, net } = this, B = room.B, T = room.T, dims = { T, I: room.inputs, B };
    this.row = room.row(rowOf(s.shown, s), this.row);
    net.set(weights);
    if (image) encodeImage(room.x, dims, 0, image);
    else encode(room.x, dims, 0, s.px, s.py, s);
    room.y[0] = label;
    const loss = room.forward(net, 1);
    room.backward(net, this.row, 1, seed);
    const one = (a, n) => Float32Array.from({ length: T * n }, (_, i) => a[i * B]);
    const hidden = room.layers, out = room.out, widths = [room.inputs, ...room.hidden, room.outputs], { c, adaptive } = room.neuron;
    const run = {
      T, widths, loss, label,
      spikes: [one(room.x, room.inputs), ...hidden.map((l) => one(l.s, l.N))],
      membrane: [null, ...hidden.map((l) => one(l.u, l.N)), one(out.u, out.N)],
      threshold: [null, ...hidden.map((l) => (adaptive ? one(l.trace, l.N).map((b) => c[1] + c[2] * b) : null)), null],
      active: [null, ...hidden.map((l) => one(l.ds, l.N).map((a) => +(a !== 0))), new Uint8Array(T * out.N).fill(1)],
      delta: [null, ...hidden.map((l) => one(l.delta, l.N)), one(out.delta, out.N)],
      p: Array.from({ length: out.N }, (_, k) => room.p[k * B]),
    };
    const top = (a) => a.reduce((m, x) => Math.max(m, Math.abs(x)), 1e-12);
    run.top = run.delta.map((a) => a && top(a));
    run.largest = run.delta.map((a, k) => a && run.top[k] * top(net.w[k - 1]));
    run.reach = 1.1 * run.membrane.at(-1).reduce((m, x) => Math.max(m, x), 0.2);
    run.share = run.active.slice(1, -1).reduce((n, a) => n + a.reduce((p, q) => p + q, 0), 0) / (T * room.hidden.reduce((p, q) => p + q, 0));
    return run;
  }
}
