// Where a hand draws: the visitor's own points on the plane, or a digit. Arrow keys move a cursor, Enter marks.

import { make } from "../scope/controls.js";
import { placed } from "./data.js";
import { drawPoints, mark, sheet } from "./heat.js";
import { image } from "./sample.js";
import { colours, faint } from "./theme.js";

const MOST = 200; // own points
const RIM = 7; // pixels round the plane in which a point at its edge is whole
const SIDE = 32; // a digit is drawn on 32 x 32 dots, as those of the set were scanned; a grey value counts the dots of 4 x 4

export class Pad {
  constructor(stage) {
    Object.assign(this, { stage, kind: null, cls: 0, cursor: null, dots: new Uint8Array(SIDE * SIDE) });
    const canvas = (this.canvas = make("canvas", { class: "field", tabindex: "0", role: "application" }));
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      this.last = null;
      this.cursor = null;
      this.stroke(event, true);
    });
    canvas.addEventListener("pointermove", (event) => event.buttons && this.stroke(event, false));
    canvas.addEventListener("keydown", (event) => this.keys(event));
    canvas.addEventListener("blur", () => {
      this.cursor = null;
      this.draw();
    });
    this.buttons = make("div", { class: "buttons" });
    this.hint = make("p", { class: "hint" });
    stage.e.pad.append(canvas, this.buttons, this.hint);
  }

  refresh(s) {
    const kind = s.set === "own" || s.set === "digits" ? s.set : null, { pad } = this.stage.e;
    pad.hidden = !kind;
    if (kind !== this.kind) {
      this.kind = kind;
      this.build();
    }
    if (kind === "own") [...this.buttons.querySelectorAll("[data-class]")].forEach((b) => b.setAttribute("aria-pressed", String(Number(b.dataset.class) === this.cls)));
    if (kind === "digits" && !s.image) this.dots.fill(0);
    this.draw();
  }

  build() {
    const { stage } = this, plain = (text, act, more = {}) => make("button", { type: "button", class: "plain small", onclick: act, ...more }, text);
    if (this.kind === "own") {
      const classes = [0, 1, 2].map((c) => plain(`${"●■▲"[c]} ${c + 1}`, () => this.choose(c), { "data-class": c, "aria-label": `Class ${c + 1}`, title: `Next points are of class ${c + 1} (key ${c + 1})` }));
      this.buttons.replaceChildren(...classes, plain("Clear", () => stage.set({ points: "" })));
      this.canvas.setAttribute("aria-label", "Own points: arrow keys move the cursor, Enter places a point, 1 to 3 choose its class");
      this.hint.textContent = matchMedia("(pointer: coarse)").matches ? "Tap to place a point, drag to spray." : "Click places a point, dragging sprays. Keys 1–3 choose the class.";
    } else if (this.kind === "digits") {
      this.buttons.replaceChildren(plain("Clear", () => this.wipe()), plain("Next digit", () => stage.set({ image: "", sample: (stage.s.sample + 1) % stage.digits.unseen })));
      this.canvas.setAttribute("aria-label", "A digit: arrow keys move the pen, Enter draws");
      this.hint.textContent = "Draw a digit: every method says what it is.";
    }
  }

  choose(c) {
    this.cls = c;
    this.refresh(this.stage.s);
  }

  wipe() {
    this.dots.fill(0);
    this.stage.set({ image: "0".repeat(64) });
  }

  stroke(event, first) {
    const box = this.canvas.getBoundingClientRect(), rim = this.kind === "own" ? RIM : 0;
    const [x, y] = [event.clientX - box.left, event.clientY - box.top].map((a) => (a - rim) / (box.width - 2 * rim));
    const over = rim / (box.width - 2 * rim);
    if (Math.min(x, y) < -over || Math.max(x, y) > 1 + over) return;
    if (this.kind === "own") {
      const far = !this.last || Math.hypot(x - this.last[0], y - this.last[1]) > 0.05;
      if (!first && !far) return;
      const spray = () => (first ? 0 : 0.09 * (Math.random() - 0.5));
      this.last = [x, y];
      this.point(2 * (x + spray()) - 1, 1 - 2 * (y + spray()));
    } else {
      this.ink(this.last ?? [x, y], [x, y]);
      this.last = [x, y];
    }
  }

  point(x, y) {
    const { stage } = this, round = (a) => Number(Math.max(-1, Math.min(1, a)).toFixed(2));
    const rows = (stage.s.points ? stage.s.points.split(";") : []).slice(-(MOST - 1));
    stage.set({ points: [...rows, `${round(x)},${round(y)},${this.cls}`].join(";") });
  }

  // A line of the pen's width from a to b, both from 0 to 1.
  ink(a, b) {
    const { stage } = this, radius = 1.9, steps = 1 + Math.ceil(SIDE * Math.hypot(b[0] - a[0], b[1] - a[1]));
    if (!stage.s.image) this.dots.fill(0);
    for (let k = 0; k <= steps; k++) {
      const cx = SIDE * (a[0] + (k / steps) * (b[0] - a[0])), cy = SIDE * (a[1] + (k / steps) * (b[1] - a[1]));
      for (let y = Math.max(0, Math.floor(cy - radius)); y <= Math.min(SIDE - 1, cy + radius); y++) {
        for (let x = Math.max(0, Math.floor(cx - radius)); x <= Math.min(SIDE - 1, cx + radius); x++) {
          if (Math.hypot(x + 0.5 - cx, y + 0.5 - cy) <= radius) this.dots[y * SIDE + x] = 1;
        }
      }
    }
    let image = "";
    for (let row = 0; row < 8; row++) for (let column = 0; column < 8; column++) {
      let grey = 0;
      for (let i = 0; i < 16; i++) grey += this.dots[(4 * row + (i >> 2)) * SIDE + 4 * column + (i & 3)];
      image += grey.toString(17);
    }
    stage.set({ image });
  }

  keys(event) {
    const by = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key], c = this.cursor ?? [0.5, 0.5];
    if (event.shiftKey) return;
    if (by) this.cursor = c.map((a, i) => Math.max(0.03, Math.min(0.97, a + 0.0625 * by[i])));
    else if (event.key === "Enter" && this.kind === "own") this.point(2 * c[0] - 1, 1 - 2 * c[1]);
    else if (event.key === "Enter") this.ink(c, c);
    else return;
    event.preventDefault();
    event.stopPropagation();
    this.draw();
  }

  draw() {
    if (!this.kind || !this.canvas.clientWidth) return;
    const { context: c, w } = sheet(this.canvas), { stage } = this;
    if (this.kind === "own") {
      c.strokeStyle = colours.grid;
      c.beginPath();
      c.moveTo(w / 2, 0);
      c.lineTo(w / 2, w);
      c.moveTo(0, w / 2);
      c.lineTo(w, w / 2);
      c.stroke();
      const rows = placed(stage.s.points);
      drawPoints(c, { n: rows.length, x: rows.map((p) => p[0]), y: rows.map((p) => p[1]), c: rows.map((p) => p[2]) }, RIM, RIM, w - 2 * RIM, 3);
    } else {
      const pixels = image(stage), each = w / 8, drawn = stage.s.image && this.dots.some(Boolean);
      for (let i = 0; i < 64; i++) {
        c.fillStyle = faint(drawn ? colours.excite : colours.ink, (drawn ? 0.35 : 0.85) * (pixels[i] / 16));
        c.fillRect((i % 8) * each, Math.floor(i / 8) * each, each + 0.5, each + 0.5);
      }
      c.fillStyle = colours.ink;
      if (drawn) for (let i = 0; i < SIDE * SIDE; i++) if (this.dots[i]) c.fillRect(((i % SIDE) * w) / SIDE, (Math.floor(i / SIDE) * w) / SIDE, w / SIDE + 0.3, w / SIDE + 0.3);
    }
    if (!this.cursor) return;
    c.beginPath();
    const rim = this.kind === "own" ? RIM : 0, [px, py] = this.cursor.map((a) => rim + a * (w - 2 * rim));
    mark(c, this.kind === "own" ? this.cls : 0, px, py, 5);
    c.strokeStyle = colours.ink;
    c.lineWidth = 2;
    c.stroke();
  }
}
