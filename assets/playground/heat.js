// Small pictures: a grid of numbers as an image, points on a plane, a shape for each class.

import { colours, mix } from "./theme.js";

// An offscreen image of `wide` x `high` cells that is filled again and again.
export class Heat {
  constructor(wide, high = wide) {
    this.canvas = Object.assign(document.createElement("canvas"), { width: wide, height: high });
    this.context = this.canvas.getContext("2d");
    this.image = this.context.createImageData(wide, high);
    this.image.data.fill(255);
  }

  // value(i) from 0 to 1 is a place in the table of colours.
  ramp(table, n, value) {
    const { data } = this.image;
    for (let i = 0; i < n; i++) {
      const [r, g, b] = table[Math.max(0, Math.min(255, Math.round(255 * value(i))))];
      data[4 * i] = r;
      data[4 * i + 1] = g;
      data[4 * i + 2] = b;
    }
    this.context.putImageData(this.image, 0, 0);
    return this;
  }

  // Probabilities [classes, n]: the hue of what is likely, paler where it is unsure.
  decision(p, n) {
    const { data } = this.image, classes = p.length / n, hues = colours.classRgb, most = colours.dark ? 0.62 : 0.58;
    for (let i = 0; i < n; i++) {
      let top = 0, r = 0, g = 0, b = 0;
      for (let c = 0; c < classes; c++) {
        const q = p[c * n + i];
        top = Math.max(top, q);
        r += q * hues[c][0];
        g += q * hues[c][1];
        b += q * hues[c][2];
      }
      const sure = (top - 1 / classes) / (1 - 1 / classes);
      const [x, y, z] = mix(colours.ground, [r, g, b], 0.05 + most * sure);
      data[4 * i] = x;
      data[4 * i + 1] = y;
      data[4 * i + 2] = z;
    }
    this.context.putImageData(this.image, 0, 0);
    return this;
  }

  draw(context, x, y, size, round = 5, smooth = true) {
    context.save();
    context.beginPath();
    context.roundRect(x, y, size, size, round);
    context.clip();
    context.imageSmoothingEnabled = smooth;
    context.imageSmoothingQuality = "high";
    context.drawImage(this.canvas, x, y, size, size);
    context.restore();
  }
}

// Fits a canvas to its place on the screen, enlarged as it may be on a wall; gives { context, w, h } in CSS pixels, cleared.
export function sheet(canvas) {
  const ratio = (devicePixelRatio || 1) * (canvas.currentCSSZoom ?? 1), w = canvas.clientWidth, h = canvas.clientHeight;
  if (canvas.width !== Math.round(w * ratio) || canvas.height !== Math.round(h * ratio)) {
    canvas.width = Math.round(w * ratio);
    canvas.height = Math.round(h * ratio);
  }
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, w, h);
  return { context, w, h };
}

export const place = (value, size) => ((value + 1) / 2) * size;

// Class 0 is a disc, 1 a square, 2 a triangle: not by colour alone.
export function mark(context, c, x, y, radius) {
  if (c === 1) {
    const a = 0.86 * radius;
    context.rect(x - a, y - a, 2 * a, 2 * a);
  } else if (c === 2) {
    context.moveTo(x, y - 1.2 * radius);
    context.lineTo(x + 1.1 * radius, y + 0.8 * radius);
    context.lineTo(x - 1.1 * radius, y + 0.8 * radius);
    context.closePath();
  } else {
    context.moveTo(x + radius, y);
    context.arc(x, y, radius, 0, 2 * Math.PI);
  }
}

// The first `count` points.
export function drawPoints(context, set, x0, y0, size, radius, count = set.n) {
  for (let c = 0; c < colours.classes.length; c++) {
    context.beginPath();
    for (let i = 0; i < count; i++) {
      if (set.c[i] === c) mark(context, c, x0 + place(set.x[i], size), y0 + place(-set.y[i], size), radius);
    }
    context.strokeStyle = colours.paper;
    context.lineWidth = radius / 1.5;
    context.stroke();
    context.fillStyle = colours.classes[c];
    context.fill();
  }
}

// The ring of the chosen point.
export function drawChosen(context, px, py, x0, y0, size, radius) {
  context.beginPath();
  context.arc(x0 + place(px, size), y0 + place(-py, size), radius, 0, 2 * Math.PI);
  context.lineWidth = 3.5;
  context.strokeStyle = colours.paper;
  context.stroke();
  context.lineWidth = 1.75;
  context.strokeStyle = colours.ink;
  context.stroke();
}
