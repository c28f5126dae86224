// Under the drawing: the chosen sample's run. Spikes of every neuron and where the backward pass was active, or, for one neuron,
// its membrane. Time runs to the right; the cursor is where the drawing above stands.

import { sheet } from "./heat.js";
import { classColour, colours, faint } from "./theme.js";

const READOUT = 30, AXIS = 17;

export class RasterView {
  constructor(canvas) {
    this.canvas = canvas;
    this.still = document.createElement("canvas"); // all but the cursor, drawn when the run changes
  }

  get left() {
    return this.canvas.clientWidth < 480 ? 60 : 68;
  }

  stepAt(x, T) {
    return Math.max(0, Math.min(T - 1, ((x - this.left) / (this.canvas.clientWidth - this.left - 8)) * T - 0.5));
  }

  // chosen: { layer, i } of a hidden neuron whose membrane is shown, or null
  draw({ s, run, play, chosen, moved }) {
    const { context: c, w, h } = sheet(this.canvas), still = this.still;
    if (!run || !w) return; // on a wall there is none
    if (moved || still.width !== this.canvas.width || still.height !== this.canvas.height) {
      still.width = this.canvas.width;
      still.height = this.canvas.height;
      const context = still.getContext("2d");
      context.setTransform(still.width / w, 0, 0, still.height / h, 0, 0);
      context.font = `${w < 480 ? 12 : 13}px ${colours.font}`;
      context.textBaseline = "middle";
      if (chosen) this.trace(context, w, h, run, chosen);
      else this.rows(context, w, h, s, run);
      this.axis(context, w, h, run);
    }
    c.drawImage(still, 0, 0, w, h);
    const now = this.left + ((play.t + 0.5) * (w - this.left - 8)) / run.T, d = play.phase === "backward" ? -1 : 1;
    c.strokeStyle = c.fillStyle = colours.ink;
    c.lineWidth = 1.5;
    c.beginPath();
    c.moveTo(now, 0);
    c.lineTo(now, h - AXIS);
    c.stroke();
    c.beginPath();
    c.moveTo(now + 7 * d, 5);
    c.lineTo(now, 0);
    c.lineTo(now, 10);
    c.fill();
  }

  axis(c, w, h, run) {
    c.fillStyle = colours.muted;
    c.font = `12px ${colours.font}`;
    const marks = [0, Math.round(run.T / 2), run.T];
    for (const t of marks) {
      c.textAlign = t === 0 ? "left" : t === run.T ? "right" : "center";
      c.fillText(t === run.T ? `${t} ms` : String(t), this.left + (t * (w - this.left - 8)) / run.T, h - 7);
    }
  }

  rows(c, w, h, s, run) {
    const { left } = this, T = run.T, groups = run.spikes.length, wide = w - left - 8, cell = wide / T, x = (t) => left + t * cell;
    const shown = run.widths.slice(0, -1).map((n, k) => (k === 0 && n > 16 ? n / 4 : n)), gap = 6; // pixels are drawn thin
    const height = (h - READOUT - AXIS - 6 - gap * groups) / shown.reduce((a, b) => a + b, 0);
    let y = 2;
    for (let k = 0; k < groups; k++) {
      const n = run.widths[k], each = (shown[k] * height) / n;
      c.textAlign = "right";
      c.fillStyle = colours.muted;
      c.fillText(k ? `hidden ${k}` : "inputs", left - 8, y + (n * each) / 2, left - 10);
      c.fillStyle = faint(colours.ink, 0.04);
      c.fillRect(left, y, wide, n * each);
      for (let i = 0; i < n; i++) for (let t = 0; t < T; t++) {
        const at = t * n + i, spike = run.spikes[k][at];
        if (k && run.active[k][at]) {
          c.fillStyle = faint(colours.active, 0.16 + 0.72 * Math.sqrt(Math.abs(run.delta[k][at]) / run.top[k]));
          c.fillRect(x(t) + 0.25, y + i * each + 0.2, cell - 0.5, each - 0.4);
        }
        if (!spike) continue;
        const thick = Math.min(3, cell * 0.4), shade = k || s.coding === "latency" ? 1 : 0.12 + Math.abs(spike);
        c.fillStyle = faint(colours.ink, shade);
        c.fillRect(x(t) + (cell - thick) / 2, y + i * each + Math.min(0.5, each / 6), thick, Math.max(1, each - Math.min(1, each / 3)));
      }
      y += n * each + gap;
    }
    this.readout(c, run, x, cell, y, w);
  }

  readout(c, run, x, cell, top, w) {
    const u = run.membrane.at(-1), n = run.widths.at(-1);
    let low = 0, high = 0.2;
    for (const a of u) {
      low = Math.min(low, a);
      high = Math.max(high, a);
    }
    const y = (a) => top + READOUT - ((a - low) / (high - low)) * READOUT;
    c.fillStyle = colours.muted;
    c.textAlign = "right";
    c.fillText("readout", this.left - 8, top + READOUT / 2, this.left - 10);
    line(c, colours.grid, 1, this.left, y(0), w - 8, y(0));
    const best = run.p.indexOf(Math.max(...run.p));
    for (let i = 0; i < n; i++) {
      c.beginPath();
      for (let t = 0; t < run.T; t++) c.lineTo(x(t + 0.5), y(u[t * n + i]));
      c.strokeStyle = n > 4 && i !== best ? faint(colours.ink, 0.25) : classColour(i, n);
      c.lineWidth = i === best ? 2.25 : 1.75;
      c.stroke();
    }
  }

  // One neuron: membrane, threshold, spikes, and under them where the gradient touched it.
  trace(c, w, h, run, { layer, i }) {
    const { left } = this, k = layer + 1, n = run.widths[k], T = run.T, cell = (w - left - 8) / T, x = (t) => left + t * cell;
    const at = (t) => t * n + i, strip = 14, bottom = h - AXIS - strip - 8, top = 12;
    let low = 0, high = 1.25;
    for (let t = 0; t < T; t++) {
      low = Math.min(low, run.membrane[k][at(t)]);
      high = Math.max(high, run.membrane[k][at(t)], 1.1 * (run.threshold[k]?.[at(t)] ?? 1));
    }
    const y = (a) => bottom - ((a - low) / (high - low)) * (bottom - top);
    c.textAlign = "right";
    c.fillStyle = colours.muted;
    c.fillText("threshold", left - 8, y(run.threshold[k]?.[at(0)] ?? 1));
    c.fillText("0", left - 8, y(0));
    c.fillText("gradient", left - 8, h - AXIS - strip / 2 - 1);
    line(c, colours.grid, 1, left, y(0), w - 8, y(0));
    c.setLineDash([5, 4]);
    c.strokeStyle = colours.threshold;
    c.lineWidth = 1.5;
    c.beginPath();
    for (let t = 0; t <= T; t++) c.lineTo(x(t), y(run.threshold[k]?.[at(Math.min(t, T - 1))] ?? 1));
    c.stroke();
    c.setLineDash([]);
    c.fillStyle = faint(colours.ink, 0.04);
    c.fillRect(left, h - AXIS - strip - 1, w - left - 8, strip);
    c.beginPath();
    for (let t = 0; t < T; t++) c.lineTo(x(t + 0.5), y(run.membrane[k][at(t)]));
    c.strokeStyle = colours.membrane;
    c.lineWidth = 2;
    c.lineJoin = "round";
    c.stroke();
    for (let t = 0; t < T; t++) {
      if (run.active[k][at(t)]) {
        c.fillStyle = faint(colours.active, 0.2 + 0.75 * Math.sqrt(Math.abs(run.delta[k][at(t)]) / run.top[k]));
        c.fillRect(x(t) + 0.25, h - AXIS - strip - 1, cell - 0.5, strip);
      }
      if (!run.spikes[k][at(t)]) continue;
      c.fillStyle = colours.ink;
      c.fillRect(x(t + 0.5) - 1.25, 1, 2.5, 9);
    }
  }
}

function line(c, colour, width, x0, y0, x1, y1) {
  c.strokeStyle = colour;
  c.lineWidth = width;
  c.beginPath();
  c.moveTo(x0, y0);
  c.lineTo(x1, y1);
  c.stroke();
}
