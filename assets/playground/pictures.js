// What the tiles show: an input's code, a neuron's answer over the plane, or the weights that a neuron looks with.

import { stepOf } from "./data.js";
import { GRID } from "./trainer.js";
import { colours } from "./theme.js";

const CELLS = GRID * GRID;
const across = (i) => (2 * ((i % GRID) + 0.5)) / GRID - 1, up = (i) => 1 - (2 * (Math.floor(i / GRID) + 0.5)) / GRID;
const VALUES = { x: across, y: up, "−x": (i) => -across(i), "−y": (i) => -up(i), bias: () => 0 };

export function inputPicture(heat, s, name) {
  const value = VALUES[name];
  heat.ramp(colours.heat, CELLS, (i) => (s.coding === "latency" ? 1 - stepOf(value(i), s.T) / (0.62 * s.T) : 0.5 + value(i) / 2));
}

// Spikes, or the first one's time, of hidden neuron `number` (counted over all layers); heat.range: the fewest and the most.
export function answerPicture(heat, s, m, number) {
  const from = number * CELLS;
  if (s.tile === "first") {
    heat.ramp(colours.heat, CELLS, (i) => 1 - m.first[from + i] / s.T);
    return;
  }
  let most = 2, least = Infinity;
  for (let i = 0; i < CELLS; i++) {
    most = Math.max(most, m.counts[from + i]);
    least = Math.min(least, m.counts[from + i]);
  }
  heat.range = [least, most];
  const floor = 0.8 * least; // what every point has is paler, so that the differences are seen
  heat.ramp(colours.heat, CELLS, (i) => (m.counts[from + i] - floor) / (most - floor));
}

export function classPicture(heat, m, c) {
  heat.ramp(colours.classRamps[c], CELLS, (i) => m.p[c * CELLS + i]);
}

// Weights as pictures [neurons, pixels] of every layer: the first layer's own, then what each neuron sees of the pixels by way of
// the layers below it. `flat` holds all weights, a layer after the other, [outputs, inputs + 1], the bias last.
export function lookingFor(flat, sizes) {
  const pictures = [];
  let at = 0;
  for (let k = 1; k < sizes.length; k++) {
    const wide = sizes[k - 1], below = pictures[k - 2], pixels = sizes[0], all = new Float32Array(sizes[k] * pixels);
    for (let n = 0; n < sizes[k]; n++, at += wide + 1) {
      if (!below) all.set(flat.subarray(at, at + pixels), n * pixels);
      else for (let i = 0; i < wide; i++) {
        const w = flat[at + i];
        for (let j = 0; j < pixels; j++) all[n * pixels + j] += w * below[i * pixels + j];
      }
    }
    pictures.push(all);
  }
  return pictures;
}

export function weightPicture(heat, weights, from, pixels) {
  let most = 1e-9;
  for (let i = 0; i < pixels; i++) most = Math.max(most, Math.abs(weights[from + i]));
  heat.ramp(colours.weight, pixels, (i) => 0.5 + 0.5 * (weights[from + i] / most));
}

export function pixelPicture(heat, pixels) {
  heat.ramp(colours.heat, pixels.length, (i) => pixels[i] / 16);
}
