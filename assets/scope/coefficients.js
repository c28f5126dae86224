// The numbers that the kernels get, from the fields of a neuron, a surrogate or an estimate, by the formulas that the server
// sends: they are coefficients(), rest(), reset_level() and threshold() of snnviz/neurons/*.py, and coefficients() of
// snnviz/surrogates.py and snnviz/zeroth_order.py themselves. A test compares them with Python, number by number.

const OPERATIONS = {
  "+": (a, b) => a + b, "-": (a, b) => a - b, "*": (a, b) => a * b, "/": (a, b) => a / b, "**": (a, b) => a ** b,
};

// A formula of snnviz/formulas.py: a number, a field's name, or [operation, argument, ...]. Every result goes through `round`.
export function evaluate(formula, fields, round = (value) => value) {
  if (typeof formula === "number") return round(formula);
  if (typeof formula === "string") return fields[formula];
  const [name, ...rest] = formula;
  return round((OPERATIONS[name] ?? Math[name])(...rest.map((part) => evaluate(part, fields, round))));
}

export const evaluateAll = (formulas, fields) => formulas.map((formula) => evaluate(formula, fields));

// What a neuron's fields make: its coefficients, the state it rests at, and where a spike at the threshold puts it (or null).
export function derive({ choices, paths }, neuron) {
  const { coefficients, rest, level } = paths[choices.map((name) => String(neuron[name])).join()];
  const at = level === null ? null : evaluate(level, neuron);
  return { c: evaluateAll(coefficients, neuron), rest: evaluateAll(rest, neuron), level: at };
}

// The threshold as a function of the second state, rounded as the kernel rounds; null for a neuron that never fires.
export function thresholdOf({ threshold, coefficients }, c) {
  if (threshold === null) return null;
  const values = Object.fromEntries(coefficients.map((name, i) => [name, Math.fround(c[i])]));
  return (trace) => evaluate(threshold, { ...values, trace }, Math.fround);
}
