// Colours by role, as snnviz/figures/theme.py has them, and ramps made of them. Everything that draws reads `colours`.

export const rgb = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
export const mix = (a, b, share) => a.map((x, i) => x + share * (b[i] - x));
export const faint = (hex, share) => hex + Math.round(255 * Math.max(0, Math.min(1, share))).toString(16).padStart(2, "0");

export const colours = {};

const ramp = (from, to) => Array.from({ length: 256 }, (_, i) => mix(rgb(from), rgb(to), (i / 255) ** 0.85));

// Takes the colours of one theme, as Python sent them.
export function useColours(sent, dark) {
  const ground = dark ? "#1A2029" : "#F6F8FA";
  Object.assign(colours, sent, {
    dark, ground: rgb(ground), excite: sent.membrane, inhibit: sent.negative,
    heat: ramp(ground, sent.membrane), weight: signed(sent, ground),
    classRamps: sent.classes.map((x) => ramp(ground, x)), classRgb: sent.classes.map(rgb),
  });
}

// From a weight that inhibits, through nothing, to one that excites: 256 colours.
function signed(sent, ground) {
  const low = rgb(sent.negative), high = rgb(sent.membrane), middle = rgb(ground);
  return Array.from({ length: 256 }, (_, i) => {
    const a = i / 127.5 - 1;
    return mix(middle, a < 0 ? low : high, Math.abs(a) ** 0.85);
  });
}

// The colour of class `i`; where there are more classes than hues (digits), ink stands for all.
export const classColour = (i, classes) => (classes > colours.classes.length ? colours.ink : colours.classes[i]);
