// Helpers for drawing on a canvas: scales, ticks, numbers as text, and a canvas with one pixel per screen pixel.

export const clamp = (x, low, high) => Math.min(high, Math.max(low, x));

// Three significant digits, as everywhere in the app.
export function digits(x) {
  if (!Number.isFinite(x)) return x > 0 ? "∞" : x < 0 ? "−∞" : "not a number";
  const a = Math.abs(x);
  const text = a !== 0 && (a < 1e-3 || a >= 1e5) ? x.toExponential(1).replace("e+", "e").replace(".0e", "e") : String(Number(x.toPrecision(3)));
  return text.replace(/-/g, "−");
}

export function ticks(low, high, count) {
  const rough = (high - low) / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((m) => m * power >= rough * 0.999);
  const values = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + 1e-9 * step; i++) values.push(Number((i * step).toPrecision(12)));
  return values.length < 2 && count < 8 ? ticks(low, high, count + 1) : values;
}

// A range that grows at once when values leave it and never shrinks, until `forget` is called: an axis does not move in a drag.
export class Range {
  constructor() {
    this.low = Infinity;
    this.high = -Infinity;
  }
  cover(low, high) {
    const pad = 0.06 * (high - low) || 0.1;
    if (low < this.low) this.low = low - pad;
    if (high > this.high) this.high = high + pad;
  }
  forget() {
    this.low = Infinity;
    this.high = -Infinity;
  }
}

// Signed logarithm beyond 1, straight within: sizes from 0.1 to 1e14 on one axis, with sign.
export const bend = (x) => Math.asinh(Number.isFinite(x) ? x : Math.sign(x) * 1e38);

// A canvas of so many units, each of them `times` pixels of CSS, drawn in device pixels.
export function fit(canvas, width, height, times = 1) {
  const scale = Math.min(3, window.devicePixelRatio || 1) * times;
  const w = Math.round(width * scale), h = Math.round(height * scale);
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
    canvas.style.height = `${height * times}px`;
  }
  const context = canvas.getContext("2d");
  context.setTransform(scale, 0, 0, scale, 0, 0);
  return context;
}

// Gives tracks the heights with which they fill `room` pixels, `fixed` of which lie between them. Where that is less than `least`
// of their usual heights they have those, the window shows a part of them at a time, and false is returned.
export function stretch(tracks, room, fixed, least = 0.42) {
  const usual = tracks.reduce((sum, track) => sum + track.usual, 0), factor = (room - fixed) / usual;
  const enough = factor >= least;
  for (const track of tracks) track.height = Math.round(track.usual * (enough ? Math.min(factor, 1.6) : 1));
  return enough;
}

// One horizontal band of the picture: where it is, and its vertical scale.
export class Track {
  constructor(name, title, height) {
    Object.assign(this, { name, title, height, usual: height, top: 0, range: new Range(), bent: false });
  }
  y(value) {
    const [low, high, v] = this.bent ? [bend(this.range.low), bend(this.range.high), bend(value)]
      : [this.range.low, this.range.high, value];
    return this.top + this.height * (1 - (v - low) / (high - low || 1));
  }
  value(y) {
    return this.range.low + (this.range.high - this.range.low) * (1 - (y - this.top) / this.height);
  }
  ticks() {
    const { low, high } = this.range;
    if (!this.bent) return ticks(low, high, clamp(Math.round(this.height / 34), 2, 6));
    const values = [0];
    const top = Math.max(Math.abs(low), Math.abs(high), 1);
    const every = Math.max(1, Math.ceil(Math.log10(top) / 3));
    for (let e = every > 1 ? every : 0; 10 ** e <= top * 1.001; e += every) values.push(10 ** e, -(10 ** e));
    return values.filter((t) => t >= low && t <= high);
  }
}

// A polyline of values by step; `x` maps a step to pixels. Beyond two points a pixel only the extremes of each pixel are drawn.
export function line(context, first, last, x, y, value) {
  context.beginPath();
  const dense = last - first > 2 * (x(last) - x(first));
  if (!dense) {
    for (let t = first; t <= last; t++) context.lineTo(x(t), y(value(t)));
  } else {
    for (let t = first; t <= last; ) {
      const column = Math.floor(x(t));
      let low = Infinity, high = -Infinity;
      for (; t <= last && Math.floor(x(t)) === column; t++) {
        const v = value(t);
        if (v < low) low = v;
        if (v > high) high = v;
      }
      context.lineTo(column, y(low));
      context.lineTo(column, y(high));
    }
  }
  context.stroke();
}

export function horizontal(context, left, right, y) {
  context.beginPath();
  context.moveTo(left, Math.round(y) + 0.5);
  context.lineTo(right, Math.round(y) + 0.5);
  context.stroke();
}

// A colour with an opacity, for #rrggbb.
export const faint = (colour, share) => colour + Math.round(255 * share).toString(16).padStart(2, "0");
