// What every scope shares: the picture that redraws when something changed, the theme, and the way back to Streamlit.

import { Kernels } from "./kernels.js";
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

// A scope: an element in the page whose picture is redrawn when something changed, and whose settled values go to Streamlit.
// A view of its own has the `data` that Python sent and the `scene`; the elements `element`, `canvas`, `summary` and
// `spokenSummary`; the `tracks` of its picture; and `update(data)`, `frame(now)`, `touch()`, `ready()`, `sentence()`, `plain()`.
export class Scope {
  constructor(root, module, send) {
    this.root = root;
    this.kernels = new Kernels(module);
    this.frames = new Frames((now) => this.frame(now));
    this.settler = new Settler(() => {
      for (const track of this.tracks) track.range.forget();
      this.touch();
      this.announce();
      send("settled", { revision: this.data.revision, scene: this.plain() });
    });
  }

  // Draws again whenever this element, the picture's, gets another size.
  watch(element) {
    this.resizes = new ResizeObserver(() => this.touch());
    this.resizes.observe(element);
  }

  destroy() {
    this.frames.stop();
    this.settler.cancel();
    this.resizes.disconnect();
    this.element.remove();
  }

  words() {
    const text = this.sentence();
    if (this.summary.textContent !== text) this.summary.textContent = text;
  }
  // For a reader who cannot see it: only when things have come to rest.
  announce() {
    this.ready();
    const text = this.sentence();
    this.spokenSummary.textContent = text;
    this.canvas.setAttribute("aria-label", text);
  }
}
