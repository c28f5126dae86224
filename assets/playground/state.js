// The settings: how an address spells them, which of them start the training anew, and those that a preset names.

// A change of these starts the training anew; the others are taken over while it runs.
const RESTARTS = new Set(["set", "points", "noise", "seed", "coding", "mirrored", "T", "tau", "neuron", "hidden", "batch", "methods", "overTime",
  "optimiser", "firstGain", "gain", "bias"]);
export const restarts = (before, changes) =>
  Object.keys(changes).some((name) => RESTARTS.has(name) && String(changes[name]) !== String(before[name]));

// Made of the declarations that Python sends: [{ name, kind, default, low, high, choices }].
export class Codec {
  constructor(fields, key = "play") {
    this.fields = Object.fromEntries(fields.map((field) => [field.name, field]));
    this.key = key;
    this.defaults = Object.fromEntries(fields.map((field) => [field.name, field.default]));
  }

  // Settings from texts by key, as { "play.noise": "0.1" }; what is impossible stays at its default.
  read(texts) {
    const s = { ...this.defaults };
    for (const [name, field] of Object.entries(this.fields)) {
      const text = texts[`${this.key}.${name}`], value = text === undefined ? undefined : valueOf(field, text);
      if (value !== undefined) s[name] = value;
    }
    return whole(s);
  }

  write(s) {
    const texts = {};
    for (const [name, field] of Object.entries(this.fields)) {
      if (String(s[name]) !== String(field.default)) texts[`${this.key}.${name}`] = Array.isArray(s[name]) ? s[name].join("-") : String(s[name]);
    }
    return texts;
  }
}

// The method that is drawn is one of those that are trained.
export const whole = (s) => (s.methods.includes(s.shown) ? s : { ...s, shown: s.methods[0] });

function valueOf({ kind, choices, low, high }, text) {
  if (kind === "sizes") {
    const sizes = text.split(/[-, ]/).map(Number);
    return sizes.length <= 3 && sizes.every((n) => Number.isInteger(n) && n >= 2 && n <= 32) ? sizes : undefined;
  }
  if (kind === "names") {
    const names = text.split(/[-, ]/), chosen = choices.map(([value]) => value).filter((value) => names.includes(value));
    return chosen.length ? chosen : undefined;
  }
  if (kind === "switch") return text === "true" ? true : text === "false" ? false : undefined;
  if (kind === "choice") return choices.find(([value]) => value.toLowerCase() === text.toLowerCase())?.[0];
  if (kind === "text") return text;
  const value = Number(text);
  const good = text !== "" && value >= (low ?? -Infinity) && value <= (high ?? Infinity) && (kind !== "whole" || Number.isInteger(value));
  return good ? value : undefined;
}
