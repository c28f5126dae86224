// The theatre of a training: accuracy by epoch at the left, at the right one test sample that flows through each network, epoch by
// epoch. Python sends the whole run at once (snnviz/ui/theatre.py); the epochs are walked through here.

import { make } from "../scope/controls.js";
import { isDark } from "../scope/host.js";
import { taking } from "../page/taken.js";
import { chart } from "./chart.js";
import { Row, titles } from "./row.js";

const NARROW = 560; // pixels; below it the curves stand above the rows
const BELOW = 12; // pixels that stay free below
const PACE = 500; // milliseconds an epoch, while it plays

const places = new WeakMap(); // root -> Theatre

export default function mount({ parentElement: root, data }) {
  const theatre = places.get(root) ?? new Theatre(root);
  places.set(root, theatre);
  const turn = theatre.take(data);
  return () => {
    if (theatre.turn !== turn) return;
    theatre.close();
    places.delete(root);
  };
}

class Theatre {
  constructor(root) {
    this.turn = 0;
    this.epoch = Infinity; // the one that is shown; beyond the last: it follows a run that goes on
    this.slider = make("input", { type: "range", min: 1, step: 1, "aria-label": "Epoch", oninput: () => this.go(Number(this.slider.value)) });
    this.button = make("button", { type: "button", onclick: () => this.play(!this.timer) });
    this.says = make("output", {});
    this.curves = make("div", { class: "curves" });
    this.rows = make("div", { class: "rows" });
    this.seed = 0; // which of the seeds of each training its row shows
    this.seeds = make("select", { "aria-label": "Seed of the rows", onchange: () => ((this.seed = Number(this.seeds.value)), this.dress()) });
    const walk = make("div", { class: "walk" }, this.button, this.slider, this.says, this.seeds);
    const left = make("div", { class: "left" }, this.curves, walk);
    this.element = make("div", { class: "theatre", role: "figure" }, left, this.rows);
    left.append(taking(this.element, "snnviz-theatre"));
    root.append(this.element);
    this.resized = new ResizeObserver(() => this.draw());
    this.resized.observe(this.element);
    this.themes = new MutationObserver(() => this.paint());
    this.themes.observe(document.documentElement, { attributes: true, attributeFilter: ["class", "style", "data-theme"] });
    if (root.host) this.themes.observe(root.host, { attributes: true });
    this.scheme = matchMedia("(prefers-color-scheme: dark)");
    this.repaint = () => this.paint();
    this.scheme.addEventListener("change", this.repaint);
    this.play(false);
  }

  // Takes the colours of the theme around it; where another one has come, the curves are drawn anew.
  paint() {
    const theme = this.data && (isDark(this.element) ? "dark" : "light");
    if (!theme || theme === this.theme) return;
    this.theme = theme;
    for (const [role, colour] of Object.entries(this.data.colours[theme])) this.element.style.setProperty(`--${role}`, colour);
    for (const row of this.data.rows) row.colour = row.colours[theme];
    if (this.parts) this.dress();
  }

  // Makes the rows, each with the line of its method and the seed that is chosen.
  dress() {
    for (const row of this.data.rows) {
      const chosen = Math.min(this.seed, row.runs.length - 1);
      Object.assign(row, row.runs[chosen], { others: row.runs.filter((_, i) => i !== chosen).map((run) => run.accuracy) });
    }
    this.parts = this.data.rows.map((row) => new Row(row, this.data));
    this.rows.replaceChildren(titles(this.data), ...this.parts.map((part) => part.element));
    this.draw();
  }

  take(data) {
    this.data = data;
    this.theme = this.parts = null;
    const { element, seeds } = this, runs = data.rows.flatMap((row) => row.runs);
    const several = data.rows.reduce((most, row) => (row.runs.length > most.length ? row.runs : most), []);
    const shown = several.filter((run, i) => !i || run.looks.length);
    this.seed = Math.min(this.seed, Math.max(0, shown.length - 1));
    seeds.hidden = several.length < 2;
    seeds.disabled = shown.length < 2;
    seeds.replaceChildren(...shown.map((run, i) => make("option", { value: i, selected: i === this.seed }, `seed ${run.seed}`)));
    this.paint();
    element.setAttribute("aria-label", data.alt);
    element.classList.toggle("changed", data.changed);
    this.done = Math.max(0, ...runs.map((run) => run.accuracy.length));
    this.slider.max = Math.max(this.done, 1);
    this.slider.disabled = this.button.disabled = this.done < 2;
    this.element.classList.toggle("alone", !runs.some((run) => run.looks.length) && this.done > 0);
    this.dress();
    return ++this.turn;
  }

  // The epoch on the screen, 0 before the first has ended.
  get at() {
    return Math.min(this.epoch, this.done);
  }

  go(epoch) {
    this.epoch = epoch >= this.done ? Infinity : Math.max(1, epoch);
    this.show();
  }

  play(on) {
    clearInterval(this.timer);
    this.timer = 0;
    if (on) {
      if (this.at >= this.done) this.epoch = 1;
      this.timer = setInterval(() => (this.at >= this.done ? this.play(false) : this.go(this.at + 1)), PACE);
    }
    this.button.textContent = on ? "❚❚" : "▶";
    this.button.setAttribute("aria-label", on ? "Pause" : "Play the epochs");
    if (this.data) this.show();
  }

  draw() {
    const { element, data } = this;
    if (!data || !element.clientWidth) return;
    const narrow = element.clientWidth < NARROW;
    element.classList.toggle("narrow", narrow);
    let { top } = element.getBoundingClientRect(); // while nothing is scrolled
    for (let outer = element.getRootNode().host ?? element; (outer = outer.parentElement); ) top += outer.scrollTop;
    const height = narrow ? 0 : Math.round(Math.min(460, Math.max(286, window.innerHeight - top - BELOW)));
    element.style.setProperty("--height", narrow ? "auto" : `${height}px`);
    element.style.setProperty("--rows", data.rows.length);
    // The accuracies of all rows stand under one another: a row is as high as the rows leave it, and never lower than it can be read.
    const each = narrow ? 116 : Math.max(74, (height - 18) / data.rows.length);
    element.style.setProperty("--row", `${Math.min(each, 140)}px`);
    element.classList.toggle("low", each < 104);
    this.rows.tabIndex = this.rows.scrollHeight > this.rows.clientHeight + 1 ? 0 : -1; // who has no pointer scrolls by keys
    this.chart = chart(this.curves, data, narrow ? 210 : height - 40, (epoch) => this.go(epoch));
    this.show();
  }

  show() {
    const { at } = this;
    this.slider.value = Math.max(at, 1);
    this.says.textContent = at ? `epoch ${at} of ${this.data.epochs}` : "before the first epoch";
    this.slider.setAttribute("aria-valuetext", this.says.textContent);
    this.chart?.cursor(at);
    for (const part of this.parts) part.show(at);
  }

  close() {
    clearInterval(this.timer);
    this.resized.disconnect();
    this.themes.disconnect();
    this.scheme.removeEventListener("change", this.repaint);
    this.element.remove();
  }
}
