// The left column: data as thumbnails, a few sliders, the rest behind More, in a sheet over the picture.

import { control, make } from "../scope/controls.js";
import { parts, points, SETS } from "./data.js";
import { drawPoints, sheet } from "./heat.js";
import { colours, faint } from "./theme.js";
import { Pad } from "./pad.js";
import { round } from "./page.js";

const FIRST = ["noise", "rate", "width"];
const REST = ["coding", "mirrored", "T", "tau", "neuron", "overTime", "optimiser", "batch", "surrogate", "draws", "firstGain", "gain", "bias", "speed"];
const PACES = [["2", "2 a second"], ["15", "15 a second"], ["60", "60 a second"], ["250", "250 a second"], ["0", "as fast as it goes"]];

export class Panel {
  constructor(stage) {
    Object.assign(this, { stage, updates: [], thumbs: [] });
    const { e, codec } = stage;
    for (const [key, { title }] of Object.entries(SETS)) e.sets.append(this.thumb(key, title));
    this.pad = new Pad(stage);
    for (const name of FIRST) e.first.append(this.control(codec.fields[name]));
    this.noise = e.first.firstChild;
    this.rest = make("div", { class: "rest", role: "dialog", "aria-label": "More settings" }, make("h2", {}, "More settings"),
      round("close", "Close (Escape)", () => this.open(false)),
      ...REST.filter((name) => codec.fields[name]).map((name) => this.control(codec.fields[name])), this.seed());
    e.more.onclick = () => this.open(e.sheet.hidden);
    for (const [value, title] of codec.fields.tile.choices) {
      const button = make("button", { type: "button", onclick: () => stage.set({ tile: value }) }, title);
      e.tiles.append(button);
      this.updates.push((s) => button.setAttribute("aria-pressed", String(s.tile === value)));
    }
  }

  control(field) {
    const { stage } = this, name = field.name;
    const spec = name === "speed" ? { ...field, kind: "choice", choices: PACES, symbol: "" } : { symbol: "", ...field };
    const get = () => (name === "speed" ? String(stage.s.speed) : stage.s[name]);
    const made = control(spec, get, (value) => stage.set({ [name]: name === "speed" ? Number(value) : value }), { say() {} });
    made.element.title = field.help;
    this.updates.push(() => made.refresh());
    return made.element;
  }

  seed() {
    const shown = make("span", {}), dice = make("button", { type: "button", class: "plain", onclick: () => this.stage.set({ seed: (this.stage.s.seed + 1) % 100_000 }) }, "Another seed");
    this.updates.push((s) => (shown.textContent = `Seed ${s.seed}`));
    return make("div", { class: "line seed" }, shown, dice);
  }

  thumb(key, title) {
    const canvas = make("canvas", { "aria-hidden": "true" });
    const button = make("button", { type: "button", role: "radio", title, "aria-label": title, onclick: () => this.choose(key) }, canvas);
    button.addEventListener("keydown", (event) => {
      const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key], all = [...button.parentElement.children];
      if (!by) return;
      event.preventDefault();
      event.stopPropagation();
      const next = all[(all.indexOf(button) + by + all.length) % all.length];
      next.click();
      next.focus();
    });
    this.updates.push((s) => {
      button.setAttribute("aria-checked", String(s.set === key));
      button.tabIndex = s.set === key ? 0 : -1;
    });
    this.thumbs.push(() => {
      const { context, w } = sheet(canvas);
      if (key === "own") drawPen(context, w);
      else if (key === "digits") drawThree(context, w);
      else drawPoints(context, points(key, 110, 0.03, 3), 3, 3, w - 6, w < 44 ? 1.3 : 1.7);
    });
    return button;
  }

  // Who begins with own points begins with some of those that were there; a network for digits is wider.
  choose(key) {
    const { stage } = this, { s } = stage, changes = { set: key };
    if (key === "own" && !s.points && SETS[s.set].plane) {
      const { train } = parts(s), some = Array.from({ length: 40 }, (_, i) => i), two = (a) => Number(a.toFixed(2));
      changes.points = some.map((i) => `${two(train.x[i])},${two(train.y[i])},${train.c[i]}`).join(";");
    }
    if ((key === "digits") !== (s.set === "digits")) changes.hidden = key === "digits" ? [24] : [8, 8];
    stage.set(changes);
  }

  open(on) {
    const { e } = this.stage;
    e.more.setAttribute("aria-expanded", String(on));
    e.sheet.hidden = !on;
    e.sheet.replaceChildren(...(on ? [this.rest] : []));
    if (on) this.rest.querySelector("select, input")?.focus();
    else e.more.focus();
  }

  refresh(s) {
    for (const update of this.updates) update(s);
    this.noise.hidden = !SETS[s.set].plane || s.set === "own";
    this.pad.refresh(s);
  }

  paint() {
    for (const draw of this.thumbs) draw();
    this.pad.draw();
  }
}

function drawPen(context, w) {
  context.strokeStyle = colours.ink;
  context.lineWidth = 1.75;
  context.lineJoin = "round";
  context.beginPath();
  for (const [i, [x, y]] of [[0.26, 0.74], [0.3, 0.58], [0.66, 0.22], [0.78, 0.34], [0.42, 0.7], [0.26, 0.74]].entries()) context[i ? "lineTo" : "moveTo"](x * w, y * w);
  context.stroke();
}

const THREE = [0, 9, 16, 9, 0, 0, 3, 14, 0, 8, 15, 0, 6, 16, 5, 0, 0, 3, 15, 0, 10, 15, 9, 0];
function drawThree(context, w) {
  const each = w / 8;
  THREE.forEach((grey, i) => {
    context.fillStyle = faint(colours.ink, grey / 16);
    context.fillRect((2 + (i % 4)) * each, (1 + Math.floor(i / 4)) * each, each + 0.3, each + 0.3);
  });
}
