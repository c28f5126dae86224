// The neuron scope: one neuron in a population, forward and backward, following the hand.

import { Kernels } from "./kernels.js";
import { NEURONS, SURROGATES } from "./coefficients.js";
import { clamp, digits, faint, fit, horizontal, line, ticks, Track } from "./plot.js";
import { button, control, grip, Help, icon, make } from "./controls.js";
import { Frames, isDark, Settler } from "./host.js";

const GUTTER = 54, MARGIN = 26, TITLE = 19, AXIS = 34;
const BINS = 128; // a drawn current is this many levels
const SPEEDS = [5, 20, 50, 100, 200, 500, 1000]; // steps per second
const METHODS = [
  // Drawn in this order, a dash over a line, so that two that coincide are both seen. EXODUS's sweep is BPTT's.
  { key: "bptt", name: "BPTT, reset kept", array: "kept", reset: "kept", dash: [] },
  { key: "exodus", name: "EXODUS", array: "kept", reset: null, dash: [7, 6] },
  { key: "bptt_cut", name: "BPTT, reset cut", array: "cut", reset: "cut", dash: [] },
  { key: "slayer", name: "SLAYER", array: "ignored", reset: "left out", dash: [7, 6] },
];
const TRACE = { i: "Synaptic current i", b: "Adaptation b", w: "Recovery w" };

export class NeuronScope {
  constructor(root, module, data, send) {
    this.root = root;
    this.kernels = new Kernels(module);
    this.cursor = 0;
    this.view = null;
    this.playing = false;
    this.speed = 100;
    this.ghost = null;
    this.drawing = false;
    this.shown = new Set(METHODS.map((m) => m.key));
    this.pointers = new Map();
    this.drawn = new Int8Array(BINS);
    this.drawnStep = 0;
    this.frames = new Frames((now) => this.frame(now));
    this.settler = new Settler(() => {
      this.tracks?.forEach((track) => track.range.forget());
      this.changed();
      this.announce();
      send("settled", { revision: this.data.revision, scene: this.plain() });
    });
    this.build(data);
    this.update(data);
    this.resizes = new ResizeObserver(() => this.touch());
    this.resizes.observe(this.picture);
  }

  destroy() {
    this.frames.stop();
    this.settler.cancel();
    this.resizes.disconnect();
    this.element.remove();
  }

  // ---- what Python sends -------------------------------------------------------------------------------------------

  update(data) {
    const before = this.data;
    this.data = data;
    const pushed = !before || before.revision !== data.revision;
    const other = !before || before.scene.neuron.is !== data.scene.neuron.is || before.exclude + "" !== data.exclude + "";
    if (pushed) {
      this.scene = structuredClone(data.scene);
      this.readDrawn(this.scene.drawn);
      this.ghost = other ? null : this.ghost;
    }
    if (!before || before.T !== data.T || before.M !== data.M || other) {
      this.view = null;
      this.cursor = clamp(this.cursor, 0, data.T - 1);
      this.ghost = null;
    }
    if (!before || before.current !== data.current || before.T !== data.T || before.M !== data.M) {
      this.base = new Float32Array(data.samples);
    }
    this.scene.column = clamp(this.scene.column, 0, data.M - 1);
    this.allocate();
    if (pushed) this.panels();
    this.tracks = this.makeTracks();
    this.stale = true;
    this.theme();
    this.changed();
    this.announce();
  }

  theme() {
    this.colours = this.data.colours[isDark(this.root) ? "dark" : "light"];
    this.font = getComputedStyle(this.element).fontFamily;
    this.touch();
  }

  plain() {
    return { ...structuredClone(this.scene), drawn: this.writeDrawn() };
  }

  // The neuron's fields as the twins of Python read them: no limit is minus infinity.
  fields() {
    const fields = { ...this.scene.neuron };
    for (const name in fields) if (fields[name] === null) fields[name] = -Infinity;
    return fields;
  }

  get differentiable() {
    return this.data.kernel === "lif";
  }
  get back() {
    return this.scene.backward && this.differentiable;
  }

  // ---- a drawn current: one byte of scale, then a level for each bin ---------------------------------------------------

  readDrawn(text) {
    this.drawn.fill(0);
    this.drawnStep = 0;
    if (!text) return;
    const bytes = Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
    this.drawnStep = 2 ** (bytes[0] - 64);
    this.drawn.set(new Int8Array(bytes.buffer, 1, BINS));
  }

  writeDrawn() {
    if (!this.drawn.some((level) => level)) return "";
    const bytes = [Math.log2(this.drawnStep) + 64, ...new Uint8Array(this.drawn.buffer)];
    return btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  }

  drawAt(bin, value) {
    if (!this.drawnStep) {
      const { low, high } = this.track("input").range;
      this.drawnStep = 2 ** Math.ceil(Math.log2(Math.max(Math.abs(low), Math.abs(high), 1e-6) / 50));
    }
    this.drawn[bin] = clamp(Math.round(value / this.drawnStep), -127, 127);
  }

  // ---- computing -----------------------------------------------------------------------------------------------------

  allocate() {
    const { T, M, states, trace, kernel } = this.data;
    const S = states.length, key = [T, M, S, kernel].join();
    if (this.allocated === key) return;
    this.allocated = key;
    const all = T * M;
    this.a = this.kernels.layout({
      x: all, u: all, s: all, initial: S * M, last: S * M, xc: T, uc: T, sc: T, tc: trace ? T : 0, states: (T + 1) * S,
      zeros: Math.max(S, M), gradS: T, gradU: T, kept: T, cut: T, ignored: T, multiplier: T, slopes: T, gradInitial: S,
    });
    this.inRate = new Float32Array(T);
    this.perStep = new Float32Array(T + 1);
  }

  compute() {
    const { T, M, kernel, states, trace, fires } = this.data;
    const a = this.a, S = states.length, column = this.scene.column;
    const gain = Math.fround(this.scene.gain);
    const constant = this.base.length === T; // one current for all: sent once
    for (let t = 0, i = 0; t < T; t++) {
      const extra = this.drawn[Math.floor((t * BINS) / T)] * this.drawnStep;
      for (let m = 0; m < M; m++, i++) a.x[i] = Math.fround(gain * this.base[constant ? t : i]) + extra;
    }
    const neuron = this.fields(), twin = NEURONS[neuron.is];
    this.c = twin.c(neuron);
    this.threshold = twin.threshold(neuron);
    const rest = twin.rest?.(neuron) ?? [];
    for (let k = 0; k < S; k++) {
      a.initial.fill(rest[k] ?? 0, k * M, (k + 1) * M);
      a.states[k] = rest[k] ?? 0;
    }
    this.kernels.forward(kernel, { c: this.c, T, M }, { ...a, s: fires ? a.s : null, trace: null });
    for (let t = 0; t < T; t++) a.xc[t] = a.x[t * M + column];
    this.kernels.steps(kernel, this.c, T, { x: a.xc, states: a.states, u: a.uc, s: fires ? a.sc : null, trace: trace ? a.tc : null });
    this.finite = a.states.every(Number.isFinite);
    if (fires) this.count();
    if (this.back) this.sweep();
  }

  // Spikes per step of the population, and their rate over a sliding window, in Hz.
  count() {
    const { T, M, dt } = this.data, { s, sc } = this.a;
    for (let t = 0, i = 0; t < T; t++) {
      let sum = 0;
      for (const end = i + M; i < end; i++) sum += s[i];
      this.perStep[t + 1] = this.perStep[t] + sum;
    }
    const half = Math.max(1, Math.round(Math.min(T / 20, 20 / dt)));
    for (let t = 0; t < T; t++) {
      const from = Math.max(0, t - half), to = Math.min(T, t + half + 1);
      this.inRate[t] = (1000 * (this.perStep[to] - this.perStep[from])) / ((to - from) * M * dt);
    }
    this.spikes = 0;
    this.first = -1;
    for (let t = 0; t < T; t++) {
      this.spikes += sc[t];
      if (sc[t] && this.first < 0) this.first = t;
    }
    const seconds = (T * dt) / 1000;
    this.rate = this.spikes / seconds;
    this.meanRate = this.perStep[T] / M / seconds;
  }

  sweep() {
    const { T } = this.data, a = this.a, scene = this.scene;
    const at = this.lossStep();
    a.gradS.fill(0);
    a.gradU.fill(0);
    if (scene.loss === "spike") a.gradS[at] = 1;
    else a.gradU[at] = a.uc[at] - scene.target;
    const d = SURROGATES[scene.surrogate.is](scene.surrogate);
    for (const { array, reset } of METHODS) {
      if (!reset) continue;
      this.kernels.backward(this.data.surrogates[scene.surrogate.is].kernel, { c: this.c, d, T, M: 1, reset, gain: scene.scale }, {
        gradS: a.gradS, gradU: a.gradU, u: a.uc, initial: a.states, zeros: a.zeros, delta: a[array], gradInitial: a.gradInitial,
        slopes: reset === "kept" ? a.slopes : null, multiplier: reset === "kept" ? a.multiplier : null,
      });
    }
  }

  lossStep() {
    return clamp(Math.round(this.scene.loss_at * (this.data.T - 1)), 0, this.data.T - 1);
  }

  // Something that the run depends on moved.
  changed() {
    this.stale = true;
    this.touch();
  }
  // Something that only the picture depends on moved.
  touch() {
    this.dirty = true;
    this.frames.ask();
  }
  set(owner, name, value, settled) {
    owner[name] = value;
    this.refresh();
    this.changed();
    if (settled) this.settler.soon();
  }
  refresh() {
    for (const c of this.controls) c.refresh();
  }

  // ---- the frame -----------------------------------------------------------------------------------------------------

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
      this.draw();
    }
    this.overlay();
    this.element.dataset.frames = Number(this.element.dataset.frames ?? 0) + 1;
    if (this.playing) this.frames.ask();
  }

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
  follow() {
    const [a, b] = this.window();
    if (this.cursor < a || this.cursor > b) this.look(this.cursor - 0.1 * (b - a), this.cursor + 0.9 * (b - a));
  }

  // The steps that are seen, from and to.
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

  // ---- drawing -------------------------------------------------------------------------------------------------------

  makeTracks() {
    const { trace, M, fires } = this.data, phone = this.phone();
    const found = [new Track("input", phone ? "Input x" : "Input current x", phone ? 44 : 56),
      new Track("membrane", fires && !phone ? "Membrane, u before and v after reset" : "Membrane", phone ? 150 : 196)];
    if (trace) found.push(new Track("trace", TRACE[trace], phone ? 48 : 60));
    if (this.back) {
      found.push(new Track("multiplier", phone ? "β dv/du" : "Multiplier β dv/du", phone ? 70 : 84),
        new Track("delta", phone ? "δ = dL/du" : "Error signal δ = dL/du", phone ? 110 : 140));
      found.at(-1).bent = true;
    }
    if (fires && M > 1) found.push(new Track("raster", phone ? `All ${M} neurons` : `Spikes of all ${M} neurons`, phone ? 80 : 104));
    if (fires) found.push(new Track("rate", "Rate in Hz", phone ? 44 : 52));
    return found;
  }
  track(name) {
    return this.tracks.find((track) => track.name === name);
  }
  phone() {
    return this.picture.clientWidth < 520;
  }

  ranges() {
    const { uc, states, xc, tc, kept, cut, ignored, multiplier } = this.a, { T, states: names } = this.data, S = names.length;
    const extremes = (array, stride = 1, from = 0) => {
      let low = Infinity, high = -Infinity;
      for (let i = from; i < array.length; i += stride) {
        if (array[i] < low) low = array[i];
        if (array[i] > high) high = array[i];
      }
      return [low, high];
    };
    for (const track of this.tracks) {
      const range = track.range, cover = ([low, high]) => low <= high && range.cover(clamp(low, -1e30, 0), clamp(high, 0, 1e30));
      if (track.name === "input") {
        // The scale must not run away from a hand that draws on it.
        if (this.hand?.kind !== "draw") cover(extremes(xc));
      } else if (track.name === "membrane") {
        // A step that crosses Izhikevich's 30 mV may shoot far beyond; the picture, as all of them do, cuts the spike there.
        const most = this.data.kernel === "izhikevich" ? 36 : Infinity;
        cover(extremes(uc).map((v) => Math.min(v, most)));
        cover(extremes(states, S));
        const top = this.threshold ? this.threshold(0) : 0;
        range.cover(Math.min(0, range.low), top * 1.12);
        if (this.back && this.scene.loss === "target") cover([this.scene.target, this.scene.target]);
      } else if (track.name === "trace") cover(extremes(tc));
      else if (track.name === "rate") cover([0, Math.max(1, extremes(this.inRate)[1])]);
      else if (track.name === "multiplier") {
        const [low, high] = extremes(multiplier);
        range.cover(Math.min(-1.15, low), Math.max(1.15, high));
      } else if (track.name === "delta") {
        for (const array of [kept, cut, ignored]) cover(extremes(array));
        range.cover(-1, 1);
      }
    }
  }

  draw() {
    const width = this.picture.clientWidth;
    if (!width) return;
    const phone = this.phone();
    if (phone !== this.wasPhone) {
      this.wasPhone = phone;
      this.tracks = this.makeTracks();
    }
    this.ranges();
    let top = 0;
    for (const track of this.tracks) {
      track.top = top + TITLE;
      top = track.top + track.height + 6;
    }
    this.bottom = top;
    this.width = width;
    this.height = top + AXIS;
    this.left = phone ? 46 : GUTTER;
    this.right = width - MARGIN;
    const g = (this.context = fit(this.canvas, width, this.height));
    g.clearRect(0, 0, width, this.height);
    g.lineJoin = "round";
    const [from, to] = this.window();
    this.x = (t) => this.left + ((t - from) / (to - from)) * (this.right - this.left);
    this.step = (x) => from + ((x - this.left) / (this.right - this.left)) * (to - from);
    this.seen = [Math.max(0, Math.floor(from) - 1), Math.min(this.data.T - 1, Math.ceil(to) + 1)];
    this.frameTracks(g);
    for (const track of this.tracks) {
      g.save();
      g.beginPath();
      g.rect(this.left, track.top - 1, this.right - this.left, track.height + 2);
      g.clip();
      this[`draw_${track.name}`](g, track);
      g.restore();
    }
    this.placeGrips();
    this.words();
  }

  frameTracks(g) {
    const c = this.colours, { dt } = this.data;
    const [from, to] = this.window();
    const times = ticks(from * dt, to * dt, this.phone() ? 4 : 8);
    g.font = `13px ${this.font}`;
    for (const track of this.tracks) {
      g.strokeStyle = c.grid;
      g.lineWidth = 1;
      for (const time of times) {
        const x = Math.round(this.x(time / dt)) + 0.5;
        g.beginPath();
        g.moveTo(x, track.top);
        g.lineTo(x, track.top + track.height);
        g.stroke();
      }
      g.fillStyle = c.muted;
      g.textAlign = "right";
      g.textBaseline = "middle";
      let last = Infinity;
      const values = track.name === "raster" ? [] : track.ticks();
      for (const value of values.sort((a, b) => a - b)) {
        const y = track.y(value);
        if (y > track.top + track.height + 1 || y < track.top - 1) continue;
        g.strokeStyle = value === 0 ? c.silent : c.grid;
        horizontal(g, this.left, this.right, y);
        if (last - y < 13) continue;
        last = y;
        g.fillText(digits(value), this.left - 6, clamp(y, track.top + 5, track.top + track.height - 4));
      }
      if (track.name === "raster") {
        g.fillText("0", this.left - 6, track.top + 5);
        g.fillText(String(this.data.M - 1), this.left - 6, track.top + track.height - 4);
      }
      g.textAlign = "left";
      g.textBaseline = "alphabetic";
      g.fillStyle = c.ink;
      g.fillText(track.title, this.left, track.top - 5);
    }
    g.fillStyle = c.muted;
    g.textAlign = "center";
    g.textBaseline = "top";
    for (const time of times) g.fillText(digits(time), this.x(time / dt), this.bottom);
    g.textAlign = "right";
    g.fillText("time (ms)", this.right, this.bottom + 16);
    g.textAlign = "left";
  }

  draw_input(g, track) {
    const [a, b] = this.seen, { xc } = this.a;
    if (this.drawnStep) {
      g.fillStyle = faint(this.colours.current, 0.2);
      for (let bin = 0; bin < BINS; bin++) {
        if (!this.drawn[bin]) continue;
        const x = this.x((bin * this.data.T) / BINS), y = track.y(this.drawn[bin] * this.drawnStep);
        g.fillRect(x, Math.min(y, track.y(0)), this.x(((bin + 1) * this.data.T) / BINS) - x, Math.abs(y - track.y(0)));
      }
    }
    g.strokeStyle = this.colours.current;
    g.lineWidth = 1.5;
    line(g, a, b, this.x, (v) => track.y(v), (t) => xc[t]);
  }

  draw_membrane(g, track) {
    const c = this.colours, { uc, sc, tc, states } = this.a, S = this.data.states.length, { fires } = this.data;
    const y = (v) => track.y(v);
    if (this.threshold) {
      g.strokeStyle = c.threshold;
      g.lineWidth = 1.5;
      g.setLineDash([6, 5]);
      if (this.data.kernel === "alif") line(g, ...this.seen, this.x, y, (t) => this.threshold(tc[t]));
      else horizontal(g, this.left, this.right, y(this.threshold(0)));
      const floor = this.resetLevel();
      g.setLineDash([2, 4]);
      if (floor !== null) horizontal(g, this.left, this.right, y(floor));
      g.setLineDash([]);
    }
    if (this.ghost) {
      this.sawtooth(g, y, this.ghost.u, this.ghost.states, this.ghost.s, c.ghost, 1.5);
      this.ticksOf(g, this.ghost.s, track.top + 9, c.ghost);
    }
    this.sawtooth(g, y, uc, states, fires ? sc : null, c.membrane, 2);
    if (!fires) return;
    this.ticksOf(g, sc, track.top, c.spike);
    const wide = this.x(1) - this.x(0), [a, b] = this.seen;
    if (this.spikes && wide >= 2.5) {
      for (let t = a; t <= b; t++) {
        if (!sc[t]) continue;
        g.fillStyle = c.membrane;
        g.beginPath();
        g.arc(this.x(t), y(uc[t]), 3, 0, 7);
        g.fill();
        g.fillStyle = c.paper;
        g.strokeStyle = c.membrane;
        g.lineWidth = 1.5;
        g.beginPath();
        g.arc(this.x(t), y(states[S * (t + 1)]), 3, 0, 7);
        g.fill();
        g.stroke();
      }
    }
  }

  // u before the reset, then straight down to v where it spiked.
  sawtooth(g, y, u, states, s, colour, width) {
    const S = states.length / (u.length + 1), [a, b] = this.seen, x = this.x;
    g.strokeStyle = colour;
    g.lineWidth = width;
    g.beginPath();
    if (b - a <= 2 * (x(b) - x(a))) {
      for (let t = a; t <= b; t++) {
        g.lineTo(x(t), y(u[t]));
        if (s?.[t]) g.lineTo(x(t), y(states[S * (t + 1)]));
      }
    } else {
      for (let t = a; t <= b; ) {
        const column = Math.floor(x(t));
        let low = Infinity, high = -Infinity;
        for (; t <= b && Math.floor(x(t)) === column; t++) {
          low = Math.min(low, u[t], states[S * (t + 1)]);
          high = Math.max(high, u[t]);
        }
        g.lineTo(column, y(high));
        g.lineTo(column, y(low));
      }
    }
    g.stroke();
  }

  ticksOf(g, s, top, colour) {
    if (!s) return;
    g.fillStyle = colour;
    const [a, b] = this.seen;
    for (let t = a; t <= b; t++) if (s[t]) g.fillRect(this.x(t) - 0.75, top, 1.5, 8);
  }

  draw_trace(g, track) {
    const { tc } = this.a;
    if (this.ghost?.trace) {
      g.strokeStyle = this.colours.ghost;
      line(g, ...this.seen, this.x, (v) => track.y(v), (t) => this.ghost.trace[t]);
    }
    g.strokeStyle = this.data.trace === "i" ? this.colours.current : this.colours.series[3];
    g.lineWidth = 1.75;
    line(g, ...this.seen, this.x, (v) => track.y(v), (t) => tc[t]);
  }

  draw_raster(g, track) {
    const { M } = this.data, { s } = this.a, c = this.colours, [a, b] = this.seen;
    const row = track.height / M, column = this.scene.column;
    g.fillStyle = faint(c.membrane, 0.25);
    g.fillRect(this.left, track.top + column * row, this.right - this.left, Math.max(row, 1.5));
    const wide = this.x(1) - this.x(0);
    if (wide > 2.5) {
      g.fillStyle = c.spike;
      const tall = Math.max(1, row * 0.8);
      for (let t = a; t <= b; t++) {
        const x = this.x(t) - 1;
        for (let m = 0; m < M; m++) if (s[t * M + m]) g.fillRect(x, track.top + m * row, 2, tall);
      }
      return;
    }
    // One image, a pixel a column of the screen, whatever the number of spikes.
    const deep = M <= 40 ? 4 : 1, w = Math.max(1, Math.round(this.right - this.left)), h = M * deep;
    const buffer = (this.image ??= document.createElement("canvas"));
    if (buffer.width !== w || buffer.height !== h) [buffer.width, buffer.height] = [w, h];
    const into = buffer.getContext("2d"), image = into.createImageData(w, h), pixels = new Uint32Array(image.data.buffer);
    const [red, green, blue] = [1, 3, 5].map((i) => parseInt(c.spike.slice(i, i + 2), 16));
    const ink = ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
    for (let t = a; t <= b; t++) {
      const px = clamp(Math.round(this.x(t) - this.left), 0, w - 1);
      for (let m = 0; m < M; m++) {
        if (!s[t * M + m]) continue;
        for (let k = 0; k < (deep > 1 ? deep - 1 : 1); k++) pixels[(m * deep + k) * w + px] = ink;
      }
    }
    into.putImageData(image, 0, 0);
    g.imageSmoothingEnabled = false;
    g.drawImage(buffer, this.left, track.top, this.right - this.left, track.height);
  }

  draw_rate(g, track) {
    const y = (v) => track.y(v), [a, b] = this.seen;
    if (this.ghost?.rate) {
      g.strokeStyle = this.colours.ghost;
      line(g, a, b, this.x, y, (t) => this.ghost.rate[t]);
    }
    g.strokeStyle = this.colours.ink;
    g.lineWidth = 1.5;
    line(g, a, b, this.x, y, (t) => this.inRate[t]);
  }

  // Bars from 0, in the active colour where they leave [-1, 1]: there the sweep back grows instead of fading.
  draw_multiplier(g, track) {
    const c = this.colours, { multiplier } = this.a, at = this.lossStep(), [a, b] = this.seen, zero = track.y(0);
    g.fillStyle = faint(c.methods.exodus, 0.1);
    g.fillRect(this.left, track.y(1), this.right - this.left, track.y(-1) - track.y(1));
    const wide = Math.max(1, this.x(1) - this.x(0) - 0.5);
    for (let t = a; t <= b; t++) {
      const m = multiplier[t], y = track.y(clamp(m, track.range.low, track.range.high));
      g.fillStyle = Math.abs(m) > 1 ? c.active : c.methods.bptt;
      if (t > at) g.fillStyle = c.silent;
      g.fillRect(this.x(t) - wide / 2, Math.min(y, zero), wide, Math.max(1, Math.abs(y - zero)));
    }
    g.strokeStyle = c.methods.slayer;
    g.setLineDash([7, 6]);
    g.lineWidth = 2;
    horizontal(g, this.left, this.right, track.y(this.c[0]));
    g.setLineDash([]);
  }

  draw_delta(g, track) {
    for (const { key, array, dash } of METHODS) {
      if (!this.shown.has(key)) continue;
      g.strokeStyle = this.colours.methods[key];
      g.lineWidth = dash.length ? 2.5 : 2;
      g.setLineDash(dash);
      line(g, ...this.seen, this.x, (v) => track.y(v), (t) => this.a[array][t]);
    }
    g.setLineDash([]);
  }

  // ---- what lies over the picture: the cursor, the values under it, what has not been played yet ----------------------------

  overlay() {
    if (!this.width) return;
    const g = fit(this.over, this.width, this.height), c = this.colours, t = this.cursor;
    g.clearRect(0, 0, this.width, this.height);
    const x = clamp(this.x(t), this.left, this.right), inside = this.x(t) === x;
    if (this.playing) {
      g.fillStyle = faint(c.paper, 0.78);
      for (const track of this.tracks) g.fillRect(x, track.top, this.right - x, track.height);
    }
    if (this.back) {
      g.strokeStyle = c.active;
      g.setLineDash([3, 3]);
      const at = this.x(this.lossStep());
      if (at >= this.left && at <= this.right) {
        g.beginPath();
        g.moveTo(Math.round(at) + 0.5, 0);
        g.lineTo(Math.round(at) + 0.5, this.bottom);
        g.stroke();
      }
      g.setLineDash([]);
    }
    if (inside) {
      g.strokeStyle = c.ink;
      g.lineWidth = 1;
      g.beginPath();
      g.moveTo(Math.round(x) + 0.5, 0);
      g.lineTo(Math.round(x) + 0.5, this.bottom);
      g.stroke();
    }
    g.font = `600 13px ${this.font}`;
    g.textAlign = "right";
    for (const track of this.tracks) {
      let right = this.right;
      for (const [text, colour] of this.values(track.name, t).reverse()) {
        const wide = g.measureText(text).width;
        g.fillStyle = faint(c.paper, 0.85);
        g.fillRect(right - wide - 3, track.top - TITLE + 1, wide + 6, TITLE - 3);
        g.fillStyle = colour;
        g.fillText(text, right, track.top - 5);
        right -= wide + 12;
      }
    }
    const place = `${digits(t * this.data.dt)} ms`;
    if (this.clock.textContent !== place) this.clock.textContent = place;
    if (this.scrub.max !== String(this.data.T - 1)) this.scrub.max = this.data.T - 1;
    if (Number(this.scrub.value) !== t) this.scrub.value = t;
    const spoken = `${place}, u ${digits(this.a.uc[t])}${this.data.fires && this.a.sc[t] ? ", a spike" : ""}`;
    if (this.spoken !== spoken) this.scrub.setAttribute("aria-valuetext", (this.spoken = spoken));
  }

  values(name, t) {
    const c = this.colours, a = this.a, S = this.data.states.length;
    if (name === "input") return [[`x ${digits(a.xc[t])}`, c.current]];
    if (name === "membrane") {
      const found = [[`u ${digits(a.uc[t])}`, c.membrane]];
      if (this.data.fires) found.push([`v ${digits(a.states[S * (t + 1)])}`, c.membrane]);
      if (this.threshold) found.push([`θ ${digits(this.threshold(this.data.trace ? a.tc[t] : 0))}`, c.threshold]);
      if (this.ghost && !this.phone()) found.push([`ghost u ${digits(this.ghost.u[t])}`, c.muted]);
      return found;
    }
    if (name === "trace") return [[`${this.data.trace} ${digits(a.tc[t])}`, c.ink]];
    if (name === "raster") return [[`${this.perStep[t + 1] - this.perStep[t]} now`, c.ink]];
    if (name === "rate") return [[`${digits(this.inRate[t])} Hz`, c.ink]];
    if (name === "multiplier") {
      const at = this.lossStep();
      let product = 1;
      for (let k = t; k < at; k++) product *= a.multiplier[k];
      const own = [`now ${digits(a.multiplier[t])}`, Math.abs(a.multiplier[t]) > 1 ? c.active : c.methods.bptt];
      return t <= at ? [own, [`${this.phone() ? "to" : "from here to"} the loss ${digits(product)}`, c.ink]] : [own];
    }
    return METHODS.filter((m) => this.shown.has(m.key) && !(m.key === "exodus" && this.shown.has("bptt"))).map(
      (m) => [digits(a[m.array][t]), c.methods[m.key]]);
  }

  sentence() {
    const { T, M, dt, fires } = this.data, n = M > 1 ? `Neuron ${this.scene.column}` : "The neuron";
    if (!this.finite) return `${n}: the membrane left the range of numbers. Lower the current.`;
    if (!fires) return `${n} never fires; its membrane ends at ${digits(this.a.uc[T - 1])}.`;
    const times = (k) => `${digits(k)} spike${k === 1 ? "" : "s"}`;
    let text = `${n}: ${times(this.spikes)} in ${digits(T * dt)} ms`;
    if (this.spikes) text += `, the first at ${digits(this.first * dt)} ms, ${digits(this.rate)} Hz`;
    text += M > 1 ? `. All ${M} neurons: ${digits(this.meanRate)} Hz.` : ".";
    if (this.ghost) text += ` Ghost: ${times(this.ghost.spikes)}, ${digits(this.ghost.meanRate)} Hz.`;
    if (this.back) {
      const { kept, cut, ignored, multiplier } = this.a, at = this.lossStep();
      const peak = (array) => array.reduce((top, v) => Math.max(top, Number.isNaN(v) ? Infinity : Math.abs(v)), 0);
      let apart = 0, out = 0;
      for (let t = 0; t < T; t++) {
        apart = Math.max(apart, Math.abs(cut[t] - ignored[t]));
        out += t < at && Math.abs(multiplier[t]) > 1;
      }
      text += ` Largest |δ|: BPTT with the reset kept and EXODUS ${digits(peak(kept))}, cut ${digits(peak(cut))}, SLAYER ` +
        `${digits(peak(ignored))}; cut and SLAYER differ by at most ${digits(apart)}. ` +
        `The multiplier leaves [−1, 1] in ${out} step${out === 1 ? "" : "s"} before the loss.`;
    }
    return text;
  }

  words() {
    const text = this.sentence();
    if (this.summary.textContent !== text) this.summary.textContent = text;
  }
  // For a reader who cannot see it: only when things have come to rest.
  announce() {
    if (this.stale) this.compute();
    this.stale = false;
    this.dirty = true;
    const text = this.sentence();
    this.spokenSummary.textContent = text;
    this.canvas.setAttribute("aria-label", text);
  }

  // ---- building the page's part ----------------------------------------------------------------------------------------

  build(data) {
    this.help = new Help();
    this.playButton = button("play", "Play", () => this.play(!this.playing), { worded: true });
    this.clock = make("span", { class: "clock" });
    this.scrub = make("input", { type: "range", class: "scrub", min: 0, max: data.T - 1, step: 1, "aria-label": "Time cursor",
      oninput: () => { this.play(false); this.go(Number(this.scrub.value)); } });
    const speed = make("select", { "aria-label": "Speed", title: "Speed", onchange: () => (this.speed = Number(speed.value)) },
      ...SPEEDS.map((s) => make("option", { value: s, selected: s === this.speed }, `${s} steps/s`)));
    this.drawButton = button("draw", "Draw", () => this.draws(!this.drawing), { worded: true, pressed: false });
    this.drawButton.title = "Draw a current on the input with the pointer";
    this.ghostButton = button("ghost", "Hold", () => this.hold(), { worded: true, pressed: false });
    this.ghostButton.title = "Hold this run as a ghost, to compare the next with it";
    this.clearButton = button("clear", "Clear the drawn current", () => {
      this.drawn.fill(0);
      this.drawnStep = 0;
      this.changed();
      this.settler.soon();
    });
    this.level = make("input", { type: "range", min: -127, max: 127, step: 1, "aria-label": "Drawn current at the time cursor",
      oninput: () => {
        this.drawAt(0, this.drawnStep * this.drawn[0]);
        this.drawn[Math.floor((this.cursor * BINS) / this.data.T)] = Number(this.level.value);
        this.changed();
      }, onchange: () => this.settler.soon() });
    this.levelBox = make("label", { class: "level", hidden: true }, "at the cursor", this.level);
    this.bar = make("div", { class: "bar", role: "group", "aria-label": "Time" }, this.playButton,
      button("start", "To the start", () => this.go(0)),
      button("back", "One step back", () => { this.play(false); this.go(this.cursor - 1); }),
      button("forth", "One step on", () => { this.play(false); this.go(this.cursor + 1); }),
      this.scrub, this.clock, speed);
    this.tools = make("div", { class: "bar", role: "group", "aria-label": "Tools" }, this.drawButton, this.levelBox,
      this.clearButton, this.ghostButton, make("span", { class: "gap" }),
      button("closer", "Zoom in on the cursor", () => this.zoom(1.6)), button("wider", "Zoom out", () => this.zoom(1 / 1.6)),
      button("all", "See all of it", () => { this.view = null; this.touch(); }));
    this.panel = make("div", { class: "panel" });
    this.canvas = make("canvas", { class: "main", role: "img" });
    this.over = make("canvas", { class: "over", "aria-hidden": "true" });
    this.legend = make("div", { class: "legend", role: "group", "aria-label": "Methods" });
    this.thresholdGrip = this.grip("Threshold, on the plot", "theta");
    this.resetGrip = this.grip("Reset level, on the plot", "reset");
    this.lossGrip = this.grip("Loss time, on the plot", "loss");
    this.picture = make("div", { class: "picture" }, this.canvas, this.over, this.thresholdGrip, this.resetGrip, this.lossGrip);
    this.summary = make("p", { class: "summary", "aria-hidden": "true" });
    this.spokenSummary = make("p", { class: "unseen", "aria-live": "polite" });
    this.element = make("section", { class: "scope", "aria-label": "Neuron scope" }, make("div", { class: "body" },
      make("div", { class: "side" }, this.panel, this.help.element),
      make("div", { class: "stage" }, this.bar, this.tools, this.picture, this.legend, this.summary, this.spokenSummary)));
    this.root.append(this.element);
    this.listen();
  }

  panels() {
    const { data, scene } = this, set = (owner) => (name) => (value, settled) => this.set(owner, name, value, settled);
    const one = (owner) => (known) => control(known, () => owner[known.name], set(owner)(known.name), this.help);
    const neuron = data.controls.neuron.map(one(scene.neuron));
    const gain = one(scene)(data.controls.gain);
    const column = data.M > 1 ? [one(scene)({ ...data.controls.column, slider: [0, data.M - 1, 1], high: data.M - 1 })] : [];
    this.controls = [gain, ...neuron, ...column];
    const plain = neuron.filter((c) => !c.known.advanced), more = neuron.filter((c) => c.known.advanced);
    const parts = [gain, ...plain, ...column].map((c) => c.element);
    if (more.length) parts.push(make("details", {}, make("summary", {}, "More settings"), ...more.map((c) => c.element)));
    if (this.differentiable) parts.push(this.backPanel(one));
    this.panel.replaceChildren(...parts);
    this.legends();
  }

  backPanel(one) {
    const { data, scene } = this, c = data.controls;
    const rebuild = () => { this.tracks = this.makeTracks(); this.panels(); this.changed(); this.settler.soon(); };
    const toggle = control(c.backward, () => scene.backward, (on) => { scene.backward = on; rebuild(); }, this.help);
    this.controls.push(toggle);
    if (!scene.backward) return make("div", { class: "group" }, toggle.element);
    const choice = control({ ...c.surrogate, choices: Object.entries(data.surrogates).map(([name, s]) => [name, s.title]) },
      () => scene.surrogate.is, (name) => {
        scene.surrogate = { is: name, ...Object.fromEntries(data.surrogates[name].controls.map((k) => [k.name, k.default])) };
        rebuild();
      }, this.help);
    const loss = control(c.loss, () => scene.loss, (value) => { scene.loss = value; rebuild(); }, this.help);
    const fields = data.surrogates[scene.surrogate.is].controls.map(one(scene.surrogate));
    const own = [choice, ...fields, one(scene)(c.scale), loss, one(scene)(c.loss_at)];
    if (scene.loss === "target") own.push(one(scene)(c.target));
    this.controls.push(...own);
    return make("div", { class: "group" }, toggle.element, ...own.map((k) => k.element));
  }

  legends() {
    this.legend.hidden = !this.back;
    this.legend.replaceChildren(...METHODS.map(({ key, name, dash }) => {
      const swatch = make("span", { class: `swatch ${dash.length ? "dashed" : ""}`, style: `--colour: var(--${key})` });
      const box = make("input", { type: "checkbox", checked: this.shown.has(key), onchange: () => {
        if (box.checked) this.shown.add(key); else this.shown.delete(key);
        this.touch();
      } });
      return make("label", {}, box, swatch, name);
    }));
    for (const { key } of METHODS) {
      this.element.style.setProperty(`--${key}`, this.data.colours[isDark(this.root) ? "dark" : "light"].methods[key]);
    }
  }

  hold() {
    const { uc, sc, tc, states } = this.a;
    this.ghost = this.ghost ? null : {
      u: uc.slice(), s: this.data.fires ? sc.slice() : null, states: states.slice(), trace: this.data.trace ? tc.slice() : null,
      rate: this.data.fires ? this.inRate.slice() : null, spikes: this.spikes, meanRate: this.meanRate,
    };
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
      const { range } = this.track("input"), most = Math.max(-range.low, range.high);
      range.cover(-most, 1.5 * most); // room above and below what flows now
    }
    this.element.classList.toggle("drawing", on);
    this.touch();
  }

  // ---- handles on the plot: sliders themselves, so that keys move them too -----------------------------------------------------

  grip(label, name) {
    return grip(label, name, (x, y) => this.pull(name, x, y), (way, key) => this.nudge(name, way, key), () => this.settler.soon(), this);
  }

  slot(name) {
    return this.controls.find((c) => c.known.name === name);
  }

  // Where a membrane that fires exactly at the threshold lands, if a hand can move that; else null.
  resetLevel() {
    const n = this.scene.neuron;
    if (n.is === "Izhikevich") return n.c;
    if (n.reset_mode !== "subtract" || n.reset_amount === undefined) return null;
    return n.theta * (1 - n.reset_amount);
  }

  pull(name, x, y) {
    const n = this.scene.neuron, membrane = this.track("membrane"), value = membrane.value(y);
    if (name === "theta") this.set(n, "theta", this.slot("theta").snap(value), false);
    else if (name === "reset") {
      if (n.is === "Izhikevich") this.set(n, "c", this.slot("c").snap(value), false);
      else this.set(n, "reset_amount", this.slot("reset_amount").snap(1 - value / n.theta), false);
    } else {
      const at = clamp(this.step(x) / Math.max(1, this.data.T - 1), 0, 1);
      this.scene.target = this.scene.loss === "target" ? Number(value.toPrecision(3)) : this.scene.target;
      this.set(this.scene, "loss_at", Number(at.toFixed(4)), false);
    }
  }

  nudge(name, way, key) {
    const n = this.scene.neuron;
    const field = name === "reset" ? (n.is === "Izhikevich" ? "c" : "reset_amount") : name;
    if (name === "loss") {
      const vertical = key === "ArrowUp" || key === "ArrowDown";
      if (vertical && this.scene.loss === "target") this.set(this.scene, "target", Number((this.scene.target + 0.05 * way).toFixed(3)), true);
      else this.set(this.scene, "loss_at", clamp(Number((this.scene.loss_at + way / Math.max(1, this.data.T - 1)).toFixed(4)), 0, 1), true);
      return;
    }
    const { known, snap } = this.slot(field), down = field === "reset_amount" ? -1 : 1;
    this.set(n, field, snap(n[field] + down * way * known.slider[2]), true);
  }

  placeGrips() {
    const membrane = this.track("membrane"), level = this.resetLevel();
    const place = (handle, show, x, y, value, text) => {
      handle.hidden = !show;
      if (!show) return;
      handle.style.transform = `translate(${x}px, ${clamp(y, membrane.top, membrane.top + membrane.height)}px)`;
      handle.setAttribute("aria-valuenow", value);
      handle.setAttribute("aria-valuetext", text);
    };
    const theta = this.scene.neuron.theta;
    place(this.thresholdGrip, theta !== undefined, this.right + 12, membrane.y(theta ?? 0), theta, `threshold ${digits(theta ?? 0)}`);
    place(this.resetGrip, level !== null, this.right + 12, membrane.y(level ?? 0), level, `reset to ${digits(level ?? 0)}`);
    if (theta !== undefined && level !== null && Math.abs(membrane.y(theta) - membrane.y(level)) < 18) {
      this.resetGrip.style.transform += " translateY(12px)";
    }
    const at = this.back ? this.lossStep() : 0, x = this.back ? this.x(at) : 0;
    const value = this.back ? (this.scene.loss === "target" ? this.scene.target : this.a.uc[at]) : 0;
    place(this.lossGrip, this.back && x >= this.left - 1 && x <= this.right + 1, x, membrane.y(value), at,
      `loss at ${digits(at * this.data.dt)} ms, ${this.scene.loss === "target" ? `target ${digits(value)}` : "of the spike"}`);
  }

  // ---- the pointer on the picture ----------------------------------------------------------------------------------------

  listen() {
    const over = this.over;
    const where = (event) => {
      const box = over.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    const near = (y) => {
      const m = this.track("membrane"), theta = this.scene.neuron.theta, level = this.resetLevel();
      if (y < m.top - 4 || y > m.top + m.height + 4) return null;
      if (theta !== undefined && Math.abs(y - m.y(theta)) < 5) return "theta";
      return level !== null && Math.abs(y - m.y(level)) < 5 ? "reset" : null;
    };
    const inside = (y) => this.tracks.find((track) => y >= track.top - TITLE && y <= track.top + track.height + 6);
    over.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      const [x, y] = where(event);
      over.setPointerCapture(event.pointerId);
      this.pointers.set(event.pointerId, [x, y]);
      if (this.pointers.size === 2) {
        const [[x1], [x2]] = [...this.pointers.values()];
        this.hand = { kind: "pinch", steps: [this.step(x1), this.step(x2)] };
        return;
      }
      const track = inside(y);
      const grabbed = event.pointerType === "mouse" && near(y);
      if (this.drawing && track?.name === "input") this.hand = { kind: "draw", bin: null };
      else if (grabbed) this.hand = { kind: "pull", name: grabbed };
      else if (y > this.bottom - 2) this.hand = { kind: "pan", step: this.step(x) };
      else {
        this.hand = { kind: "scrub" };
        if (track?.name === "raster") {
          const column = clamp(Math.floor((y - track.top) / (track.height / this.data.M)), 0, this.data.M - 1);
          if (column !== this.scene.column) this.set(this.scene, "column", column, true);
        }
        this.play(false);
      }
      this.handled(x, y);
    });
    over.addEventListener("pointermove", (event) => {
      const [x, y] = where(event);
      if (!this.pointers.has(event.pointerId)) {
        const track = inside(y);
        over.style.cursor = this.drawing && track?.name === "input" ? "crosshair" : near(y) ? "ns-resize"
          : y > this.bottom - 2 ? "grab" : "col-resize";
        return;
      }
      this.pointers.set(event.pointerId, [x, y]);
      this.handled(x, y);
    });
    const release = (event) => {
      if (!this.pointers.delete(event.pointerId)) return;
      if (this.hand && (this.hand.kind === "draw" || this.hand.kind === "pull")) this.settler.soon();
      this.hand = null;
    };
    over.addEventListener("pointerup", release);
    over.addEventListener("pointercancel", release);
    over.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.shiftKey) return; // a plain wheel scrolls the page
      event.preventDefault();
      const [x] = where(event), [a, b] = this.window();
      if (event.ctrlKey) this.zoom(event.deltaY < 0 ? 1.25 : 0.8, this.step(x));
      else this.look(a + ((event.deltaY || event.deltaX) / 500) * (b - a), b + ((event.deltaY || event.deltaX) / 500) * (b - a));
    }, { passive: false });
    over.addEventListener("dblclick", () => { this.view = null; this.touch(); });
  }

  handled(x, y) {
    const hand = this.hand;
    if (!hand) return;
    if (hand.kind === "scrub") this.go(this.step(clamp(x, this.left, this.right)));
    else if (hand.kind === "pull") this.pull(hand.name, x, y);
    else if (hand.kind === "pan") {
      const [a, b] = this.window(), by = hand.step - this.step(x);
      this.look(a + by, b + by);
    } else if (hand.kind === "pinch" && this.pointers.size === 2) {
      const [[x1], [x2]] = [...this.pointers.values()], [s1, s2] = hand.steps;
      const per = (s2 - s1) / (x2 - x1 || 1);
      if (per > 0) this.look(s1 - (x1 - this.left) * per, s1 + (this.right - x1) * per);
    } else if (hand.kind === "draw") {
      const bin = clamp(Math.floor((Math.floor(this.step(x)) * BINS) / this.data.T), 0, BINS - 1), track = this.track("input");
      const value = track.value(clamp(y, track.top, track.top + track.height));
      const from = hand.bin ?? bin, to = bin, was = hand.value ?? value;
      for (let k = Math.min(from, to); k <= Math.max(from, to); k++) {
        this.drawAt(k, from === to ? value : was + ((value - was) * (k - from)) / (to - from));
      }
      Object.assign(hand, { bin, value });
      this.changed();
    }
  }
}
