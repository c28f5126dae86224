// The numbers that the kernels get. A neuron's come from formulas that Python writes down (snnviz/neurons/formula.py) and that are
// evaluated here; a surrogate's from the twins of coefficients() in snnviz/surrogates.py. A test compares both with Python's own.

const OPERATIONS = {
  "+": (a, b) => a + b, "-": (a, b) => a - b, "*": (a, b) => a * b, "/": (a, b) => a / b, exp: Math.exp,
};

// The values of all steps; `round` is what every result goes through.
function evaluate(steps, inputs, round = (value) => value) {
  const values = [];
  for (const [operation, a, b] of steps) {
    if (operation === "number") values.push(round(a));
    else if (operation === "input") values.push(inputs[a]);
    else values.push(round(OPERATIONS[operation](values[a], values[b])));
  }
  return values;
}

// What a neuron's fields make: its coefficients, the state it rests at, and where a spike at the threshold puts it (or null).
export function derive({ choices, paths }, neuron) {
  const path = paths[choices.map((name) => String(neuron[name])).join()];
  const values = evaluate(path.steps, neuron), take = (place) => values[place];
  return { c: path.coefficients.map(take), rest: path.rest.map(take), level: path.level === null ? null : take(path.level) };
}

// The threshold as a function of the second state, rounded as the kernel rounds; null for a neuron that never fires.
export function thresholdOf({ threshold }, c) {
  if (!threshold) return null;
  const { names, steps, place } = threshold;
  const inputs = Object.fromEntries(names.map((name, i) => [name, Math.fround(c[i])]));
  return (trace) => evaluate(steps, { ...inputs, trace }, Math.fround)[place];
}

const ROOT = Math.sqrt(2 * Math.PI);

export const SURROGATES = {
  FastSigmoid: (s) => [s.slope],
  Sigmoid: (s) => [s.slope],
  Arctan: (s) => [(Math.PI * s.alpha) / 2, s.alpha / 2],
  Triangle: (s) => [s.width],
  Boxcar: (s) => [s.width, 0.5 / s.width],
  Gaussian: (s) => [s.sigma, 1 / (s.sigma * ROOT)],
  MultiGaussian: (s) => [
    s.sigma, (1 + s.share) / (s.sigma * ROOT), s.ratio * s.sigma, s.share / (s.ratio * s.sigma * ROOT),
  ],
  SingleExponential: (s) => [s.width, 1 / s.width],
  Dspike: (s) => [s.gamma, s.gamma / (2 * Math.tanh(s.gamma))],
};
