// The frames of a recording, played: one picture of pixels, brighter than before in ink, darker in blue; a slider, and Play.

import { make } from "../scope/controls.js";
import { taking } from "../page/taken.js";

const places = new WeakMap(); // root -> Player

export default function mount({ parentElement: root, data }) {
  const player = places.get(root) ?? new Player(root);
  places.set(root, player);
  const turn = player.take(data);
  return () => {
    if (player.turn !== turn) return;
    player.play(false);
    player.element.remove();
    places.delete(root);
  };
}

class Player {
  constructor(root) {
    this.turn = 0;
    this.canvas = make("canvas", { role: "img" });
    this.slider = make("input", { type: "range", min: 0, step: 1, "aria-label": "Frame", oninput: () => (this.play(false), this.show(Number(this.slider.value))) });
    this.button = make("button", { type: "button", onclick: () => this.play(!this.timer) });
    this.says = make("output", {});
    this.element = make("div", { class: "player" }, this.canvas, make("div", { class: "walk" }, this.button, this.slider, this.says));
    this.element.append(taking(this.element, "snnviz-frames"));
    root.append(this.element);
  }

  take(data) {
    this.data = data;
    for (const [role, colour] of Object.entries(data.colours)) this.element.style.setProperty(`--${role}`, colour);
    this.canvas.setAttribute("aria-label", data.alt);
    this.canvas.width = data.columns;
    this.canvas.height = data.rows;
    this.canvas.style.aspectRatio = `${data.columns} / ${data.rows}`;
    this.values = Uint8Array.from(atob(data.values), (letter) => letter.charCodeAt(0));
    this.slider.max = data.times.length - 2;
    this.play(!matchMedia("(prefers-reduced-motion: reduce)").matches && data.times.length > 2);
    this.show(Math.min(data.brightest, data.times.length - 2));
    return ++this.turn;
  }

  play(on) {
    clearInterval(this.timer);
    this.timer = on ? setInterval(() => this.show((this.at + 1) % (this.data.times.length - 1)), 120) : 0;
    this.button.textContent = on ? "❚❚" : "▶";
    this.button.setAttribute("aria-label", on ? "Pause" : "Play the frames");
  }

  // A pixel's value is 128 where nothing happened, more where it grew brighter, less where it grew darker.
  show(at) {
    this.at = at;
    const { rows, columns, times, rgb } = this.data, context = this.canvas.getContext("2d"), image = context.createImageData(columns, rows);
    for (let i = 0; i < rows * columns; i++) {
      const value = this.values[at * rows * columns + i] - 128, share = Math.min(1, Math.abs(value) / 127), end = value > 0 ? rgb.brighter : rgb.darker;
      for (let c = 0; c < 3; c++) image.data[4 * i + c] = rgb.paper[c] + share * (end[c] - rgb.paper[c]);
      image.data[4 * i + 3] = 255;
    }
    context.putImageData(image, 0, 0);
    this.slider.value = at;
    this.says.textContent = `${times[at].toPrecision(3)} to ${times[at + 1].toPrecision(3)} ms`;
  }
}
