// The network as a graph of small pictures: every neuron shows its own answer; spikes run through it, and the gradient back.

import { classesOf, SETS } from "./data.js";
import { drawChosen, Heat, mark, place, sheet } from "./heat.js";
import { along, columnsOf, curve, tileAt } from "./layout.js";
import { answerPicture, classPicture, inputPicture, lookingFor, pixelPicture, weightPicture } from "./pictures.js";
import { GRID } from "./trainer.js";
import { classColour, colours, faint } from "./theme.js";

const TRAVEL = 2.4; // steps that a pulse is on its way
const PIXELS = 64;
const MANY = 420; // edges drawn at most, the strongest first
const smooth = (a) => a * a * (3 - 2 * a);

export class NetworkView {
  constructor(canvas) {
    Object.assign(this, { canvas, hover: null, chosen: null, heats: [], edges: document.createElement("canvas"), edgesOf: "" });
  }

  get narrow() {
    return this.canvas.clientWidth < 480;
  }

  layout(s) {
    const { clientWidth: w, clientHeight: h } = this.canvas;
    this.columns = columnsOf(w, h, s, classesOf(s), { picture: !SETS[s.set].plane });
    return this.columns;
  }

  at(x, y) {
    return tileAt(this.columns, x, y);
  }

  // scene: { s, m: the shown method's part of a frame, run, play, fresh: whether m is new since the last call }
  draw(scene) {
    const { context: c, w, h } = sheet(this.canvas), { s, m, play, fresh } = scene;
    this.layout(s);
    this.pixels = SETS[s.set].plane ? 0 : PIXELS;
    if (fresh) this.links = this.linksOf(m.weights);
    if (!this.links?.length || this.links.at(-1).k >= this.columns.length) return;
    this.place();
    const key = [w, h, devicePixelRatio, colours.dark, play.phase === "backward", this.hover && `${this.hover.column.layer} ${this.hover.node.i}`].join();
    if (fresh || key !== this.edgesOf) {
      this.edgesOf = key;
      this.drawEdges(w, h, play.phase === "backward");
    }
    c.drawImage(this.edges, 0, 0, w, h);
    this.pulses(c, scene);
    this.tiles(c, scene);
    if (this.hover) this.enlarged(c, w, h, scene);
  }

  // Every edge that is drawn: { k, from, to, i, weight, strength }; a picture's pixels share one.
  linksOf(flat) {
    const links = [], sizes = this.columns.map((column) => column.nodes.length);
    if (this.pixels) sizes[0] = this.pixels;
    this.sizes = sizes;
    let at = 0;
    for (let k = 1; k < sizes.length; k++) for (let to = 0; to < sizes[k]; to++) {
      if (k === 1 && this.pixels) {
        let sum = 0;
        for (let i = 0; i < sizes[0]; i++) sum += Math.abs(flat[at + i]);
        links.push({ k, from: 0, to, weight: (2 * sum) / sizes[0], shared: true });
        at += sizes[0];
      } else for (let from = 0; from < sizes[k - 1]; from++) links.push({ k, from, to, weight: flat[at++] });
      at++; // the bias
    }
    for (const link of links) link.strength = Math.tanh(Math.abs(link.weight) / 1.6);
    if (links.length <= MANY) return links;
    return links.sort((a, b) => b.strength - a.strength).slice(0, MANY);
  }

  place() {
    for (const link of this.links) {
      link.a = this.columns[link.k - 1].nodes[link.from];
      link.b = this.columns[link.k].nodes[link.to];
      link.ends = curve(link.a, link.b);
    }
  }

  drawEdges(w, h, back) {
    const { edges } = this;
    edges.width = this.canvas.width;
    edges.height = this.canvas.height;
    const c = edges.getContext("2d"), near = this.hover?.node;
    c.setTransform(edges.width / w, 0, 0, edges.height / h, 0, 0);
    c.lineCap = "round";
    for (const { a, b, weight, strength, ends, shared } of this.links) {
      const focus = near ? (same(a, near) || same(b, near) ? 1.3 : 0.2) : 1;
      c.beginPath();
      c.moveTo(ends[0], ends[1]);
      c.bezierCurveTo(ends[2], ends[3], ends[4], ends[5], ends[6], ends[7]);
      c.lineWidth = 0.5 + (this.narrow ? 2.6 : 3.6) * strength ** 1.5;
      c.strokeStyle = faint(shared ? colours.silent : weight > 0 ? colours.excite : colours.inhibit, (0.12 + 0.5 * strength) * (back ? 0.5 : 1) * focus);
      c.stroke();
    }
  }

  // Spikes on their way to the right, the gradient on its way to the left.
  pulses(c, { s, run, play }) {
    if (!run) return;
    const back = play.phase === "backward", T = run.T;
    for (const { k, from, to, weight, ends, strength, shared } of this.links) {
      if (shared || (k === 1 && !back && s.coding === "constant")) continue; // no spikes: a current, or many pixels
      const source = back ? run.delta[k] : run.spikes[k - 1], node = back ? to : from, wide = run.widths[back ? k : k - 1];
      for (let d = 0; d < TRAVEL; d++) {
        const t = back ? Math.ceil(play.t) + d : Math.floor(play.t) - d, share = back ? (t - play.t) / TRAVEL : (play.t - t) / TRAVEL;
        if (t < 0 || t >= T || share < 0 || share > 1) continue;
        const value = source[t * wide + node];
        if (!value) continue;
        const size = back ? Math.sqrt(Math.abs(value * weight) / run.largest[k]) : strength;
        if (size < 0.06) continue;
        const [x, y] = along(ends, smooth(back ? 1 - share : share));
        c.beginPath();
        c.arc(x, y, 0.8 + 2.9 * Math.min(1, size), 0, 2 * Math.PI);
        c.fillStyle = faint(back ? colours.active : colours.ink, 0.35 + 0.6 * size);
        c.fill();
      }
    }
  }

  tiles(c, scene) {
    const { s, run, play, m, fresh } = scene, back = play.phase === "backward";
    const t = Math.max(0, Math.min(s.T - 1, Math.round(play.t))), pictures = this.pixels && fresh ? lookingFor(m.weights, this.sizes) : null;
    let number = 0, neuron = 0;
    for (const [k, column] of this.columns.entries()) for (const node of column.nodes) {
      const heat = this.fill(number++, neuron, scene, k, column, node, pictures), { x, y, size } = node;
      if (column.kind === "hidden") neuron++;
      const left = x - size / 2, top = y - size / 2;
      const single = column.nodes.length === run?.widths[k];
      const flash = run && single && !back && column.kind !== "readout" && (k || s.coding === "latency") ? flashOf(run, k, node.i, play.t) : 0;
      const active = run && back && column.kind === "hidden" ? activeOf(run, k, node.i, play.t) : 0, lit = Math.max(flash, active);
      const round = Math.min(6, size / 5);
      if (lit > 0.02) {
        c.save();
        c.shadowColor = flash ? faint(colours.ink, 0.5 * flash) : colours.active;
        c.shadowBlur = 11 * lit;
        c.fillStyle = colours.paper;
        box(c, left, top, size, round);
        c.fill();
        c.restore();
      }
      heat.draw(c, left, top, size, round, !this.pixels);
      box(c, left + 0.5, top + 0.5, size - 1, round);
      c.lineWidth = 1;
      c.strokeStyle = faint(colours.ink, 0.2);
      c.stroke();
      if (lit > 0.02) {
        c.lineWidth = 1 + 2.2 * lit;
        c.strokeStyle = flash ? faint(colours.ink, flash) : faint(colours.active, 0.25 + 0.75 * active);
        c.stroke();
      }
      if (this.chosen && this.chosen.layer === column.layer && this.chosen.i === node.i) {
        box(c, left - 3, top - 3, size + 6, round + 3);
        c.lineWidth = 2;
        c.strokeStyle = colours.ink;
        c.stroke();
      }
      if (!this.pixels) {
        c.beginPath();
        c.arc(left + place(s.px, size), top + place(-s.py, size), size < 30 ? 1.2 : 1.6, 0, 2 * Math.PI);
        c.fillStyle = colours.ink;
        c.fill();
      }
      if (run && column.kind !== "input") this.gauge(c, run, k, column, node, t, flash);
      this.label(c, column, node, run);
    }
  }

  fill(number, neuron, { s, m, fresh, sample }, k, column, node, pictures) {
    const { pixels } = this, cells = pixels ? 8 : GRID;
    let heat = this.heats[number];
    if (heat?.canvas.width !== cells) heat = this.heats[number] = new Heat(cells);
    else if (!fresh && !(pixels && number === 0)) return heat;
    if (column.kind === "input") {
      if (pixels) pixelPicture(heat, sample);
      else inputPicture(heat, s, node.name);
    } else if (pixels) {
      if (pictures) weightPicture(heat, pictures[k - 1], node.i * pixels, pixels);
    } else if (column.kind === "readout") classPicture(heat, m, node.i);
    else answerPicture(heat, s, m, neuron);
    return heat;
  }

  // The membrane beside a tile; the tick is the threshold.
  gauge(c, run, k, column, node, t, flash) {
    const { x, y, size } = node, u = run.membrane[k][t * run.widths[k] + node.i], h = size - 4, hidden = column.kind === "hidden";
    const left = x - size / 2 - 6, bottom = y + size / 2 - 2, scale = hidden ? 1.3 : run.reach;
    c.fillStyle = faint(colours.ink, 0.08);
    c.beginPath();
    c.roundRect(left, bottom - h, 3, h, 1.5);
    c.fill();
    const level = Math.max(0, Math.min(1, u / scale)) * h;
    c.fillStyle = hidden ? (flash > 0.66 ? colours.ink : colours.membrane) : classColour(node.i, column.nodes.length);
    c.beginPath();
    c.roundRect(left, bottom - level, 3, level, 1.5);
    c.fill();
    if (!hidden) return;
    c.fillStyle = faint(colours.ink, 0.6);
    c.fillRect(left - 1, bottom - h / 1.3 - 0.5, 5, 1);
  }

  label(c, column, node, run) {
    c.font = `${this.narrow ? 12 : 13}px ${colours.font}`;
    c.textBaseline = "middle";
    if (column.kind === "input") {
      if (this.narrow || this.pixels) return;
      c.fillStyle = colours.muted;
      c.textAlign = "right";
      c.fillText(node.name, node.x - node.size / 2 - 8, node.y);
      return;
    }
    if (column.kind !== "readout") return;
    const many = column.nodes.length > 4, x = node.x + node.size / 2 + (many ? 6 : 12), p = run && Math.round(100 * run.p[node.i]);
    c.textAlign = "left";
    if (many) {
      const sure = run ? run.p[node.i] : 0;
      c.fillStyle = colours.ink;
      c.font = `${sure > 0.5 ? 600 : 400} 12px ${colours.font}`;
      c.fillText(String(node.i), x, node.y);
      c.fillStyle = faint(colours.ink, 0.12);
      c.fillRect(x + 12, node.y - 3, 34, 6);
      c.fillStyle = colours.ink;
      c.fillRect(x + 12, node.y - 3, 34 * sure, 6);
      return;
    }
    c.beginPath();
    mark(c, node.i, x, node.y, 4);
    c.fillStyle = colours.classes[node.i];
    c.fill();
    c.strokeStyle = faint(colours.ink, 0.4);
    c.lineWidth = 0.75;
    c.stroke();
    if (run) {
      c.fillStyle = colours.ink;
      c.fillText(`${p} %`, x + 9, node.y);
    }
  }

  enlarged(c, w, h, { s, m, run }) {
    const { column, node } = this.hover, k = column.layer + 1, live = this.columns[k]?.nodes[node.i];
    if (!live) return;
    let number = node.i;
    for (let j = 0; j < k; j++) number += this.columns[j].nodes.length;
    const heat = this.heats[number], size = Math.min(140, h - 60), lines = this.facts(s, m, run, k, column, live, heat);
    c.font = `13px ${colours.font}`;
    const wide = Math.max(size, ...lines.map((text) => c.measureText(text).width)), high = size + 10 + 17 * lines.length;
    const x = live.x + live.size / 2 + wide + 30 > w ? Math.max(10, live.x - live.size / 2 - wide - 26) : live.x + live.size / 2 + 16, y = Math.max(9, Math.min(h - high - 12, live.y - size / 2));
    c.save();
    c.shadowColor = faint("#000000", 0.25);
    c.shadowBlur = 18;
    c.fillStyle = colours.paper;
    c.beginPath();
    c.roundRect(x - 9, y - 9, wide + 18, high + 18, 10);
    c.fill();
    c.restore();
    heat.draw(c, x, y, size, 6, !this.pixels);
    if (!this.pixels) drawChosen(c, s.px, s.py, x, y, size, 4);
    c.textAlign = "left";
    for (const [i, text] of lines.entries()) {
      c.fillStyle = i ? colours.muted : colours.ink;
      c.fillText(text, x, y + size + 17 + 17 * i);
    }
  }

  // What is said under an enlarged tile.
  facts(s, m, run, k, column, node, heat) {
    if (column.kind === "input") return this.pixels ? ["the picture: a bright pixel fires early"] : [`input ${node.name}`];
    const wide = this.sizes[k - 1], name = column.kind === "readout" ? `class ${this.pixels ? node.i : node.i + 1}` : `hidden ${k}, neuron ${node.i + 1}`;
    let at = 0;
    for (let j = 1; j < k; j++) at += (this.sizes[j - 1] + 1) * this.sizes[j];
    at += node.i * (wide + 1);
    const weights = m.weights.subarray(at, at + wide), round = (a) => a.toFixed(2).replace("-", "−");
    const range = `weights ${round(Math.min(...weights))} to ${round(Math.max(...weights))}, bias ${round(m.weights[at + wide])}`;
    if (column.kind === "readout") return [name, range];
    let spikes = 0;
    if (run) for (let t = 0; t < run.T; t++) spikes += run.spikes[k][t * run.widths[k] + node.i];
    const legend = this.pixels ? "what it looks for: blue excites" : s.tile === "first" ? "darker: its first spike is earlier" : `darker: more spikes, ${heat.range.join(" to ")}`;
    return [name, legend, `this ${this.pixels ? "digit" : "point"}: ${spikes} ${spikes === 1 ? "spike" : "spikes"} in ${s.T} ms, threshold 1`, range];
  }
}

const same = (a, b) => a.x === b.x && a.y === b.y;

function box(c, x, y, size, round) {
  c.beginPath();
  c.roundRect(x, y, size, size, round);
}

// How brightly a spike lately fired shines, 0 to 1.
function flashOf(run, k, i, now) {
  for (let d = 0; d < 3; d++) {
    const t = Math.floor(now) - d;
    if (t >= 0 && t < run.T && run.spikes[k][t * run.widths[k] + i]) return Math.max(0, 1 - (now - t) / 3);
  }
  return 0;
}

// How brightly an entry that the gradient has just passed shines, 0 to 1.
function activeOf(run, k, i, now) {
  let most = 0;
  for (let d = 0; d < 2; d++) {
    const t = Math.ceil(now) + d, at = t * run.widths[k] + i;
    if (t < 0 || t >= run.T || !run.active[k][at]) continue;
    most = Math.max(most, (0.15 + 0.85 * Math.sqrt(Math.abs(run.delta[k][at]) / run.top[k])) * (1 - (t - now) / 2.2));
  }
  return most;
}
