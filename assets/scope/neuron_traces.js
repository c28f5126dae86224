// What each track of the neuron's picture shows. A painter gets the picture, a context that is clipped to the track, and the
// track; `picture.x` maps steps to pixels, `picture.seen` is the first and the last step in sight.

import { clamp, faint, horizontal, line } from "./plot.js";
import { BINS } from "./drawn.js";
import { METHODS } from "./neuron_run.js";

function input({ scope, x, seen }, g, track) {
  const { drawn, data, colours } = scope, { xc } = scope.run.a;
  if (drawn.step) {
    g.fillStyle = faint(colours.current, 0.2);
    for (let bin = 0; bin < BINS; bin++) {
      if (!drawn.levels[bin]) continue;
      const left = x((bin * data.T) / BINS), y = track.y(drawn.levels[bin] * drawn.step * scope.drawnInput);
      g.fillRect(left, Math.min(y, track.y(0)), x(((bin + 1) * data.T) / BINS) - left, Math.abs(y - track.y(0)));
    }
  }
  g.strokeStyle = colours.current;
  g.lineWidth = 1.5;
  line(g, ...seen, x, (v) => track.y(v), (t) => xc[t]);
}

function membrane(picture, g, track) {
  const { scope, x, seen, left, right } = picture, { colours: c, ghost, run } = scope;
  const { fires, states: names, adaptive } = scope.data;
  const { uc, sc, tc, states } = run.a, S = names.length, y = (v) => track.y(v);
  if (run.threshold) {
    g.strokeStyle = c.threshold;
    g.lineWidth = 1.5;
    g.setLineDash([6, 5]);
    if (adaptive) line(g, ...seen, x, y, (t) => run.threshold(tc[t]));
    else horizontal(g, left, right, y(run.threshold(0)));
    const floor = run.level;
    g.setLineDash([2, 4]);
    if (floor !== null) horizontal(g, left, right, y(floor));
    g.setLineDash([]);
  }
  if (ghost) {
    sawtooth(picture, g, y, ghost.u, ghost.states, ghost.s, c.ghost, 1.5);
    ticksOf(picture, g, ghost.s, track.top + 9, c.ghost);
  }
  sawtooth(picture, g, y, uc, states, fires ? sc : null, c.membrane, 2);
  if (!fires) return;
  ticksOf(picture, g, sc, track.top, c.spike);
  const wide = x(1) - x(0), [a, b] = seen;
  if (run.spikes && wide >= 2.5) {
    for (let t = a; t <= b; t++) {
      if (!sc[t]) continue;
      g.fillStyle = c.membrane;
      g.beginPath();
      g.arc(x(t), y(uc[t]), 3, 0, 7);
      g.fill();
      g.fillStyle = c.paper;
      g.strokeStyle = c.membrane;
      g.lineWidth = 1.5;
      g.beginPath();
      g.arc(x(t), y(states[S * (t + 1)]), 3, 0, 7);
      g.fill();
      g.stroke();
    }
  }
}

// u before the reset, then straight down to v where it spiked.
function sawtooth({ x, seen: [a, b] }, g, y, u, states, s, colour, width) {
  const S = states.length / (u.length + 1);
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

function ticksOf({ x, seen: [a, b] }, g, s, top, colour) {
  if (!s) return;
  g.fillStyle = colour;
  for (let t = a; t <= b; t++) if (s[t]) g.fillRect(x(t) - 0.75, top, 1.5, 8);
}

function trace({ scope, x, seen }, g, track) {
  const { tc } = scope.run.a, { colours: c, ghost } = scope;
  if (ghost?.trace) {
    g.strokeStyle = c.ghost;
    line(g, ...seen, x, (v) => track.y(v), (t) => ghost.trace[t]);
  }
  g.strokeStyle = scope.data.trace.current ? c.current : c.series[3];
  g.lineWidth = 1.75;
  line(g, ...seen, x, (v) => track.y(v), (t) => tc[t]);
}

function raster(picture, g, track) {
  const { scope, x, seen: [a, b], left, right } = picture, { M } = scope.data, { s } = scope.run.a, c = scope.colours;
  const row = track.height / M, column = scope.scene.column;
  g.fillStyle = faint(c.membrane, 0.25);
  g.fillRect(left, track.top + column * row, right - left, Math.max(row, 1.5));
  const wide = x(1) - x(0);
  if (wide > 2.5) {
    g.fillStyle = c.spike;
    const tall = Math.max(1, row * 0.8);
    for (let t = a; t <= b; t++) {
      const at = x(t) - 1;
      for (let m = 0; m < M; m++) if (s[t * M + m]) g.fillRect(at, track.top + m * row, 2, tall);
    }
    return;
  }
  // One image, a pixel a column of the screen, whatever the number of spikes.
  const deep = M <= 40 ? 4 : 1, w = Math.max(1, Math.round(right - left)), h = M * deep;
  const buffer = (picture.image ??= document.createElement("canvas"));
  if (buffer.width !== w || buffer.height !== h) [buffer.width, buffer.height] = [w, h];
  const into = buffer.getContext("2d"), image = into.createImageData(w, h), pixels = new Uint32Array(image.data.buffer);
  const [red, green, blue] = [1, 3, 5].map((i) => parseInt(c.spike.slice(i, i + 2), 16));
  const ink = ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
  for (let t = a; t <= b; t++) {
    const px = clamp(Math.round(x(t) - left), 0, w - 1);
    for (let m = 0; m < M; m++) {
      if (!s[t * M + m]) continue;
      for (let k = 0; k < (deep > 1 ? deep - 1 : 1); k++) pixels[(m * deep + k) * w + px] = ink;
    }
  }
  into.putImageData(image, 0, 0);
  g.imageSmoothingEnabled = false;
  g.drawImage(buffer, left, track.top, right - left, track.height);
}

function rate({ scope, x, seen }, g, track) {
  const y = (v) => track.y(v), { inRate } = scope.run, { ghost } = scope;
  if (ghost?.rate) {
    g.strokeStyle = scope.colours.ghost;
    line(g, ...seen, x, y, (t) => ghost.rate[t]);
  }
  g.strokeStyle = scope.colours.ink;
  g.lineWidth = 1.5;
  line(g, ...seen, x, y, (t) => inRate[t]);
}

// Bars from 0, in the active colour where they leave [-1, 1]: there the sweep back grows instead of fading.
function multiplier({ scope, x, seen: [a, b], left, right }, g, track) {
  const c = scope.colours, { multiplier: factors, unreset } = scope.run.a, at = scope.lossStep, zero = track.y(0);
  g.fillStyle = faint(c.methods.exodus, 0.1);
  g.fillRect(left, track.y(1), right - left, track.y(-1) - track.y(1));
  const wide = Math.max(1, x(1) - x(0) - 0.5);
  for (let t = a; t <= b; t++) {
    const m = factors[t], y = track.y(clamp(m, track.range.low, track.range.high));
    g.fillStyle = Math.abs(m) > 1 ? c.active : c.methods.bptt;
    if (t > at) g.fillStyle = c.silent;
    g.fillRect(x(t) - wide / 2, Math.min(y, zero), wide, Math.max(1, Math.abs(y - zero)));
  }
  g.strokeStyle = c.methods.slayer;
  g.setLineDash([7, 6]);
  g.lineWidth = 2;
  line(g, a, b, x, (v) => track.y(v), (t) => unreset[t]);
  g.setLineDash([]);
}

function delta({ scope, x, seen }, g, track) {
  for (const { key, array, dash } of METHODS) {
    if (!scope.shown.has(key)) continue;
    const values = scope.run.a[array];
    g.strokeStyle = scope.colours.methods[key];
    g.lineWidth = dash.length ? 2.5 : 2;
    g.setLineDash(dash);
    line(g, ...seen, x, (v) => track.y(v), (t) => values[t]);
  }
  g.setLineDash([]);
}

export const PAINTERS = { input, membrane, trace, multiplier, delta, raster, rate };
