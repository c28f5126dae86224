// Controls, built from the specs that Python sends: one for each param(), from which the app's other controls are built too.

import { clamp } from "./plot.js";

// make("button", { class: "x", title: "y" }, "text", child, ...)
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter((c) => c !== null && c !== undefined));
  return element;
}

// A few LaTeX symbols as HTML: \tau_a, v_{min}, \Delta t.
const GREEK = { alpha: "α", beta: "β", gamma: "γ", delta: "δ", Delta: "Δ", kappa: "κ", lambda: "λ", rho: "ρ", sigma: "σ",
                tau: "τ", theta: "θ" };
export function symbol(latex) {
  const plain = latex.replace(/\\bar\{(\w)\}/g, "$1\u0304").replace(/\\([A-Za-z]+)\s?/g, (_, name) => GREEK[name] ?? name);
  const parts = plain.split(/_\{?([^}\s]+)\}?/);
  return parts.map((part, i) => (i % 2 ? make("sub", {}, part) : part));
}

const places = (step) => Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
let counter = 0;

// Converts between a slider's places (0 .. steps) and values. If the default is null (no limit), place -1 means null.
class Scale {
  constructor(spec) {
    const [low, high, step] = spec.slider;
    Object.assign(this, { spec, low, high, step, open: spec.default === null });
    this.steps = spec.log ? 240 : Math.round((high - low) / step);
    this.first = this.open ? -1 : 0;
  }
  value(place) {
    if (place < 0) return null;
    const { low, high, step } = this;
    if (this.spec.log) return Number((low * (high / low) ** (place / this.steps)).toPrecision(3));
    return Number((low + place * step).toFixed(places(step)));
  }
  place(value) {
    if (value === null) return -1;
    const { low, high, step } = this;
    const at = this.spec.log ? (this.steps * Math.log(value / low)) / Math.log(high / low) : (value - low) / step;
    return clamp(Math.round(at), 0, this.steps);
  }
  // The nearest value that the slider offers; used when a value is dragged in the plot.
  snap(value) {
    return this.value(this.place(value));
  }
}

const say = (value) => (value === null ? "none" : String(value).replace(/-/g, "−"));

// One control. `get` reads the present value, `set(value, settled)` takes a new one. Returns { element, refresh, spec, snap }.
export function control(spec, get, set, help) {
  const id = `control-${counter++}`;
  const words = [spec.help, spec.allowed && `Allowed: ${spec.allowed}.`].filter(Boolean).join(" ");
  const about = make("span", { id: `${id}-help`, class: "unseen" }, words);
  const unit = spec.unit ? make("span", { class: "unit" }, spec.unit) : null;
  const name = make("label", { for: id }, spec.label, " ", spec.symbol ? make("i", {}, ...symbol(spec.symbol)) : "");
  const shared = { id, name: spec.name, "aria-describedby": `${id}-help` };
  let element, refresh, snap = (v) => v;
  if (spec.kind === "switch") {
    const box = make("input", { ...shared, type: "checkbox", onchange: () => set(box.checked, true) });
    element = make("div", { class: "control switch" }, box, name, about);
    refresh = () => (box.checked = get());
  } else if (spec.kind === "choice") {
    const box = make("select", { ...shared, onchange: () => set(box.value, true) },
      ...spec.choices.map(([value, text]) => make("option", { value }, text)));
    element = make("div", { class: "control" }, name, box, about);
    refresh = () => (box.value = get());
  } else if (spec.kind === "numbers") {
    const text = () => get().map(say).join(" ");
    const box = make("input", { ...shared, type: "text", inputmode: "decimal", onchange: () => {
      const values = box.value.trim().replace(/−/g, "-").split(/[\s,;]+/).filter(Boolean).map(Number);
      const good = values.every((value) => Number.isFinite(value) && value >= (spec.low ?? -Infinity));
      if (good) set(values, true);
      help.say(good ? words : `${spec.label} must be numbers, ${spec.allowed}${spec.unit ? " " + spec.unit : ""}.`, !good);
      if (good) refresh();
    } });
    element = make("div", { class: "control" }, make("div", { class: "line" }, name, unit), box, about);
    refresh = () => { if (document.activeElement !== box) box.value = text(); };
  } else {
    const scale = new Scale(spec);
    snap = (v) => scale.snap(v);
    const slider = make("input", { ...shared, type: "range", min: scale.first, max: scale.steps, step: 1,
      oninput: () => set(scale.value(Number(slider.value)), false),
      onchange: () => set(scale.value(Number(slider.value)), true) });
    const typed = make("input", { type: "text", inputmode: "decimal", class: "value", "aria-label": `${spec.label}, typed`,
      onchange: () => {
        const text = typed.value.trim().replace(",", ".").replace("−", "-");
        const value = scale.open && /^(none|)$/i.test(text) ? null : Number(text);
        const good = value === null || (text !== "" && Number.isFinite(value) && value <= (spec.high ?? Infinity)
          && (spec.open_low ? value > (spec.low ?? -Infinity) : value >= (spec.low ?? -Infinity))
          && (spec.kind !== "whole" || Number.isInteger(value)));
        if (good) set(value, true);
        help.say(good ? words : `${spec.label} must be ${spec.allowed}${spec.unit ? " " + spec.unit : ""}.`, !good);
        refresh();
      } });
    element = make("div", { class: "control" }, make("div", { class: "line" }, name, typed, unit), slider, about);
    refresh = () => {
      const value = get();
      slider.value = scale.place(value);
      slider.style.setProperty("--share", (scale.place(value) - scale.first) / (scale.steps - scale.first));
      slider.setAttribute("aria-valuetext", `${say(value)}${spec.unit ? ` ${spec.unit}` : ""}`);
      if (document.activeElement !== typed) typed.value = say(value);
    };
  }
  for (const kind of ["focusin", "pointerenter"]) element.addEventListener(kind, () => help.say(words));
  refresh();
  return { element, refresh, spec, snap };
}

// A handle in the plot with the role of a slider: the pointer drags it, arrow keys move it by a step.
export function grip(label, name, move, nudge, end, scope) {
  const element = make("div", { class: `grip ${name}`, role: "slider", tabindex: 0, "aria-label": label, title: label.split(",")[0],
    "aria-valuemin": -1e6, "aria-valuemax": 1e6, "aria-valuenow": 0 });
  element.addEventListener("pointerdown", (event) => {
    element.setPointerCapture(event.pointerId);
    event.preventDefault();
    element.focus({ preventScroll: true });
  });
  element.addEventListener("pointermove", (event) => {
    if (!element.hasPointerCapture(event.pointerId)) return;
    const box = scope.canvas.getBoundingClientRect(), { times } = scope;
    move((event.clientX - box.left) / times, (event.clientY - box.top) / times);
  });
  element.addEventListener("pointerup", end);
  element.addEventListener("keydown", (event) => {
    const way = { ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1, PageUp: 10, PageDown: -10 }[event.key];
    if (!way) return;
    event.preventDefault();
    nudge(way, event.key);
  });
  return element;
}

// One line of help on the control under the pointer. It always takes its space, so the page does not move.
export class Help {
  constructor() {
    this.element = make("p", { class: "help", role: "note" });
  }
  say(text, wrong = false) {
    this.element.textContent = text;
    this.element.classList.toggle("wrong", wrong);
    if (wrong) this.element.setAttribute("role", "alert");
    else this.element.setAttribute("role", "note");
  }
}

const ICONS = {
  play: "M5 3l11 7-11 7z", pause: "M5 3h3.5v14H5zM11.5 3H15v14h-3.5z", start: "M4 3h2.5v14H4zM16 3v14L7.5 10z",
  back: "M13 3v14L4 10zM14 3h2v14h-2z", forth: "M7 3l9 7-9 7zM4 3h2v14H4z",
  closer: "M9 4h2v5h5v2h-5v5H9v-5H4V9h5z", wider: "M4 9h12v2H4z", all: "M3 5h2v10H3zM15 5h2v10h-2zM6 10l3-3v2h2V7l3 3-3 3v-2H9v2z",
  draw: "M3 17l1-4L13.5 3.500l3 3L7 16z", clear: "M5 5.500L6 4.500l4 4 4-4 1 1-4 4 4 4-1 1-4-4-4 4-1-1 4-4z",
  ghost: "M10 2a6 6 0 0 0-6 6v10l2.400-2 1.800 2 1.800-2 1.800 2 1.800-2 2.400 2V8a6 6 0 0 0-6-6zM7.500 7a1.200 1.200 0 1 1 0 2.400 1.200 1.200 0 0 1 0-2.400zM12.500 7a1.200 1.200 0 1 1 0 2.400 1.200 1.200 0 0 1 0-2.400z",
};
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  svg.setAttribute("viewBox", "0 0 20 20");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", ICONS[name]);
  path.setAttribute("fill-rule", "evenodd");
  svg.append(path);
  return svg;
}

export function button(name, text, act, { worded = false, pressed = null } = {}) {
  const element = make("button", { type: "button", title: worded ? null : text, "aria-label": worded ? null : text,
    "aria-pressed": pressed === null ? null : String(pressed), onclick: act }, icon(name), worded ? make("span", {}, text) : null);
  return element;
}


