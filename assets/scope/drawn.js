// A current drawn by hand: a whole-number level in each of BINS bins of the run, in units of `step`.

import { clamp } from "./plot.js";

export const BINS = 128;

export class Drawn {
  constructor() {
    this.levels = new Int8Array(BINS);
    this.step = 0; // current per level; 0 until something is drawn
  }

  get any() {
    return this.levels.some((level) => level);
  }

  clear() {
    this.levels.fill(0);
    this.step = 0;
  }

  // The text is base64 of one byte for the step (its power of two + 64), then the levels, then, where the step is no power of two,
  // its part from 1 to below 2 as a float64; snnviz.stimuli.encode_drawn writes it too.
  read(text) {
    this.clear();
    if (!text) return;
    const bytes = Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
    const part = bytes.length > 1 + BINS ? new DataView(bytes.buffer).getFloat64(1 + BINS, true) : 1;
    this.step = 2 ** (bytes[0] - 64) * part;
    this.levels.set(new Int8Array(bytes.buffer, 1, BINS));
  }

  write() {
    if (!this.any) return "";
    const power = Math.floor(Math.log2(this.step)), part = this.step / 2 ** power;
    const bytes = [power + 64, ...new Uint8Array(this.levels.buffer), ...(part === 1 ? [] : new Uint8Array(Float64Array.of(part).buffer))];
    return btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  }

  // The first level that is drawn sets the step, from the range of its track.
  fix({ low, high }) {
    this.step ||= 2 ** Math.ceil(Math.log2(Math.max(Math.abs(low), Math.abs(high), 1e-6) / 50));
  }

  put(bin, value, range) {
    this.fix(range);
    this.levels[bin] = clamp(Math.round(value / this.step), -127, 127);
  }

  // The bin of time step t in a run of T steps; and the drawn current in that bin.
  bin(t, T) {
    return Math.floor((t * BINS) / T);
  }
  at(t, T) {
    return Math.fround(this.levels[this.bin(t, T)] * this.step);
  }
}
