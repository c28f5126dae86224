// A run in words and numbers: one sentence about the whole run, and for each track its values at one step.

import { digits } from "./plot.js";
import { METHODS } from "./neuron_run.js";

export function sentence({ data, scene, run, ghost, back, lossStep: at }) {
  const { T, M, dt, fires } = data, n = M > 1 ? `Neuron ${scene.column}` : "The neuron";
  if (!run.finite) return `${n}: the membrane left the range of numbers. Lower the current.`;
  if (!fires) return `${n} never fires; its membrane ends at ${digits(run.a.uc[T - 1])}.`;
  const times = (k) => `${digits(k)} spike${k === 1 ? "" : "s"}`;
  let text = `${n}: ${times(run.spikes)} in ${digits(T * dt)} ms`;
  if (run.spikes) text += `, the first at ${digits(run.first * dt)} ms, ${digits(run.rate)} Hz`;
  text += M > 1 ? `. All ${M} neurons: ${digits(run.meanRate)} Hz.` : ".";
  if (ghost) text += ` Ghost: ${times(ghost.spikes)}, ${digits(ghost.meanRate)} Hz.`;
  if (back) {
    const { kept, cut, ignored, multiplier } = run.a;
    const peak = (array) => array.reduce((top, v) => Math.max(top, Number.isNaN(v) ? Infinity : Math.abs(v)), 0);
    let apart = 0, out = 0;
    for (let t = 0; t < T; t++) {
      apart = Math.max(apart, Math.abs(cut[t] - ignored[t]));
      out += t < at && Math.abs(multiplier[t]) > 1;
    }
    text += ` Largest |δ|: BPTT with the reset kept and EXODUS ${digits(peak(kept))}, cut ${digits(peak(cut))}, SLAYER ` +
      `${digits(peak(ignored))}; cut and SLAYER differ by at most ${digits(apart)}. ` +
      `The multiplier leaves [−1, 1] in ${out} step${out === 1 ? "" : "s"} before the loss.`;
  }
  return text;
}

// The values of a track at step t, each with its colour, from left to right; short: there is little room.
export function values({ data, run, ghost, shown, colours: c, lossStep: at }, name, t, short) {
  const a = run.a, S = data.states.length;
  if (name === "input") return [[`x ${digits(a.xc[t])}`, c.current]];
  if (name === "membrane") {
    const texts = [[`u ${digits(a.uc[t])}`, c.membrane]];
    if (data.fires) texts.push([`v ${digits(a.states[S * (t + 1)])}`, c.membrane]);
    if (run.threshold) texts.push([`θ ${digits(run.threshold(data.trace ? a.tc[t] : 0))}`, c.threshold]);
    if (ghost && !short) texts.push([`ghost u ${digits(ghost.u[t])}`, c.muted]);
    return texts;
  }
  if (name === "trace") return [[`${data.trace.symbol} ${digits(a.tc[t])}`, c.ink]];
  if (name === "raster") return [[`${run.perStep[t + 1] - run.perStep[t]} now`, c.ink]];
  if (name === "rate") return [[Number.isNaN(run.inRate[t]) ? "no interval" : `${digits(run.inRate[t])} Hz`, c.ink]];
  if (name === "multiplier") {
    let product = 1;
    for (let k = t; k < at; k++) product *= a.multiplier[k];
    const own = [`now ${digits(a.multiplier[t])}`, Math.abs(a.multiplier[t]) > 1 ? c.active : c.methods.bptt];
    return t <= at ? [own, [`${short ? "to" : "from here to"} the loss ${digits(product)}`, c.ink]] : [own];
  }
  return METHODS.filter((m) => shown.has(m.key) && !(m.key === "exodus" && shown.has("bptt"))).map(
    (m) => [digits(a[m.array][t]), c.methods[m.key]]);
}
