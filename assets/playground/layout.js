// Where the network's columns and tiles are, in CSS pixels: [{ kind, layer, x, nodes: [{ x, y, size, i, name }] }].

import { inputsOf } from "./data.js";

const DEEP = 12; // tiles one above the other; more stand in further columns beside them

// `names`: of the inputs; for pictures one tile stands for all of them.
export function columnsOf(w, h, s, outputs, { picture = false } = {}) {
  const narrow = w < 480, names = picture ? ["digit"] : inputsOf(s), counts = [names.length, ...s.hidden, outputs];
  const rows = counts.map((n, k) => (k > 0 && k < counts.length - 1 ? Math.ceil(n / Math.ceil(n / DEEP)) : n));
  const most = Math.max(...rows, 6), size = Math.max(18, Math.min(narrow ? 32 : Math.max(42, Math.min(60, h / 10)), (h - 10) / most - (narrow ? 5 : 8)));
  const left = narrow ? 14 : 52, right = narrow ? 60 : 78, step = (w - left - right - size) / (counts.length - 1);
  return counts.map((n, k) => {
    const kind = k === 0 ? "input" : k === counts.length - 1 ? "readout" : "hidden", high = rows[k], wide = Math.ceil(n / high);
    const tile = kind === "input" && picture ? Math.min(narrow ? 56 : 88, 2 * size + 12)
      : kind === "readout" ? (n > 4 ? Math.min(size, (h - 10) / n - 4) : narrow ? size : size * 1.25) : size;
    const gap = Math.min(tile + (kind === "readout" ? (n > 4 ? 5 : 26) : narrow ? 8 : Math.max(10, size / 3)), (h - 10) / high), top = (h - gap * (high - 1)) / 2;
    const x = left + k * step + size / 2;
    return {
      kind, layer: k - 1, x,
      nodes: Array.from({ length: n }, (_, i) => ({
        x: x + (Math.floor(i / high) - (wide - 1) / 2) * (tile + 7), y: top + (i % high) * gap, size: tile, i, name: names[i],
      })),
    };
  });
}

// The tile under a point, or null.
export function tileAt(columns, x, y) {
  for (const column of columns ?? []) for (const node of column.nodes) {
    if (Math.abs(x - node.x) < node.size / 2 + 3 && Math.abs(y - node.y) < node.size / 2 + 3) return { column, node };
  }
  return null;
}

// The curve from tile a to tile b: four points, x and y in turn.
export function curve(a, b) {
  const x0 = a.x + a.size / 2, x1 = b.x - b.size / 2 - 6, bend = 0.45 * (x1 - x0);
  return [x0, a.y, x0 + bend, a.y, x1 - bend, b.y, x1, b.y];
}

// A point of such a curve, q from 0 to 1.
export function along(e, q) {
  const p = 1 - q, a = p * p * p, b = 3 * p * p * q, c = 3 * p * q * q, d = q * q * q;
  return [a * e[0] + b * e[2] + c * e[4] + d * e[6], a * e[1] + b * e[3] + c * e[5] + d * e[7]];
}
