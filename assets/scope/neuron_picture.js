// The picture of a run: its tracks, their ranges and axes, and the cursor with its values on top of them.

import { clamp, digits, faint, fit, horizontal, stretch, ticks, Track } from "./plot.js";
import { make } from "./controls.js";
import { PAINTERS } from "./neuron_traces.js";
import { values } from "./neuron_words.js";

const GUTTER = 54, MARGIN = 26, AXIS = 34;
export const TITLE = 19; // above each track, in pixels

// The least and the largest of every `stride`-th number; numbers that are NaN are ignored.
function extremes(array, stride = 1) {
  let low = Infinity, high = -Infinity;
  for (let i = 0; i < array.length; i += stride) {
    if (array[i] < low) low = array[i];
    if (array[i] > high) high = array[i];
  }
  return [low, high];
}

export class Picture {
  constructor(scope) {
    this.scope = scope;
    this.canvas = make("canvas", { class: "main", role: "img" });
    this.over = make("canvas", { class: "over", "aria-hidden": "true" });
    this.element = make("div", { class: "picture" }, this.canvas, this.over);
    this.times = 1; // pixels of CSS for one of the picture
  }

  get phone() {
    return this.element.clientWidth / this.times < 520;
  }
  track(name) {
    return this.tracks.find((track) => track.name === name);
  }

  arrange() {
    const { data: { trace, M, fires, multiplier }, back } = this.scope, phone = this.phone, wall = this.times > 1;
    const tracks = [new Track("input", phone ? "Input x" : "Input x in each step", phone ? 44 : 56),
      new Track("membrane", fires && !phone ? "Membrane, u before and v after reset" : "Membrane", phone ? 150 : 196)];
    if (trace && !wall) tracks.push(new Track("trace", `${trace.title} ${trace.symbol}${trace.unit && ` (${trace.unit})`}`, phone ? 48 : 60));
    if (back) {
      if (!wall) tracks.push(new Track("multiplier", phone ? multiplier : `Multiplier ${multiplier}`, phone ? 70 : 84));
      tracks.push(new Track("delta", phone ? "δ = dL/du" : "Error signal δ = dL/du", phone ? 110 : 140));
      tracks.at(-1).bent = true;
    }
    if (fires && M > 1 && !(wall && back)) {
      tracks.push(new Track("raster", phone ? `All ${M} neurons` : `Spikes of all ${M} neurons`, phone ? 80 : 104));
    }
    if (fires && !wall) tracks.push(new Track("rate", phone ? "1 / interval in Hz" : M > 1 ? "Rate of the neuron shown, 1 / interval, in Hz" : "Rate, 1 / interval, in Hz", phone ? 44 : 52));
    this.tracks = tracks;
  }

  cover() {
    const { run, data, scene, back, hand, ghost } = this.scope, S = data.states.length;
    const { uc, states, xc, tc, kept, cut, ignored, multiplier } = run.a;
    for (const track of this.tracks) {
      const range = track.range, cover = ([low, high]) => low <= high && range.cover(clamp(low, -1e30, 0), clamp(high, 0, 1e30));
      if (track.name === "input") {
        // The scale must not change while the visitor draws on it.
        if (hand.doing?.kind !== "draw") cover(extremes(xc));
      } else if (track.name === "membrane") {
        const most = data.peak ?? Infinity; // a step that crosses the threshold may shoot far beyond: the picture cuts it there
        cover(extremes(uc).map((v) => Math.min(v, most)));
        cover(extremes(states, S));
        if (ghost) {
          cover(extremes(ghost.u).map((v) => Math.min(v, most)));
          cover(extremes(ghost.states, ghost.states.length / (ghost.u.length + 1)));
        }
        const top = run.threshold ? run.threshold(0) : 0;
        range.cover(Math.min(0, range.low), top * 1.12);
        if (back && scene.loss === "target") cover([scene.target, scene.target]);
      } else if (track.name === "trace") {
        cover(extremes(tc));
        if (ghost?.trace) cover(extremes(ghost.trace));
      } else if (track.name === "rate") {
        cover([0, Math.max(1, extremes(run.inRate)[1], ghost?.rate ? extremes(ghost.rate)[1] : 0)]);
      }
      else if (track.name === "multiplier") {
        const [low, high] = extremes(multiplier).map((v) => clamp(v, -1e3, 1e3));
        range.cover(Math.min(-1.15, low), Math.max(1.15, high));
      } else if (track.name === "delta") {
        for (const array of [kept, cut, ignored]) cover(extremes(array));
        range.cover(-1, 1);
      }
    }
  }

  // Whether there was room to draw on.
  draw() {
    if (!this.element.clientWidth) return false;
    const times = (this.times = this.scope.enlarge()), width = this.element.clientWidth / times, phone = this.phone;
    if (`${phone} ${times}` !== this.arranged) {
      this.arranged = `${phone} ${times}`;
      this.arrange();
    }
    this.cover();
    const legend = times > 1 ? this.scope.panel.legend : null;
    stretch(this.tracks, this.scope.room(this.element, legend) / times, this.tracks.length * (TITLE + 6) + AXIS);
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
    const g = fit(this.canvas, width, this.height, times);
    g.clearRect(0, 0, width, this.height);
    g.lineJoin = "round";
    const [from, to] = this.scope.window();
    this.x = (t) => this.left + ((t - from) / (to - from)) * (this.right - this.left);
    this.step = (x) => from + ((x - this.left) / (this.right - this.left)) * (to - from);
    this.seen = [Math.max(0, Math.floor(from) - 1), Math.min(this.scope.data.T - 1, Math.ceil(to) + 1)];
    this.axes(g, from, to);
    for (const track of this.tracks) {
      g.save();
      g.beginPath();
      g.rect(this.left, track.top - 1, this.right - this.left, track.height + 2);
      g.clip();
      PAINTERS[track.name](this, g, track);
      g.restore();
    }
    return true;
  }

  axes(g, from, to) {
    const { colours: c, font, data: { dt, M } } = this.scope;
    const times = ticks(from * dt, to * dt, this.phone ? 4 : 8);
    g.font = `13px ${font}`;
    for (const track of this.tracks) {
      g.strokeStyle = c.grid;
      g.lineWidth = 1;
      for (const time of times) this.vertical(g, this.x(time / dt), track.top, track.top + track.height);
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
        g.fillText(String(M - 1), this.left - 6, track.top + track.height - 4);
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

  vertical(g, x, top, bottom) {
    g.beginPath();
    g.moveTo(Math.round(x) + 0.5, top);
    g.lineTo(Math.round(x) + 0.5, bottom);
    g.stroke();
  }

  // Drawn on top of the picture: the cursor, the values at it, and a veil over what has not been played yet.
  overlay() {
    const { scope } = this, { colours: c, cursor: t } = scope;
    const g = fit(this.over, this.width, this.height, this.times);
    g.clearRect(0, 0, this.width, this.height);
    const x = clamp(this.x(t), this.left, this.right), inside = this.x(t) === x;
    if (scope.playing) {
      g.fillStyle = faint(c.paper, 0.78);
      for (const track of this.tracks) g.fillRect(x, track.top, this.right - x, track.height);
    }
    if (scope.back) {
      g.strokeStyle = c.active;
      g.setLineDash([3, 3]);
      const at = this.x(scope.lossStep);
      if (at >= this.left && at <= this.right) this.vertical(g, at, 0, this.bottom);
      g.setLineDash([]);
    }
    if (inside) {
      g.strokeStyle = c.ink;
      g.lineWidth = 1;
      this.vertical(g, x, 0, this.bottom);
    }
    g.font = `600 13px ${scope.font}`;
    g.textAlign = "right";
    for (const track of this.tracks) {
      let right = this.right;
      for (const [text, colour] of values(scope, track.name, t, this.phone).reverse()) {
        const wide = g.measureText(text).width;
        g.fillStyle = faint(c.paper, 0.85);
        g.fillRect(right - wide - 3, track.top - TITLE + 1, wide + 6, TITLE - 3);
        g.fillStyle = colour;
        g.fillText(text, right, track.top - 5);
        right -= wide + 12;
      }
    }
  }
}
