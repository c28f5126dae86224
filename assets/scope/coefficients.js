// The numbers that the kernels get, from the fields of a neuron or a surrogate: the twins of coefficients(), rest() and
// threshold() in snnviz/neurons/*.py and snnviz/surrogates.py. A test compares them with those, number by number.

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
