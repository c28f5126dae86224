// The methods as rows of three choices, and what stands for ds/du, from Python's declarations (facts.js).

import { evaluate, evaluateAll } from "../scope/coefficients.js";
import { FACTS } from "./facts.js";

// Drawn in this order, a dash over a line, so that two that coincide are both seen.
export const METHODS = FACTS.methods;
export const SURROGATES = FACTS.surrogates;
export const NEURONS = FACTS.neurons;
export const OPTIMISERS = FACTS.optimisers;

// What a method's own settings are where the page does not say.
const OWN = Object.assign({}, ...Object.values(METHODS).map(({ own }) => own));

// JSON has no infinity.
const bounded = (formula, s, missing) => (formula === null ? missing : evaluate(formula, s));

// What the kernels need of a method, given the settings: the derivative's name and the fields of struct Scan.
export function rowOf(key, s) {
  const { reset, gain, window, derivative } = METHODS[key], fields = { ...OWN, ...s };
  const { kernel, coefficients } = derivative ?? SURROGATES[s.surrogate];
  return {
    derivative: kernel, random: Boolean(derivative), d: evaluateAll(coefficients, fields), reset,
    gain: evaluate(gain, fields), window: bounded(window, fields, Infinity),
  };
}

// Of a neuron, given the settings: its kernel, coefficients, how many states it has, whether its threshold moves, and the constant
// input that stands for a bias of 1.
export function neuronOf(s) {
  const { kernel, coefficients, states, adaptive, bias } = NEURONS[s.neuron ?? "LIF"];
  return { kernel, c: coefficients.map((f) => bounded(f, s, -Infinity)), states, adaptive, bias: evaluate(bias, s) };
}
