// One run: the kernels compute the whole population forward, the chosen neuron step by step, and its backward pass from the loss.

import { derive, evaluateAll, thresholdOf } from "./coefficients.js";

export const METHODS = [
  // Drawn in this order, a dash over a line, so that two that coincide are both seen. EXODUS's sweep is BPTT's.
  { key: "bptt", name: "BPTT, reset kept", array: "kept", reset: "kept", dash: [] },
  { key: "exodus", name: "EXODUS", array: "kept", reset: null, dash: [7, 6] },
  { key: "bptt_cut", name: "BPTT, reset cut", array: "cut", reset: "cut", dash: [] },
  { key: "slayer", name: "SLAYER", array: "ignored", reset: "left out", dash: [7, 6] },
];

const MARGINS = [0, 0, 0, -Infinity, 1, 0]; // a LIF's coefficients with threshold 0: its u are margins

// The neuron's fields as the twins of Python read them: no limit is minus infinity.
function unlimited(neuron) {
  const fields = { ...neuron };
  for (const name in fields) if (fields[name] === null) fields[name] = -Infinity;
  return fields;
}

export class Run {
  constructor(kernels) {
    this.kernels = kernels;
  }

  allocate({ T, M, states, trace, kernel }) {
    const S = states.length, key = [T, M, S, kernel].join();
    if (this.allocated === key) return;
    this.allocated = key;
    const all = T * M;
    this.a = this.kernels.layout({
      x: all, u: all, s: all, initial: S * M, last: S * M, xc: T, uc: T, sc: T, tc: trace ? T : 0, states: (T + 1) * S,
      zeros: Math.max(S, M), gradS: T, gradU: T, kept: T, cut: T, ignored: T, multiplier: T, unreset: T, margins: T, slopes: T,
      gradInitial: S,
    });
    this.inRate = new Float32Array(T);
    this.perStep = new Float32Array(T + 1);
  }

  // base: the input from outside as it is. unscaled: the current that it is made of, which gain and drawing shape before the
  // factors of the step and of each neuron (Shaped in snnviz/stimuli.py: the same bits). back: whether to run
  // the backward pass from the loss at the step `at`.
  compute(data, scene, base, unscaled, drawn, back, at) {
    const { T, M, kernel, states, trace, fires } = data;
    const a = this.a, S = states.length, column = scene.column;
    const gain = Math.fround(scene.gain), { factors, drawnScale } = data;
    if (gain === 1 && !drawn.any) {
      const constant = base.length === T; // one current for all: sent once
      for (let t = 0, i = 0; t < T; t++) for (let m = 0; m < M; m++, i++) a.x[i] = base[constant ? t : i];
    } else {
      const constant = unscaled.length === T, wide = factors.length;
      for (let t = 0, i = 0; t < T; t++) {
        const extra = Math.fround(drawn.at(t, T) * drawnScale);
        for (let m = 0; m < M; m++, i++) {
          const shaped = Math.fround(Math.fround(gain * unscaled[constant ? t : i]) + extra);
          a.x[i] = shaped * factors[wide === 1 ? 0 : m];
        }
      }
    }
    const { c, rest, level } = derive(data.formulas, unlimited(scene.neuron));
    Object.assign(this, { c, level, threshold: thresholdOf(data.formulas, c) });
    for (let k = 0; k < S; k++) {
      a.initial.fill(rest[k], k * M, (k + 1) * M);
      a.states[k] = rest[k];
    }
    this.kernels.forward(kernel, { c: this.c, T, M }, { ...a, s: fires ? a.s : null, trace: null });
    for (let t = 0; t < T; t++) a.xc[t] = a.x[t * M + column];
    this.kernels.steps(kernel, this.c, T,
      { x: a.xc, states: a.states, u: a.uc, s: fires ? a.sc : null, trace: trace ? a.tc : null });
    this.finite = a.states.every(Number.isFinite);
    if (fires) this.count(data);
    if (back) this.sweep(data, scene, at);
  }

  // Spikes per step of the population, and the rate of the neuron shown from one spike to the next, in Hz: one over the interval
  // between them; NaN before the first and after the last.
  count({ T, M, dt }) {
    const { s, sc } = this.a;
    for (let t = 0, i = 0; t < T; t++) {
      let sum = 0;
      for (const end = i + M; i < end; i++) sum += s[i];
      this.perStep[t + 1] = this.perStep[t] + sum;
    }
    this.inRate.fill(NaN);
    this.spikes = 0;
    this.first = -1;
    for (let t = 0, before = -1; t < T; t++) {
      if (!sc[t]) continue;
      if (before < 0) this.first = t;
      else this.inRate.fill((1000 * sc[t]) / ((t - before) * dt), before, t + 1);
      this.spikes += sc[t];
      before = t;
    }
    const seconds = (T * dt) / 1000;
    this.rate = this.spikes / seconds;
    this.meanRate = this.perStep[T] / M / seconds;
  }

  // Where the reset lands for two values of the field that moves it: `level` is a straight line of that field.
  reach({ formulas, reset_field: field }, neuron) {
    return [0, 1].map((value) => derive(formulas, { ...unlimited(neuron), [field]: value }).level);
  }

  sweep({ T, surrogates, kernel, trace }, scene, at) {
    const a = this.a, surrogate = scene.surrogate;
    a.gradS.fill(0);
    a.gradU.fill(0);
    if (scene.loss === "spike") a.gradS[at] = 1;
    else a.gradU[at] = a.uc[at] - scene.target;
    const d = evaluateAll(surrogates[surrogate.is].coefficients, surrogate), { gradInitial, zeros, margins, slopes } = a;
    for (let t = 0; t < T; t++) margins[t] = a.uc[t] - this.threshold(trace ? a.tc[t] : 0);
    this.kernels.backward("lif", surrogates[surrogate.is].kernel, { c: MARGINS, d, T, M: 1, gain: scene.scale },
      { u: margins, initial: zeros, zeros, delta: a.kept, gradInitial, slopes });
    for (const { array, reset } of METHODS) {
      if (!reset) continue;
      this.kernels.backward(kernel, "given", { c: this.c, T, M: 1, reset }, {
        gradS: a.gradS, gradU: a.gradU, u: a.uc, trace: trace ? a.tc : null, initial: a.states, zeros, given: slopes,
        delta: a[array], gradInitial, multiplier: { kept: a.multiplier, "left out": a.unreset }[reset],
      });
    }
  }

  // The arrays that are drawn when this run is held as a ghost.
  copy({ fires, trace }) {
    const { uc, sc, tc, states } = this.a;
    return {
      u: uc.slice(), s: fires ? sc.slice() : null, states: states.slice(), trace: trace ? tc.slice() : null,
      rate: fires ? this.inRate.slice() : null, spikes: this.spikes, meanRate: this.meanRate,
    };
  }
}
