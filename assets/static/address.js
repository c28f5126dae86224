// The address of what is seen: #/page?settings, where the settings are spelt as the app spells them in its own addresses
// (snnviz/ui/url.py says how). So what follows the ? here can be put after the address of the same page of the app, and back.

export function parse(hash) {
  const [, page = "", query = ""] = /^#\/?([\w-]*)(?:\?(.*))?$/s.exec(hash) ?? [];
  return { page, settings: new Map(new URLSearchParams(query)) };
}

export function spellHash(page, settings) {
  const text = new URLSearchParams([...settings]).toString().replace(/%2C/g, ",").replace(/%3A/g, ":");
  return `#/${page}${text ? `?${text}` : ""}`;
}

// A value as text: the shortest that gives the same number.
export function spell(value) {
  if (Array.isArray(value)) return value.map(spell).join(" ");
  if (typeof value !== "number") return String(value);
  const short = String(Number(value.toPrecision(12)));
  return Number(short) === value ? short : String(value);
}

export class Refused extends Error {}

function number(text, { kind, low, high, open_low, unit, allowed }) {
  const value = text.trim() === "" ? NaN : Number(text);
  const good = Number.isFinite(value) && (kind !== "whole" || Number.isSafeInteger(value)) && value <= (high ?? Infinity)
    && (open_low ? value > low : value >= (low ?? -Infinity)) && (value === 0 || (Math.abs(value) <= 1e30 && Math.abs(value) >= 1e-30));
  if (!good) throw new Refused([kind === "whole" ? "a whole number" : "a number", allowed && `, ${allowed}`, unit && ` ${unit}`].filter(Boolean).join(""));
  return value;
}

// What a text says, by the declaration of its control.
function understand(text, spec) {
  if (spec.kind === "switch") {
    if (!/^(true|false)$/i.test(text)) throw new Refused("true or false");
    return text.toLowerCase() === "true";
  }
  if (spec.kind === "choice") {
    const values = spec.choices.map(([value]) => value);
    if (!values.includes(text)) throw new Refused(`one of ${values.join(", ")}`);
    return text;
  }
  if (spec.kind === "numbers") return text.split(/[\s,;]+/).filter(Boolean).map((word) => number(word, { ...spec, kind: "number" }));
  return number(text, spec);
}

// Reads settings; what cannot be had becomes a sentence in `problems`, and its default is taken.
export class Reader {
  constructor(settings) {
    this.settings = settings;
    this.problems = [];
    this.read = new Set();
  }
  get(key) {
    this.read.add(key);
    return this.settings.get(key);
  }
  refuse(key, label, must, usual) {
    const text = this.settings.get(key), short = text.length > 40 ? `${text.slice(0, 39)}…` : text;
    this.problems.push(`${label}: the address says ${key}=${short}, but it must be ${must}. ${usual ?? "none"} is used instead.`);
  }

  // One of the names of an object, or `usual`.
  name(key, names, usual, label) {
    const text = this.get(key);
    if (text === undefined || Object.hasOwn(names, text)) return text ?? usual;
    this.refuse(key, label, `one of ${Object.keys(names).join(", ")}`, usual);
    return usual;
  }
  // One value by its declaration. A number without a limit by default is null until the address sets one.
  value(key, spec, usual = spec.default) {
    let text = this.get(key);
    const on = spec.default === null ? this.get(`${key}.on`) : undefined;
    if (on === "false") return usual;
    if (on === "true" && text === undefined) text = spell(spec.slider[0]);
    if (text === undefined) return usual;
    try {
      return understand(text, spec);
    } catch (refusal) {
      if (!(refusal instanceof Refused)) throw refusal;
      this.refuse(key, spec.label, refusal.message, usual === null ? "none" : spell(usual));
      return usual;
    }
  }
  // Several values under a key, over `start`.
  values(key, specs, start = {}) {
    return Object.fromEntries(specs.map((spec) => [spec.name, this.value(`${key}.${spec.name}`, spec, start[spec.name] ?? spec.default)]));
  }
  // A value of one of several classes: { is: name, field: value, ... }. `starts(name)`: where its fields start.
  choice(key, classes, usual, label, starts = () => ({})) {
    const name = this.name(key, classes, usual, label);
    return { is: name, ...this.values(`${key}.${name}`, classes[name].controls, starts(name)) };
  }

  // The keys that nobody has asked for are not of this page.
  strangers() {
    return [...this.settings.keys()].filter((key) => !this.read.has(key));
  }
}

// Collects settings; what stands at its default is left out.
export class Writer {
  constructor() {
    this.settings = new Map();
  }
  put(key, value, usual) {
    if (spell(value) !== spell(usual)) this.settings.set(key, spell(value));
  }
  values(key, specs, value, start = {}) {
    for (const spec of specs) {
      const now = value[spec.name], usual = start[spec.name] ?? spec.default;
      this.put(`${key}.${spec.name}`, now, usual);
      if (spec.default === null && now !== null) this.settings.set(`${key}.${spec.name}.on`, "true");
    }
  }
  choice(key, classes, value, usual, start = {}) {
    if (value.is !== usual) this.settings.set(key, value.is);
    this.values(`${key}.${value.is}`, classes[value.is].controls, value, start);
  }
}
