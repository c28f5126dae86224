// The numbers that the kernels get. From a neuron's fields by the twins of coefficients(), rest() and threshold() in
// snnviz/neurons/*.py; from a surrogate's by the formulas that the server sends, which are coefficients() of
// snnviz/surrogates.py itself. A test compares both with Python, number by number.

const decay = (dt, tau) => Math.exp(-dt / tau);
const membrane = (n, beta) => [
  beta, n.theta, n.reset_mode === "none" ? 0 : n.reset_amount * n.theta, n.v_min, n.max_spikes, +(n.reset_mode === "zero"),
];
const fixed = (n) => () => n.theta;

export const NEURONS = {
  IF: { c: (n) => membrane(n, 1), threshold: fixed },
  LIF: { c: (n) => membrane(n, decay(n.dt, n.tau_mem)), threshold: fixed },
  CubaLIF: {
    c: (n) => [...membrane(n, decay(n.dt, n.tau_mem)), decay(n.dt, n.tau_syn), +n.early_decay],
    threshold: fixed,
  },
  ALIF: {
    c: (n) => [
      decay(n.dt, n.tau_mem), n.theta, n.kappa, decay(n.dt, n.tau_adapt), n.v_min, +(n.reset_mode === "zero"),
      +(n.reset_mode === "subtract"),
    ],
    threshold: (n) => (b) => n.theta + n.kappa * b,
  },
  LeakyReadout: { c: (n) => [decay(n.dt, n.tau_mem)], threshold: () => null },
  Izhikevich: {
    c: (n) => [n.a, n.b, n.c, n.d, n.dt],
    threshold: () => () => 30,
    rest: (n) => [-65, n.b * -65],
  },
};

const OPERATIONS = {
  "+": (a, b) => a + b, "-": (a, b) => a - b, "*": (a, b) => a * b, "/": (a, b) => a / b, "**": (a, b) => a ** b,
};

// A formula of snnviz/formulas.py: a number, a field's name, or [operation, argument, ...].
export function evaluate(formula, fields) {
  if (typeof formula === "number") return formula;
  if (typeof formula === "string") return fields[formula];
  const [name, ...rest] = formula;
  return (OPERATIONS[name] ?? Math[name])(...rest.map((part) => evaluate(part, fields)));
}

// What a surrogate's functor gets; `surrogates` is what the server says of each.
export const slopesOf = (surrogates, s) => surrogates[s.is].coefficients.map((formula) => evaluate(formula, s));
