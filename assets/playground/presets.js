// One click, one sentence: settings that show one thing. Each was tried over ten seeds (python -m tools.presets), 600 updates of
// each method; a sentence says what came. `then`: what its sentence asks the visitor to change.

export const PRESETS = [
  {
    title: "The same to the last bit", settings: { methods: ["bptt", "exodus"] },
    says: "EXODUS solves at once what BPTT walks step by step.** Their weights are equal, bit for bit, after every update.",
  },
  {
    title: "Too large a step",
    settings: { methods: ["bptt", "slayer"], hidden: [8, 8, 8], optimiser: "momentum", rate: 0.1, scale: 3 }, then: { scale: 0.1 },
    says: "At scale 3 SLAYER throws its membranes far from the threshold and stays at chance.** Set its scale to 0.1: over ten seeds, 95 %.",
  },
  {
    title: "A tenth is enough", settings: { methods: ["bptt", "localzo", "sparse"] },
    says: "LocalZO and sparse descent touch 9 of 100 entries.** Over ten seeds they end at 98 and 96 %; BPTT, which touches all, at 97 %.",
  },
  {
    title: "Too narrow a band", settings: { methods: ["bptt", "sparse"], band: 0.02 },
    says: "Few membranes come within 0.02 of the threshold, and sparse descent touches no others.** Over ten seeds it ends at 77 %, BPTT at 97 %.",
  },
  {
    title: "Deep and lost", settings: { methods: ["bptt", "bptt_cut", "slayer", "exodus"], hidden: [8, 8, 8], width: 0.1 },
    says: "Through the resets the exact gradient explodes: over ten seeds BPTT and EXODUS end at 63 %.** Where the reset is cut: at 97 %.",
  },
  {
    title: "Spirals", settings: { methods: ["bptt", "bptt_cut", "localzo", "sparse"], set: "spirals", hidden: [12, 12] },
    says: "Two arms, wound into each other: over ten seeds all four end at 93 to 95 %.** Two of them touch 7 of 100 entries.",
  },
];

// What a preset's sentence does not depend on.
const FREE = new Set(["seed", "shown", "speed", "tile", "race", "px", "py", "points", "image", "sample"]);

// The preset whose settings hold, all others being at their defaults; or undefined.
export function presetOf(s, defaults) {
  const same = (name, settings) => FREE.has(name) || String(s[name]) === String(settings[name] ?? defaults[name]);
  return PRESETS.find(({ settings }) => Object.keys(defaults).every((name) => same(name, settings)));
}
