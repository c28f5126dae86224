// The currents of snnviz/stimuli.py, and what Experiment.input of snnviz/experiments.py makes of them: the same numbers.
// A test compares them with Python's, for every stimulus.

import { evaluate } from "../scope/coefficients.js";
import { Random } from "./random.js";

const TOLERANCE = 1e-9; // steps: a time this near a border of steps counts as at the border (snnviz/clock.py)
const reached = (time, moment, dt) => (time - moment) / dt + TOLERANCE >= 0;

// `count` numbers of one law from a seed. The last are kept: another strength of a current asks for the same numbers again.
let last = { key: "", numbers: null };
function drawn(seed, count, law, mean = 0) {
  const key = [seed, count, law, mean].join();
  if (last.key !== key) {
    const random = new Random(seed);
    last = { key, numbers: new Float64Array(count).map(() => random[law](mean)) };
  }
  return last.numbers;
}

// Each is (fields, times, dt, columns, seed) -> float64 [T] for all neurons alike, or [T, columns].
const CURRENTS = {
  Step: ({ amplitude, start }, times, dt) => times.map((t) => (reached(t, start, dt) ? amplitude : 0)),
  Ramp: ({ amplitude, start }, times) => {
    const length = Math.max(times.at(-1) - start, 1e-9);
    return times.map((t) => amplitude * Math.max(0, (t - start) / length));
  },
  Sine: ({ mean, amplitude, period }, times) => times.map((t) => mean + amplitude * Math.sin((2 * Math.PI * t) / period)),
  Pulses: ({ amplitude, period, width }, times, dt) => times.map((t) => {
    const since = t - period * Math.floor((t + TOLERANCE * dt) / period);
    return reached(since, width, dt) ? 0 : amplitude;
  }),
  Poisson: ({ rate, weight }, times, dt, columns, seed) =>
    drawn(seed, times.length * columns, "poisson", rate * dt * 1e-3).map((count) => weight * count),
  Noise: ({ mean, sd }, times, dt, columns, seed) => {
    const scale = sd / Math.sqrt(dt);
    return drawn(seed, times.length * columns, "normal").map((value) => mean + scale * value);
  },
  SpikeTrain: ({ times: given, weight }, times, dt) => {
    const counts = new Float64Array(times.length);
    for (const time of given) {
      const step = Math.floor(time / dt + TOLERANCE);
      if (step < counts.length) counts[step]++;
    }
    return counts.map((count) => weight * count);
  },
};

// The factor of each neuron across the population: 1 - spread to 1 + spread in equal steps, [N], or [1].
function spreads(spread, neurons) {
  if (!spread) return [1];
  const low = 1 - spread, high = 1 + spread, step = (high - low) / (neurons - 1);
  return Array.from({ length: neurons }, (_, i) => (i && i === neurons - 1 ? high : i ? i * step + low : low));
}

// What the neuron scope gets of a population under a stimulus: the input of every step as float32, [T] or [T, N]; where there are
// factors, the current before them; and the factors.
export function drive({ paths, choices }, charges, neuron, stimulus, { steps, neurons, spread, seed }) {
  const { dt } = neuron, times = Float64Array.from({ length: steps }, (_, i) => i * dt);
  const current = CURRENTS[stimulus.is](stimulus, times, dt, neurons, seed);
  const { scales } = paths[choices.map((name) => String(neuron[name])).join()];
  const scale = evaluate(scales[charges ? 1 : 0], neuron), factors = spreads(spread, neurons).map((factor) => scale * factor);
  const alike = current.length === steps && neurons > 1, wide = factors.length;
  const plain = factors.every((factor) => factor === 1);
  let samples;
  if (wide === 1) samples = Float32Array.from(current, (value) => value * factors[0]);
  else {
    samples = new Float32Array(steps * neurons);
    for (let t = 0, i = 0; t < steps; t++) for (let m = 0; m < neurons; m++, i++) samples[i] = current[alike ? t : i] * factors[m];
  }
  return { T: steps, M: neurons, dt, factors, drawnScale: charges ? dt : 1, samples: samples.buffer,
           unscaledSamples: plain ? null : Float32Array.from(current).buffer };
}
