// What all scopes share: redrawing after a change, the theme, and sending values to Streamlit.

import { Kernels } from "./kernels.js";
import { make } from "./controls.js";

const LOW = 520; // pixels of a window that is too low for the legend
const FREE = 14; // pixels below it all
const BESIDE = 320; // what a picture keeps above the arithmetic of a step

// `ask()` makes the browser call `draw` once in its next frame, however often `ask()` is called before. Else nothing runs.
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

// Calls `send` 250 ms after the last `soon()`, so a key held down, or a drag, sends one request and not hundreds.
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

// A scope: an element in the page. Its picture is redrawn after every change; when changes stop, its values go to Streamlit.
// A subclass has the `data` that Python sent and the `scene`; the elements `element`, `canvas`, `summary` and
// `spokenSummary`; the `tracks` of its picture; and `update(data)`, `frame(now)`, `touch()`, `ready()`, `sentence()`, `plain()`.
export class Scope {
  constructor(root, module, send) {
    this.root = root;
    this.kernels = new Kernels(module);
    this.send = send;
    this.frames = new Frames((now) => this.frame(now));
    this.settler = new Settler(() => {
      for (const track of this.tracks) track.range.forget();
      this.touch();
      this.announce();
      send("settled", { revision: this.data.revision, scene: this.plain() });
    });
  }

  // Redraws when the size of `element`, which holds the picture, changes, or the room that the window has for it.
  watch(element) {
    const page = (element.getRootNode().host ?? element).closest("[data-testid=stMainBlockContainer]");
    this.resized = () => {
      this.space = undefined;
      this.touch();
    };
    this.resizes = new ResizeObserver(this.resized);
    for (const one of [element, page]) if (one) this.resizes.observe(one);
    window.addEventListener("resize", this.resized);
  }

  // The height in pixels with which `element` is seen whole while nothing is scrolled, with its legend below it.
  room(element, legend) {
    if (this.space === undefined) {
      let { top } = element.getBoundingClientRect();
      for (let outer = element; (outer = outer.parentElement ?? outer.getRootNode().host); ) top += outer.scrollTop;
      const below = window.innerHeight < LOW ? 0 : (legend?.offsetHeight ?? 0);
      const of = getComputedStyle(this.element), free = parseFloat(of.getPropertyValue("--snn-below")) || FREE;
      const why = parseFloat(of.getPropertyValue("--snn-why")) || 0; // of the arithmetic below it
      this.space = Math.max(Math.floor(window.innerHeight - top - below - Math.max(free, why)), why ? BESIDE : 0);
    }
    return this.space;
  }

  // How many times as large present mode has letters and lines (assets/present/present.css); there, what is for a desk goes.
  enlarge() {
    const times = Number(getComputedStyle(this.element).getPropertyValue("--snn-letters")) || 1;
    this.element.classList.toggle("present", times > 1);
    return times;
  }

  destroy() {
    this.frames.stop();
    this.settler.cancel();
    this.resizes.disconnect();
    window.removeEventListener("resize", this.resized);
    this.element.remove();
  }

  words() {
    const text = this.sentence();
    if (this.summary.textContent !== text) this.summary.textContent = text;
  }
  // The text for screen readers; called only after changes have stopped, so it is read once.
  announce() {
    this.ready();
    const text = this.sentence();
    this.spokenSummary.textContent = text;
    this.canvas.setAttribute("aria-label", text);
  }
}
