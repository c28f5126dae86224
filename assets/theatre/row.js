// One training's row: the test sample, what each layer fires at it, the readout, and what the network says; epoch by epoch.

import { make } from "../scope/controls.js";
import { percent, stroke, svg } from "./chart.js";

const HISTORY = 12; // so many answers stand in a row
const BARS = 12; // with more classes bars have no names

const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

// The words above the columns.
export const titles = (data) =>
  make("div", { class: "row titles", "aria-hidden": "true" },
    make("span", {}, data.sample?.picture ? "a test picture" : "a test sample"),
    ...data.layers.flatMap((name) => [make("i", {}), make("span", {}, name)]), make("i", {}), make("span", {}, "readout"), make("span", {}, "says"));

export class Row {
  constructor(row, data) {
    Object.assign(this, { row, data });
    this.layers = data.layers.map(() => make("div", { class: "raster" }));
    this.counts = data.layers.map(() => make("small", {}));
    this.bars = make("div", { class: "bars", role: "img" });
    this.answer = make("b", {});
    this.verdict = make("small", {});
    this.score = make("span", { class: "score" });
    this.history = make("div", { class: "history" });
    const arrow = () => make("i", { "aria-hidden": "true" }, "→");
    this.element = make("div", { class: "method" },
      make("div", { class: "row" }, make("div", { class: "sample" }, sample(data.sample)),
        ...this.layers.flatMap((layer, i) => [arrow(), make("div", { class: "layer" }, layer, this.counts[i])]),
        arrow(), this.bars, make("div", { class: "says" }, this.answer, this.verdict)),
      make("div", { class: "name" }, stroke(row), make("strong", {}, row.label), this.score, this.history));
  }

  show(epoch) {
    const { row, data } = this, { looks, accuracy } = row;
    this.score.textContent = epoch && accuracy.length ? percent(accuracy[Math.min(epoch, accuracy.length) - 1]) : "";
    const look = looks.findLast((one) => one.epoch <= epoch);
    this.element.classList.toggle("empty", !look);
    this.history.replaceChildren(...looks.slice(-HISTORY).reverse().map((one) => {
      const right = answerOf(one) === data.sample.label, past = one === look;
      return make("span", { class: `${right ? "right" : ""} ${past ? "here" : ""} ${one.epoch > epoch ? "later" : ""}`, title: `after epoch ${one.epoch}` }, data.classes[answerOf(one)]);
    }));
    if (!look) {
      this.layers.forEach((layer) => layer.replaceChildren());
      this.counts.forEach((count) => (count.textContent = ""));
      this.bars.replaceChildren();
      this.answer.textContent = "?";
      this.verdict.textContent = "";
      return;
    }
    data.layers.forEach((name, i) => {
      this.layers[i].replaceChildren(raster(look.rasters[name]));
      this.counts[i].textContent = `${look.counts[name]} spikes`;
    });
    const shares = softmax(look.scores), answer = answerOf(look), right = answer === data.sample.label;
    this.bars.setAttribute("aria-label", `readout: ${data.classes[answer]} with ${percent(shares[answer])}`);
    this.bars.replaceChildren(...shares.map((share, i) => {
      const kind = i === answer ? (right ? "right" : "most") : "";
      const name = data.classes.length <= BARS ? [make("small", {}, data.classes[i].slice(0, data.classes.length < 5 ? 4 : 2))] : [];
      return make("span", {}, make("i", { class: kind, style: `height:${Math.max(100 * share, 2).toFixed(1)}%` }), ...name);
    }));
    this.answer.textContent = data.classes[answer];
    this.answer.classList.toggle("long", data.classes[answer].length > 3);
    this.verdict.textContent = right ? "right" : "wrong";
    this.element.classList.toggle("correct", right);
  }
}

const answerOf = ({ scores }) => scores.indexOf(Math.max(...scores));

function softmax(scores) {
  const most = Math.max(...scores), powers = scores.map((score) => Math.exp(score - most));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

// A raster [steps, neurons] of bits: time to the right, a neuron a line.
function raster([steps, neurons, text]) {
  const packed = bytes(text), d = [];
  for (let step = 0; step < steps; step++)
    for (let neuron = 0; neuron < neurons; neuron++) {
      const bit = step * neurons + neuron;
      if (packed[bit >> 3] & (128 >> (bit & 7))) d.push(`M${step} ${neuron}h.8v.8h-.8z`);
    }
  return svg("svg", { viewBox: `-0.5 -0.5 ${steps + 1} ${neurons + 1}`, preserveAspectRatio: "none", "aria-hidden": "true" }, svg("path", { d: d.join(""), class: "ink" }));
}

// The sample: a picture, or the raster of its inputs.
function sample(shown) {
  if (!shown) return "";
  const [rows, columns, low, high, text] = shown.values, grey = bytes(text);
  const across = shown.picture ? columns : rows, down = shown.picture ? rows : columns;
  const zero = low < 0 ? (-low / (high - low)) * 255 : 0, span = Math.max(255 - zero, zero) || 1;
  const cells = [];
  grey.forEach((value, i) => {
    const strength = Math.abs(value - zero) / span, row = Math.floor(i / columns), column = i % columns;
    if (strength < 0.04 || high === low) return;
    const [px, py] = shown.picture ? [column, row] : [row, column];
    cells.push(svg("rect", { x: px, y: py, width: 1.02, height: shown.picture ? 1.02 : 0.8, opacity: strength.toFixed(2), class: value < zero ? "darker" : "ink" }));
  });
  return svg("svg", { viewBox: `0 0 ${across} ${down}`, preserveAspectRatio: shown.picture ? "xMidYMid" : "none", role: "img", "aria-label": "the test sample" }, ...cells);
}
