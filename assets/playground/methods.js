// The methods as rows of three choices, and what stands for ds/du: the twins of snnviz/methods and snnviz/surrogates.py.

// Drawn in this order, a dash over a line, so that two that coincide are both seen.
export const METHODS = {
  bptt: { title: "BPTT", note: "reset kept", reset: "kept", dash: [] },
  exodus: { title: "EXODUS", note: "closed form", reset: "kept", dash: [7, 5] },
  bptt_cut: { title: "BPTT, cut", note: "reset cut", reset: "cut", dash: [] },
  slayer: { title: "SLAYER", note: "no reset", reset: "left out", dash: [7, 5], own: "scale" },
  localzo: { title: "LocalZO", note: "at random", reset: "cut", dash: [2, 3], own: "delta" },
  sparse: { title: "Sparse GD", note: "in a band", reset: "cut", dash: [9, 3, 2, 3], own: "band" },
};

export const SURROGATES = {
  single_exponential: { title: "Exponential", d: (w) => [w, 1 / w] },
  fast_sigmoid: { title: "Fast sigmoid", d: (w) => [1 / w] },
  gaussian: { title: "Gaussian", d: (w) => [w, 1 / (w * Math.sqrt(2 * Math.PI))] },
  triangle: { title: "Triangle", d: (w) => [w] },
};

// What the kernels need of a method, given the settings: the export's name and the fields of struct Scan.
export function rowOf(key, s) {
  const { reset } = METHODS[key];
  if (key === "localzo") return { derivative: "zo_normal", random: true, d: [s.delta, 1, 1 / (2 * s.delta), 1], reset };
  return {
    derivative: s.surrogate, d: SURROGATES[s.surrogate].d(s.width), reset,
    gain: key === "slayer" ? s.scale : 1, window: key === "sparse" ? s.band : Infinity,
  };
}
