// The losses of all methods over the updates, a dash over a line, so that two that coincide are both seen.

import { sheet } from "./heat.js";
import { METHODS } from "./methods.js";
import { colours, faint } from "./theme.js";

const LEFT = 34, RIGHT = 8, TOP = 8, BOTTOM = 18;

export function drawLoss(canvas, s, frame) {
  const { context: c, w, h } = sheet(canvas), shown = Object.keys(METHODS).filter((key) => frame.methods[key]);
  let end = 1, high = 0.1;
  for (const key of shown) {
    const { values, stride } = frame.methods[key].curve;
    end = Math.max(end, values.length * stride);
    for (const v of values) if (v < 3) high = Math.max(high, v);
  }
  high = Math.min(high * 1.05, 2.5);
  const x = (i) => LEFT + (i / end) * (w - LEFT - RIGHT), y = (v) => h - BOTTOM - (Math.min(v, high) / high) * (h - TOP - BOTTOM);
  const every = high > 1.2 ? 1 : high > 0.55 ? 0.5 : high > 0.25 ? 0.2 : 0.1;
  c.font = `12px ${colours.font}`;
  c.textBaseline = "middle";
  for (let v = 0; v <= high; v += every) {
    c.strokeStyle = colours.grid;
    c.lineWidth = 1;
    c.beginPath();
    c.moveTo(LEFT, Math.round(y(v)) + 0.5);
    c.lineTo(w - RIGHT, Math.round(y(v)) + 0.5);
    c.stroke();
    c.fillStyle = colours.muted;
    c.textAlign = "right";
    c.fillText(String(Number(v.toFixed(1))), LEFT - 6, y(v));
  }
  c.textAlign = "right";
  c.fillText(`${frame.updates.toLocaleString("en")} updates`, w - RIGHT, h - 7);
  c.textAlign = "left";
  c.fillText("0", LEFT, h - 7);
  c.lineJoin = "round";
  for (const key of shown) {
    const { values, stride } = frame.methods[key].curve, dash = METHODS[key].dash, over = dash.length > 0;
    c.strokeStyle = colours.methods[key];
    c.lineWidth = over ? 2 : 3.5;
    if (!over) c.strokeStyle = faint(colours.methods[key], 0.85);
    c.setLineDash(dash);
    c.beginPath();
    const keep = values.length > 40 ? 0.75 : 0; // a light mean over neighbours, for the eye
    let mean = values[0];
    values.forEach((v, i) => {
      mean = keep * mean + (1 - keep) * v;
      c.lineTo(x((i + 1) * stride), y(mean));
    });
    c.stroke();
  }
  c.setLineDash([]);
}
