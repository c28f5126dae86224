// The methods: a chip each to choose them, a card each for what they have learned and what it took.

import { control, make } from "../scope/controls.js";
import { drawChosen, drawPoints, Heat, sheet } from "./heat.js";
import { METHODS } from "./methods.js";
import { write } from "./page.js";
import { percent, touched, trouble } from "./sayings.js";
import { colours } from "./theme.js";
import { GRID } from "./trainer.js";

const CELLS = GRID * GRID;

export class Cards {
  constructor(stage) {
    Object.assign(this, { stage, cards: {}, dots: document.createElement("canvas") });
    for (const [key, { title }] of Object.entries(METHODS)) stage.e.chips.append(make("button", { type: "button", "data-method": key, onclick: () => this.toggle(key) }, stroke(key), title));
  }

  toggle(key) {
    const { s } = this.stage, on = s.methods.includes(key), methods = Object.keys(METHODS).filter((k) => (k === key ? !on : s.methods.includes(k)));
    if (methods.length) this.stage.set({ methods, shown: on ? s.shown : key });
  }

  refresh(s) {
    const { chips, cards } = this.stage.e;
    for (const chip of chips.children) {
      chip.setAttribute("aria-pressed", String(s.methods.includes(chip.dataset.method)));
      chip.style.setProperty("--hue", colours.methods[chip.dataset.method]);
    }
    for (const key of Object.keys(this.cards)) if (!s.methods.includes(key)) {
      this.cards[key].box.remove();
      delete this.cards[key];
    }
    s.methods.forEach((key, i) => {
      const card = (this.cards[key] ??= this.make(key));
      if (cards.children[i] !== card.box) cards.insertBefore(card.box, cards.children[i] ?? null);
      card.box.classList.toggle("on", key === s.shown);
      card.show.setAttribute("aria-pressed", String(key === s.shown));
      card.box.style.setProperty("--hue", colours.methods[key]);
      card.own?.refresh();
    });
    cards.classList.toggle("many", s.methods.length > 4);
    cards.classList.toggle("few", s.methods.length < 3);
  }

  make(key) {
    const { stage } = this, { title, note, own } = METHODS[key];
    const map = make("canvas", { class: "map", role: "img", "aria-label": `${title}: its answer` });
    const parts = { map, accuracy: make("b", {}), verdict: make("span", { class: "verdict" }), shares: make("div", { class: "shares" }), norms: make("div", { class: "norms" }),
      rate: make("span", { class: "rate", title: "Updates a second, had the method a core to itself" }), heat: new Heat(GRID) };
    parts.show = make("button", { type: "button", class: "show", title: `Show ${title} in the network`, onclick: () => stage.set({ shown: key }) }, stroke(key), title);
    parts.shares.title = "Share of neurons and steps that the gradient touches, by hidden layer";
    parts.norms.title = "Length of the gradient by layer, the readout last; logarithmic, 0.0001 to 10";
    const head = make("div", { class: "head" }, parts.show);
    const [name] = Object.keys(own);
    if (name) {
      const field = stage.codec.fields[name];
      parts.own = control({ ...field, unit: "" }, () => stage.s[name], (value) => stage.set({ [name]: value }), { say() {} });
      parts.own.element.title = field.help;
      parts.own.element.classList.add("own");
      head.append(parts.own.element);
    } else head.append(make("small", {}, note));
    parts.box = make("div", { class: "card" }, head, map, make("div", { class: "numbers" },
      make("div", { class: "line" }, parts.accuracy, make("span", { class: "test" }, "right"), parts.norms), make("div", { class: "line" }, parts.verdict, parts.rate), parts.shares));
    stage.hands.choosing(map);
    return parts;
  }

  // The points on the maps, as a picture of their own: they change seldom.
  points(w, pixels) {
    const { dots, stage } = this, key = [pixels, stage.generation, colours.dark].join();
    if (dots.key === key) return dots;
    dots.key = key;
    dots.width = dots.height = pixels;
    const context = dots.getContext("2d");
    context.setTransform(pixels / w, 0, 0, pixels / w, 0, 0);
    drawPoints(context, stage.train, 0, 0, w, w < 60 ? 1.1 : 1.5, stage.s.set === "own" ? stage.train.n : stage.train.n / (w < 80 ? 4 : 2));
    return dots;
  }

  draw(frame, s) {
    for (const [key, card] of Object.entries(this.cards)) {
      const m = frame.methods[key];
      if (!m) continue;
      const { context, w } = sheet(card.map);
      if (!w) continue;
      if (m.p) {
        card.heat.decision(m.p, CELLS).draw(context, 0, 0, w, 6);
        context.drawImage(this.points(w, card.map.width), 0, 0, w, w);
        drawChosen(context, s.px, s.py, 0, 0, w, 4);
      } else if (m.answer) drawAnswer(context, w, m.answer);
      this.numbers(card, key, m);
    }
  }

  numbers(card, key, m) {
    write(card.accuracy, `${Math.round(100 * m.test.accuracy)} %`);
    const ill = trouble(key, m);
    card.box.classList.toggle("ill", Boolean(ill));
    write(card.verdict, ill ?? (m.active ? `touched ${percent(touched(m))}` : "not yet trained"));
    card.verdict.title = ill ?? "";
    write(card.rate, m.ms && !ill ? `${Number((1000 / m.ms).toPrecision(2)).toLocaleString("en")}/s` : "");
    bars(card.shares, m.active ?? [], (bar, a) => bar.style.setProperty("--share", a.toFixed(4)));
    bars(card.norms, m.norms ?? [], (bar, n) => (bar.style.height = `${Math.max(6, Math.min(100, 20 * (Math.log10(n + 1e-12) + 4)))}%`));
  }
}

// What a method makes of the digit: its guess, and how sure it is of each.
function drawAnswer(context, w, answer) {
  const best = answer.indexOf(Math.max(...answer)), low = w - 3, high = 0.42 * w, each = w / answer.length;
  context.fillStyle = colours.panel;
  context.beginPath();
  context.roundRect(0, 0, w, w, 6);
  context.fill();
  context.fillStyle = colours.ink;
  context.font = `600 ${Math.round(0.46 * w)}px ${colours.font}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.globalAlpha = 0.35 + 0.65 * answer[best];
  context.fillText(String(best), w / 2, 0.28 * w);
  context.globalAlpha = 1;
  answer.forEach((p, i) => {
    context.fillStyle = i === best ? colours.ink : colours.silent;
    context.fillRect(i * each + 0.15 * each, low - Math.max(1, high * p), 0.7 * each, Math.max(1, high * p));
  });
}

function stroke(key) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg"), line = document.createElementNS("http://www.w3.org/2000/svg", "line");
  svg.setAttribute("viewBox", "0 0 22 6");
  svg.setAttribute("aria-hidden", "true");
  for (const [name, value] of Object.entries({ x1: 0, y1: 3, x2: 22, y2: 3, "stroke-width": 3, stroke: "currentColor", "stroke-dasharray": METHODS[key].dash.join(" ") })) line.setAttribute(name, value);
  svg.append(line);
  svg.classList.add("stroke");
  return svg;
}

function bars(box, values, set) {
  while (box.children.length < values.length) box.append(document.createElement("i"));
  while (box.children.length > values.length) box.lastChild.remove();
  values.forEach((value, i) => set(box.children[i], value));
}
