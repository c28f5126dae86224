// One click, one sentence: settings that show one thing. tools/presets.mjs has tried each over ten seeds; a sentence says what came.

export const PRESETS = [
  { title: "The same to the last bit", settings: { methods: ["bptt", "exodus"], set: "moons" }, says: "EXODUS solves in closed form what BPTT walks back step by step.** Their weights are equal, bit for bit." },
  { title: "Too large a step", settings: { methods: ["bptt", "slayer"], scale: 3, optimiser: "sgd", rate: 0.3 }, says: "SLAYER multiplies its surrogate by 3 in every layer.** Set its scale to 0.1 and it is well again." },
  { title: "A tenth is enough", settings: { methods: ["bptt", "localzo", "sparse"], set: "moons" }, says: "LocalZO and sparse descent touch a tenth of what BPTT touches.** They are right as often." },
  { title: "Too narrow a band", settings: { methods: ["bptt", "sparse"], band: 0.02 }, says: "Almost no membrane comes within 0.02 of its threshold.** What is not touched does not learn." },
  { title: "Deep and lost", settings: { hidden: [8, 8, 8], width: 0.1, methods: ["bptt", "bptt_cut", "slayer", "exodus"] }, says: "A narrow surrogate lets little through, and three layers multiply it.**" },
  { title: "Spirals", settings: { set: "spirals", hidden: [12, 12], methods: ["bptt", "bptt_cut", "localzo", "sparse"] }, says: "Two arms, wound around each other.** The hardest of these sets for so small a network." },
];

// The preset of which every setting holds, or undefined.
export const presetOf = (s) => PRESETS.find(({ settings }) => Object.entries(settings).every(([name, value]) => String(s[name]) === String(value)));
