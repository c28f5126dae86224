// What every scope shares: the picture that redraws when something changed, the theme, and the way back to Streamlit.

import { make } from "./controls.js";

// Calls `draw` in the next frame after `ask()`, once however often it was asked; nothing runs in between.
export class Frames {
  constructor(draw) {
    this.pending = 0;
    this.step = (now) => {
      this.pending = 0;
      draw(now);
    };
  }
  ask() {
    this.pending ||= requestAnimationFrame(this.step);
  }
  stop() {
    cancelAnimationFrame(this.pending);
    this.pending = 0;
  }
}

// Sends the settled values, a moment after the last change: a key held down makes one request, a drag makes one at its end.
export class Settler {
  constructor(send, wait = 250) {
    Object.assign(this, { send, wait, timer: 0 });
  }
  soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.send(), this.wait);
  }
  cancel() {
    clearTimeout(this.timer);
  }
}

// Whether the theme around an element is dark, from its background colour.
export function isDark(element) {
  const probe = make("span", { style: "display:none;color:var(--st-background-color, #fff)" });
  element.append(probe);
  const [r, g, b] = (getComputedStyle(probe).color.match(/[\d.]+/g) ?? [255, 255, 255]).map(Number);
  probe.remove();
  return 0.3 * r + 0.59 * g + 0.11 * b < 128;
}
