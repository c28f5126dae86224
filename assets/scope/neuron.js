// The neuron scope: it runs a population forward and one neuron of it backward, again after every move of a control.
//
// Its parts: the run (neuron_run.js), its picture (neuron_picture.js, neuron_traces.js), its description in words
// (neuron_words.js), the controls beside it (neuron_panel.js), and dragging in the picture (neuron_hand.js). This file holds what
// they share: the scene, the range of steps that is visible, the playback, and what is computed or drawn again after a change.

import { clamp, digits } from "./plot.js";
import { button, icon, make } from "./controls.js";
import { isDark, Scope, Settler } from "./host.js";
import { Drawn } from "./drawn.js";
import { METHODS, Run } from "./neuron_run.js";
import { sentence } from "./neuron_words.js";
import { Picture } from "./neuron_picture.js";
import { Panel } from "./neuron_panel.js";
import { Hand } from "./neuron_hand.js";

const SPEEDS = [5, 20, 50, 100, 200, 500, 1000]; // steps per second

export class NeuronScope extends Scope {
  constructor(root, module, data, send) {
    super(root, module, send);
    this.run = new Run(this.kernels);
    this.cursor = 0;
    this.view = null;
    this.playing = false;
    this.speed = 100;
    this.ghost = null;
    this.drawing = false;
    this.shown = new Set(METHODS.map((m) => m.key));
    this.drawn = new Drawn();
    this.picker = new Settler(() => this.ask(), 150);
    this.build(data);
    this.update(data);
    this.watch(this.picture.element);
  }

  // ---- what Python sends -------------------------------------------------------------------------------------------

  update(data) {
    this.take(data);
    for (const track of this.tracks) track.range.forget();
    this.announce();
  }
  // The same while the stimulus is dragged: axes stay as they are, and screen readers are not told.
  take(data) {
    const before = this.data;
    this.data = data;
    const pushed = !before || before.revision !== data.revision;
    const other = !before || before.scene.neuron.is !== data.scene.neuron.is || before.exclude + "" !== data.exclude + "";
    const reshaped = !before || before.T !== data.T || before.M !== data.M || other;
    if (pushed) {
      this.scene = structuredClone(data.scene);
      this.drawn.read(this.scene.drawn);
      this.ghost = other ? null : this.ghost;
    }
    if (reshaped) {
      this.view = null;
      this.cursor = clamp(this.cursor, 0, data.T - 1);
      this.ghost = null;
    }
    this.base = new Float32Array(data.samples);
    this.unscaled = data.unscaledSamples ? new Float32Array(data.unscaledSamples) : this.base;
    this.scene.column = clamp(this.scene.column, 0, data.M - 1);
    this.run.allocate(data);
    if (pushed || reshaped) this.panel.build();
    if (pushed || reshaped) this.picture.arrange();
    if (data.picks && data.step !== null && data.step !== before?.step && data.step !== this.asked) {
      this.cursor = clamp(data.step, 0, data.T - 1);
      this.follow();
    }
    this.theme();
    this.changed();
  }

  theme() {
    this.colours = this.data.colours[isDark(this.root) ? "dark" : "light"];
    this.font = getComputedStyle(this.element).fontFamily;
    this.panel.dress();
    this.touch();
  }

  plain() {
    return { ...structuredClone(this.scene), drawn: this.drawn.write() };
  }

  get differentiable() {
    return this.data.differentiable;
  }
  get back() {
    return this.scene.backward && this.differentiable;
  }
  get lossStep() {
    return clamp(Math.round(this.scene.loss_at * (this.data.T - 1)), 0, this.data.T - 1);
  }
  // What a drawn current of 1 adds to the input of the neuron shown, in a step.
  get drawnInput() {
    const { factors, drawnScale } = this.data;
    return (factors[this.scene.column % factors.length] || factors.at(-1) || 1) * drawnScale;
  }
  // The range of the input's track in the unit of drawn currents.
  get drawnRange() {
    const { range } = this.picture.track("input");
    return { low: range.low / this.drawnInput, high: range.high / this.drawnInput };
  }
  get tracks() {
    return this.picture.tracks;
  }
  get canvas() {
    return this.picture.canvas;
  }

  // ---- changes, and what each makes necessary -----------------------------------------------------------------------

  // After a change of something that the run depends on.
  changed() {
    this.stale = true;
    this.touch();
  }
  // After a change of something that only the picture depends on.
  touch() {
    this.dirty = true;
    this.frames.ask();
  }
  set(owner, name, value, settled) {
    owner[name] = value;
    this.panel.refresh();
    this.changed();
    if (settled) this.settler.soon();
  }
  // After a change that shows other tracks and controls.
  rebuild() {
    this.picture.arrange();
    this.panel.build();
    this.changed();
    this.settler.soon();
  }

  compute() {
    this.run.compute(this.data, this.scene, this.base, this.unscaled, this.drawn, this.back, this.lossStep);
  }

  frame(now) {
    if (this.playing) {
      this.played += ((now - this.lastFrame) / 1000) * this.speed;
      this.lastFrame = now;
      this.cursor = Math.min(this.data.T - 1, Math.floor(this.played));
      if (this.cursor >= this.data.T - 1) this.play(false);
      this.follow();
    }
    if (this.stale) this.compute();
    if (this.dirty || this.stale) {
      this.stale = this.dirty = false;
      if (this.picture.draw()) {
        this.hand.place();
        this.words();
      }
    }
    if (this.picture.width) {
      this.picture.overlay();
      this.time();
    }
    this.element.dataset.frames = Number(this.element.dataset.frames ?? 0) + 1;
    if (this.playing) this.frames.ask();
  }

  sentence() {
    return sentence(this);
  }
  ready() {
    if (this.stale) this.compute();
    this.stale = false;
    this.dirty = true;
  }

  // ---- the time cursor and the visible steps ----------------------------------------------------------------------

  play(on) {
    if (on && this.cursor >= this.data.T - 1) this.cursor = 0;
    this.playing = on;
    this.played = this.cursor;
    this.lastFrame = performance.now();
    this.playButton.replaceChildren(icon(on ? "pause" : "play"), make("span", {}, on ? "Pause" : "Play"));
    this.frames.ask();
  }
  go(t) {
    this.cursor = clamp(Math.round(t), 0, this.data.T - 1);
    this.played = this.cursor;
    this.follow();
    this.frames.ask();
  }
  // Asks the page for the arithmetic of the step under the cursor. `only` while it shows that of another one.
  pick(only = false) {
    if (!this.data.picks || (only && this.data.step === null)) return;
    if (only) return this.picker.soon();
    this.picker.cancel();
    this.ask();
  }
  ask() {
    this.asked = this.cursor;
    this.send("picked", this.cursor);
  }
  destroy() {
    this.picker.cancel();
    super.destroy();
  }
  follow() {
    const [a, b] = this.window();
    if (this.cursor < a || this.cursor > b) this.look(this.cursor - 0.1 * (b - a), this.cursor + 0.9 * (b - a));
  }

  // The first and the last visible step.
  window() {
    return this.view ?? [0, Math.max(1, this.data.T - 1)];
  }
  look(a, b) {
    const end = Math.max(1, this.data.T - 1), wide = clamp(b - a, Math.min(10, end), end);
    const from = clamp((a + b - wide) / 2, 0, end - wide);
    this.view = wide >= end ? null : [from, from + wide];
    this.touch();
  }
  zoom(factor, about = this.cursor) {
    const [a, b] = this.window(), centre = clamp(about, a, b);
    this.look(centre - (centre - a) / factor, centre + (b - centre) / factor);
  }
  seeAll() {
    this.view = null;
    this.touch();
  }

  // The time under the cursor as text, also for screen readers, which read it as the value of the slider.
  time() {
    const t = this.cursor, { T, dt, fires } = this.data, { uc, sc } = this.run.a;
    const place = `${digits(t * dt)} ms`;
    if (this.clock.textContent !== place) this.clock.textContent = place;
    if (this.scrub.max !== String(T - 1)) this.scrub.max = T - 1;
    if (Number(this.scrub.value) !== t) this.scrub.value = t;
    const spoken = `${place}, u ${digits(uc[t])}${fires && sc[t] ? ", a spike" : ""}`;
    if (this.spoken !== spoken) this.scrub.setAttribute("aria-valuetext", (this.spoken = spoken));
  }

  // ---- tools: a ghost of this run to compare the next with, and a current drawn by hand ------------------------------------

  hold() {
    this.ghost = this.ghost ? null : this.run.copy(this.data);
    this.ghostButton.setAttribute("aria-pressed", String(Boolean(this.ghost)));
    this.ghostButton.lastChild.textContent = this.ghost ? "Let go" : "Hold";
    this.touch();
    this.announce();
  }

  draws(on) {
    this.drawing = on;
    this.drawButton.setAttribute("aria-pressed", String(on));
    this.levelBox.hidden = !on;
    if (on) {
      const { range } = this.picture.track("input"), most = Math.max(-range.low, range.high);
      range.cover(-most, 1.5 * most); // room above and below what flows now
    }
    this.element.classList.toggle("drawing", on);
    this.touch();
  }

  // ---- building the page's part ----------------------------------------------------------------------------------------

  build(data) {
    this.panel = new Panel(this);
    this.picture = new Picture(this);
    this.hand = new Hand(this, this.picture);
    this.summary = make("p", { class: "summary", "aria-hidden": "true" });
    this.spokenSummary = make("p", { class: "unseen", "aria-live": "polite" });
    this.element = make("section", { class: "scope", "aria-label": "Neuron scope" }, make("div", { class: "body" },
      this.panel.element,
      make("div", { class: "stage" }, this.timeBar(data), this.toolBar(), this.picture.element, this.panel.legend, this.summary,
        this.spokenSummary)));
    this.root.append(this.element);
  }

  timeBar({ T, picks }) {
    this.playButton = button("play", "Play", () => this.play(!this.playing), { worded: true });
    this.clock = make("span", { class: "clock" });
    this.scrub = make("input", { type: "range", class: "scrub", min: 0, max: T - 1, step: 1, "aria-label": "Time cursor", title: picks ? "Enter: why this step" : null,
      onkeydown: ({ key }) => key === "Enter" && this.pick(),
      oninput: () => { this.play(false); this.go(Number(this.scrub.value)); this.pick(true); } });
    const speed = make("select", { "aria-label": "Speed", title: "Speed", onchange: () => (this.speed = Number(speed.value)) },
      ...SPEEDS.map((s) => make("option", { value: s, selected: s === this.speed }, `${s} steps/s`)));
    return make("div", { class: "bar", role: "group", "aria-label": "Time" }, this.playButton,
      button("start", "To the start", () => this.go(0)),
      button("back", "One step back", () => { this.play(false); this.go(this.cursor - 1); this.pick(true); }),
      button("forth", "One step on", () => { this.play(false); this.go(this.cursor + 1); this.pick(true); }),
      this.scrub, this.clock, speed);
  }

  toolBar() {
    this.drawButton = button("draw", "Draw", () => this.draws(!this.drawing), { worded: true, pressed: false });
    this.drawButton.title = "Draw a current on the input with the pointer";
    this.ghostButton = button("ghost", "Hold", () => this.hold(), { worded: true, pressed: false });
    this.ghostButton.title = "Hold this run as a ghost, to compare the next with it";
    const level = make("input", { type: "range", min: -127, max: 127, step: 1, "aria-label": "Drawn current at the time cursor",
      oninput: () => {
        this.drawn.fix(this.drawnRange);
        this.drawn.levels[this.drawn.bin(this.cursor, this.data.T)] = Number(level.value);
        this.changed();
      }, onchange: () => this.settler.soon() });
    this.levelBox = make("label", { class: "level", hidden: true }, "at the cursor", level);
    const clear = button("clear", "Clear the drawn current", () => {
      this.drawn.clear();
      this.changed();
      this.settler.soon();
    });
    return make("div", { class: "bar", role: "group", "aria-label": "Tools" }, this.drawButton, this.levelBox, clear,
      this.ghostButton, make("span", { class: "gap" }),
      button("closer", "Zoom in on the cursor", () => this.zoom(1.6)), button("wider", "Zoom out", () => this.zoom(1 / 1.6)),
      button("all", "See all of it", () => this.seeAll()));
  }
}
