// The spike-derivative scope: draws fall one by one, and their mean settles on the closed curve.

import { evaluateAll } from "./coefficients.js";
import { clamp, digits, faint, fit, horizontal, line, stretch, Track } from "./plot.js";
import { button, control, grip, Help, icon, make } from "./controls.js";
import { isDark, Scope } from "./host.js";
import { drawAxes } from "./derivative_axes.js";

const GUTTER = 54, MARGIN = 16, TITLE = 19, AXIS = 36;
const POINTS = 121; // margins that are sampled; one more column is the margin under the hand
const COLUMNS = POINTS + 1;
const MOST = 64; // draws of one frame
const SPEEDS = [[5, "5 draws/s"], [30, "30 draws/s"], [300, "300 draws/s"], [3000, "3000 draws/s"]];
const FALL = 450, STAY = 900; // milliseconds

export class DerivativeScope extends Scope {
  constructor(root, module, data, send) {
    super(root, module, send);
    this.half = 1.5;
    this.times = 1; // pixels of CSS for one of the picture
    this.playing = !matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.speed = 30;
    this.falling = [];
    this.tracks = [new Track("slope", "Spike derivative ds/du", 236), new Track("active", "Share of draws that are not 0", 74),
      new Track("mean", "Mean at the margin u, against the number of draws", 84),
      new Track("step", "The spike itself: a step, whose slope is 0, and infinite at the threshold", 46)];
    this.a = this.kernels.layout({
      u: MOST * COLUMNS, initial: COLUMNS, zeros: COLUMNS, delta: MOST * COLUMNS, gradInitial: COLUMNS, slopes: MOST * COLUMNS,
      given: 6000, margins: 601, curve: 601, unused: 601,
    });
    this.sums = new Float64Array(COLUMNS);
    this.hits = new Float64Array(COLUMNS);
    this.build();
    this.update(data);
    this.watch(this.picture);
  }

  update(data) {
    const pushed = this.data?.revision !== data.revision;
    this.data = data;
    if (!this.laws) {
      const floats = new Float32Array(data.samples);
      this.laws = Object.fromEntries(Object.entries(data.laws).map(([name, law]) => {
        const part = ([at, length]) => floats.subarray(at, at + length);
        return [name, { ...law, bands: [], g: part(law.g), survival: part(law.survival), second: part(law.second), table: law.table && part(law.table) }];
      }));
    }
    if (pushed) {
      this.scene = structuredClone(data.scene);
      this.panels();
      this.restart();
      if (!this.playing) this.sample(MOST, null);
    }
    this.theme();
    this.announce();
  }

  theme() {
    const { colours } = this.data, c = (this.colours = colours[isDark(this.root) ? "dark" : "light"]);
    for (const [name, colour] of [...Object.entries(c.methods), ["ink", c.ink], ["active", c.active]]) {
      this.element.style.setProperty(`--${name}`, colour);
    }
    this.font = getComputedStyle(this.element).fontFamily;
    this.touch();
  }

  // ---- what is known in closed form: the law's curves for delta = 1, from Python, stretched to the delta under the hand ---------

  get law() {
    return this.laws[this.scene.law];
  }
  read(curve, u) {
    const at = Math.abs(u) / this.scene.delta / this.data.spacing, i = Math.min(Math.floor(at), curve.length - 2);
    return at >= curve.length - 1 ? curve.at(-1) : curve[i] + (at - i) * (curve[i + 1] - curve[i]);
  }
  mean(u) {
    return this.read(this.law.g, u) / this.scene.delta;
  }
  deviation(u) {
    const mean = this.mean(u);
    return Math.sqrt(Math.max(0, this.read(this.law.second, u) / this.scene.delta ** 2 - mean * mean) / this.scene.draws);
  }
  activity(u) {
    return 1 - (1 - clamp(this.read(this.law.survival, u), 0, 1)) ** this.scene.draws;
  }
  // Half the area under the activity: the band |u - theta| < B that is as active where the membrane's density is flat. What
  // lies beyond the grid is added, and the grid's own error is taken out by E|z|, which is the band of one draw for delta = 1.
  get band() {
    const { survival, mean_abs: one, beyond, bands } = this.law, m = this.scene.draws;
    if (one === null) return Infinity;
    const area = (k) => {
      let sum = -0.5;
      for (const p of survival) sum += 1 - (1 - clamp(p, 0, 1)) ** k;
      return sum * this.data.spacing + k * beyond;
    };
    bands[m] ??= (one * area(m)) / area(1);
    return bands[m] * this.scene.delta;
  }

  // ---- random draws: the kernel's own, step after step with one seed ---------------------------------------------------

  restart() {
    this.count = 0;
    this.owed = 0;
    this.sums.fill(0);
    this.hits.fill(0);
    this.falling.length = 0;
    this.history = [];
    const { a } = this, law = this.law;
    for (let i = 0; i < POINTS; i++) a.u[i] = this.margin(i);
    a.u[POINTS] = this.scene.u;
    for (let t = 1; t < MOST; t++) a.u.copyWithin(t * COLUMNS, 0, COLUMNS);
    if (law.table) a.given.set(law.table);
    // A neuron with threshold 0 has its margin for its membrane, so the kernel's slopes are those of the margins.
    this.c = [0, 0, 0, -Infinity, 1, 0];
    this.d = evaluateAll(law.coefficients, this.scene);
    this.compareCurve();
  }
  margin(i) {
    return this.half * ((2 * i) / (POINTS - 1) - 1);
  }

  sample(n, now) {
    const { a } = this;
    const scan = { c: this.c, d: this.d, T: n, M: COLUMNS, seed: this.scene.seed, first: this.count };
    this.kernels.backward("lif", this.law.kernel, scan, { ...a, given: this.law.table ? a.given : null, multiplier: null });
    for (let t = 0, i = 0; t < n; t++) {
      for (let m = 0; m < COLUMNS; m++, i++) {
        this.sums[m] += a.slopes[i];
        this.hits[m] += a.slopes[i] !== 0;
      }
      this.count++;
      if (this.count <= 100 || this.count >= 1.02 * this.history.at(-1)[0]) {
        this.history.push([this.count, this.sums[POINTS] / this.count]);
      }
    }
    // Only a few of the last draws are shown as falling dots: all would hide each other.
    const seen = Math.min(24, n * 24);
    for (let k = 0; k < seen && now !== null; k++) {
      const m = (this.count * 37 + k * 5) % POINTS;
      this.falling.push({ u: this.margin(m), value: a.slopes[(n - 1) * COLUMNS + m], born: now + k * 6 });
    }
    if (this.falling.length > 700) this.falling.splice(0, this.falling.length - 700);
  }

  compareCurve() {
    const { a } = this, chosen = this.scene.compare;
    for (let i = 0; i < 601; i++) a.margins[i] = this.half * (i / 300 - 1);
    if (!chosen) return;
    const { kernel, coefficients } = this.data.surrogates[chosen.is];
    this.kernels.backward("lif", kernel, { c: this.c, d: evaluateAll(coefficients, chosen), T: 601, M: 1 },
      { u: a.margins, initial: a.initial, zeros: a.zeros, delta: a.unused, gradInitial: a.gradInitial, slopes: a.curve });
  }

  // ---- the frame ----------------------------------------------------------------------------------------------------------------

  touch() {
    this.frames.ask();
  }
  set(owner, name, value, settled) {
    owner[name] = value;
    this.controls.forEach((c) => c.refresh());
    this.restart();
    this.sample(Math.min(MOST, 40), null);
    this.touch();
    if (settled) this.settler.soon();
  }

  frame(now) {
    if (this.playing) {
      const passed = Math.min(0.1, (now - (this.before ?? now)) / 1000);
      this.owed = Math.min(MOST, this.owed + passed * this.speed);
      const n = Math.floor(this.owed);
      if (n) this.sample(n, now);
      this.owed -= n;
      if (this.count >= 100_000) this.play(false);
    }
    this.before = now;
    this.falling = this.falling.filter((f) => now - f.born < FALL + STAY);
    this.draw(now);
    this.element.dataset.frames = Number(this.element.dataset.frames ?? 0) + 1;
    if (this.playing || this.falling.length) this.frames.ask();
  }

  play(on) {
    this.playing = on;
    this.before = undefined;
    this.playButton.replaceChildren(icon(on ? "pause" : "play"), make("span", {}, on ? "Pause" : "Play"));
    if (!on) this.announce();
    this.touch();
  }

  draw(now) {
    if (!this.picture.clientWidth) return;
    const times = (this.times = this.enlarge()), width = this.picture.clientWidth / times, wall = times > 1;
    const c = this.colours, scene = this.scene, [slope, active, mean, step] = this.tracks;
    const room = this.room(this.picture, this.legend) / times, upper = [step, slope, active];
    // In a low window the three upper tracks are seen whole, and the mean against the draws stands below the window's edge; on a
    // wall there is none.
    if (wall || !stretch(this.tracks, room, 4 * TITLE + 2 * AXIS + 14)) stretch(upper, room, 3 * TITLE + AXIS + 14, wall ? 0.25 : undefined);
    const peak = Math.max(this.mean(0), this.mean(scene.u));
    slope.range.cover(-0.06 * peak, 3 * peak);
    active.range.low = 0;
    active.range.high = 1.05;
    const sigma = this.deviation(scene.u), centre = this.mean(scene.u);
    mean.range.cover(Math.max(-0.1 * centre, centre - 2 * sigma), centre + 2 * sigma + 1e-6);
    [step.range.low, step.range.high] = [-0.15, 1.25];
    step.top = TITLE;
    slope.top = step.top + step.height + TITLE + 4;
    active.top = slope.top + slope.height + TITLE + 6;
    this.axis = active.top + active.height + 2;
    this.picture.dataset.upper = (this.axis + AXIS) * times;
    mean.top = this.axis + AXIS + TITLE;
    this.height = wall ? this.axis + AXIS : mean.top + mean.height + AXIS;
    this.left = GUTTER;
    this.right = width - MARGIN;
    const g = fit(this.canvas, width, this.height, times);
    g.clearRect(0, 0, width, this.height);
    const x = (this.x = (u) => this.left + ((u / this.half + 1) / 2) * (this.right - this.left));
    const end = Math.max(100, this.count), logx = (n) => this.left + (Math.log(n) / Math.log(end)) * (this.right - this.left);
    drawAxes(this, g, end, logx);

    const clip = (track, paint) => {
      g.save();
      g.beginPath();
      g.rect(this.left, track.top, this.right - this.left, track.height);
      g.clip();
      paint();
      g.restore();
      g.setLineDash([]);
    };
    const along = (track, value, dash = []) => {
      g.setLineDash(dash);
      line(g, 0, 600, (i) => x(this.a.margins[i]), (v) => track.y(v), value);
      g.setLineDash([]);
    };
    const own = c.methods.localzo;
    clip(step, () => {
      let area = 0;
      g.strokeStyle = own;
      g.lineWidth = 2;
      const wide = this.a.margins[1] - this.a.margins[0];
      along(step, (i) => (area += i ? this.mean(this.a.margins[i]) * wide : 0), [2, 4]); // what the mean is the slope of
      g.strokeStyle = c.ink;
      g.lineWidth = 2.5;
      g.beginPath();
      for (const [u, s] of [[-this.half, 0], [0, 0], [0, 1], [this.half, 1]]) g.lineTo(x(u), step.y(s));
      g.stroke();
    });
    const fixedBand = (track) => {  // a method is a line: its edges; what is between them is grey
      g.fillStyle = faint(c.silent, 0.22);
      g.fillRect(x(-this.band), track.top, x(this.band) - x(-this.band), track.height);
      g.strokeStyle = c.methods.sparse;
      g.lineWidth = 3;
      g.setLineDash([12, 4, 3, 4]);
      for (const end of [-this.band, this.band]) {
        g.beginPath();
        g.moveTo(x(end), track.top);
        g.lineTo(x(end), track.top + track.height);
        g.stroke();
      }
      g.setLineDash([]);
    };
    clip(slope, () => {
      fixedBand(slope);
      if (this.count) {
        g.fillStyle = faint(own, 0.16);
        g.beginPath();
        const edge = (i, sign) => {
          const u = this.a.margins[i];
          g.lineTo(x(u), slope.y(this.mean(u) + (sign * 2 * this.deviation(u)) / Math.sqrt(this.count)));
        };
        for (let i = 0; i <= 600; i += 2) edge(i, 1);
        for (let i = 600; i >= 0; i -= 2) edge(i, -1);
        g.fill();
      }
      for (const f of this.falling) {
        const age = now - f.born;
        if (age < 0) continue;
        const fallen = Math.min(1, age / FALL) ** 2, rest = slope.y(f.value);
        g.globalAlpha = age < FALL ? 0.9 : Math.max(0, 1 - (age - FALL) / STAY);
        g.fillStyle = f.value ? c.active : c.silent;
        g.beginPath();
        g.arc(x(f.u), slope.top + fallen * (rest - slope.top), f.value ? 3 : 2, 0, 7);
        g.fill();
      }
      g.globalAlpha = 1;
      g.strokeStyle = c.ink;
      g.lineWidth = 2;
      along(slope, (i) => this.mean(this.a.margins[i]));
      if (scene.compare) {                                   // on top of the curve: where they coincide, both are visible
        g.strokeStyle = c.methods.bptt;
        g.lineWidth = 2.5;
        along(slope, (i) => this.a.curve[i], [8, 8]);
      }
      if (this.count) {
        g.fillStyle = own;
        for (let i = 0; i < POINTS; i++) g.fillRect(x(this.margin(i)) - 2, slope.y(this.sums[i] / this.count) - 2, 4, 4);
      }
    });
    clip(active, () => {
      fixedBand(active);
      g.strokeStyle = c.ink;
      g.lineWidth = 1.75;
      along(active, (i) => this.activity(this.a.margins[i]));
      g.fillStyle = c.active;
      for (let i = 0; i < POINTS && this.count; i++) {
        g.fillRect(x(this.margin(i)) - 1.5, active.y(this.hits[i] / this.count) - 1.5, 3, 3);
      }
    });
    g.strokeStyle = c.ink;
    g.lineWidth = 1;
    g.beginPath();
    g.moveTo(Math.round(x(scene.u)) + 0.5, slope.top);
    g.lineTo(Math.round(x(scene.u)) + 0.5, this.axis);
    g.stroke();
    clip(mean, () => {
      g.fillStyle = faint(own, 0.16);
      g.beginPath();
      for (let i = 0; i <= 80; i++) g.lineTo(logx(end ** (i / 80)), mean.y(centre + (2 * sigma) / Math.sqrt(end ** (i / 80))));
      for (let i = 80; i >= 0; i--) g.lineTo(logx(end ** (i / 80)), mean.y(centre - (2 * sigma) / Math.sqrt(end ** (i / 80))));
      g.fill();
      g.strokeStyle = c.ink;
      g.lineWidth = 1.75;
      horizontal(g, this.left, this.right, mean.y(centre));
      g.strokeStyle = own;
      g.lineWidth = 2;
      g.beginPath();
      for (const [n, value] of this.history) g.lineTo(logx(n), mean.y(value));
      if (this.count) g.lineTo(logx(this.count), mean.y(this.sums[POINTS] / this.count));
      g.stroke();
    });
    this.place();
    this.words();
  }

  sentence() {
    const { u, delta } = this.scene, g = this.mean(u), percent = (p) => `${digits(100 * p)} %`;
    const n = this.count.toLocaleString("en").replace(/,/g, "\u2009");
    const mean = this.count ? `the mean of ${n} draw${this.count === 1 ? "" : "s"} is ${digits(this.sums[POINTS] / this.count)}` : "nothing is drawn yet";
    const noise = this.count ? ` ± ${digits((2 * this.deviation(u)) / Math.sqrt(this.count))} (2σ)` : "";
    return `At the margin ${digits(u)}: ${mean}, the closed curve ${digits(g)}${noise}. A draw is active with probability ` +
      `${percent(this.activity(u))}; seen: ${this.count ? percent(this.hits[POINTS] / this.count) : "none yet"}. ` +
      (Number.isFinite(this.band) ? `The band that is as active on average: ±${digits(this.band)}.` : "No band is as active: |z| has no mean.");
  }
  plain() {
    return structuredClone(this.scene);
  }
  ready() {} // it is sampled as soon as something moves

  // ---- building -----------------------------------------------------------------------------------------------------------------

  build() {
    this.help = new Help();
    this.playButton = button("play", this.playing ? "Pause" : "Play", () => this.play(!this.playing), { worded: true });
    this.playButton.replaceChildren(icon(this.playing ? "pause" : "play"), make("span", {}, this.playing ? "Pause" : "Play"));
    const speed = make("select", { "aria-label": "Speed", onchange: () => (this.speed = Number(speed.value)) },
      ...SPEEDS.map(([value, text]) => make("option", { value, selected: value === this.speed }, text)));
    const zoom = (factor) => () => {
      this.half = clamp(this.half * factor, 0.05, 12);
      this.restart();
      this.tracks.forEach((track) => track.range.forget());
      this.touch();
    };
    this.bar = make("div", { class: "bar", role: "group", "aria-label": "Draws" }, this.playButton,
      button("forth", "One draw", () => { this.play(false); this.sample(1, performance.now()); this.touch(); this.announce(); }),
      button("start", "Start again", () => { this.restart(); this.touch(); }), speed, make("span", { class: "gap" }),
      button("closer", "Zoom in on the threshold", zoom(1 / 1.5)), button("wider", "Zoom out", zoom(1.5)));
    this.canvas = make("canvas", { class: "main", role: "img" });
    const end = () => this.settler.soon();
    this.uGrip = grip("Margin, on the plot", "margin", (x) => this.pull("u", x), (way) => this.nudge("u", way), end, this);
    this.deltaGrip = grip("Width delta, on the plot", "width", (x) => this.pull("delta", x), (way) => this.nudge("delta", way), end, this);
    this.legend = make("div", { class: "legend" },
      ...[["ink", "closed curve g", ""], ["localzo", "mean of the draws, ±2σ", ""], ["active", "a draw that is active", "dot"],
        ["sparse", "band as active on average", "dashed"]].map(([name, text, look]) =>
        make("span", { class: "key" }, make("span", { class: `swatch ${look}`, style: `--colour: var(--${name})` }), text)));
    this.picture = make("div", { class: "picture" }, this.canvas, this.uGrip, this.deltaGrip);
    this.summary = make("p", { class: "summary", "aria-hidden": "true" });
    this.spokenSummary = make("p", { class: "unseen", "aria-live": "polite" });
    this.panel = make("div", { class: "panel" });
    this.element = make("section", { class: "scope", "aria-label": "Spike derivative scope" }, make("div", { class: "body" },
      make("div", { class: "side" }, this.panel, this.help.element),
      make("div", { class: "stage" }, this.bar, this.picture, this.legend, this.summary, this.spokenSummary)));
    this.root.append(this.element);
  }

  panels() {
    const { data, scene } = this, c = data.controls;
    const one = (owner) => (spec) => control(spec, () => owner[spec.name], (value, settled) => this.set(owner, spec.name, value, settled), this.help);
    const rebuild = () => { this.panels(); this.restart(); this.tracks.forEach((t) => t.range.forget()); this.touch(); this.settler.soon(); };
    const law = control({ name: "law", label: "Law of z", kind: "choice", help: "What the random direction z is drawn from.",
      choices: Object.entries(data.laws).map(([name, { title }]) => [name, title]) }, () => scene.law,
      (name) => { scene.law = name; rebuild(); }, this.help);
    const compare = control({ name: "compare", label: "Compare with a surrogate", kind: "choice", help: "Drawn dashed over the estimate.",
      choices: [["", "none"], ...Object.entries(data.surrogates).map(([name, s]) => [name, s.title])] }, () => scene.compare?.is ?? "",
      (name) => {
        scene.compare = name ? { is: name, ...Object.fromEntries(data.surrogates[name].controls.map((k) => [k.name, k.default])) } : null;
        rebuild();
      }, this.help);
    const fields = scene.compare ? data.surrogates[scene.compare.is].controls.map(one(scene.compare)) : [];
    this.controls = [law, one(scene)(c.delta), one(scene)(c.draws), one(scene)(c.u), one(scene)(c.seed), compare, ...fields];
    this.panel.replaceChildren(...this.controls.map((k) => k.element));
  }

  slot(name) {
    return this.controls.find((c) => c.spec.name === name);
  }
  pull(name, x) {
    const u = ((x - this.left) / (this.right - this.left)) * 2 * this.half - this.half;
    this.set(this.scene, name, this.slot(name).snap(name === "delta" ? Math.abs(u) : u), false);
  }
  nudge(name, way) {
    const { spec, snap } = this.slot(name);
    this.set(this.scene, name, snap(this.scene[name] + way * spec.slider[2]), true);
  }
  place() {
    const [slope] = this.tracks, { u, delta } = this.scene;
    const put = (element, at, y, value, text) => {
      element.hidden = at < this.left - 1 || at > this.right + 1;
      element.style.transform = `translate(${at * this.times}px, ${clamp(y, slope.top, slope.top + slope.height) * this.times}px)`;
      element.setAttribute("aria-valuenow", value);
      element.setAttribute("aria-valuetext", text);
    };
    put(this.uGrip, this.x(u), slope.y(0), u, `margin ${digits(u)}`);
    put(this.deltaGrip, this.x(delta), slope.y(this.mean(delta)), delta, `delta ${digits(delta)}`);
  }
}
