// The axes of the spike-derivative scope: margins under the upper tracks, draws under the mean, values at the left.

import { digits, horizontal, ticks } from "./plot.js";

export function drawAxes(scope, g, end, logx) {
  const c = scope.colours, [slope, active, mean, step] = scope.tracks;
  g.font = `13px ${scope.font}`;
  const number = (text, x, y, align, base) => {
    g.fillStyle = c.muted;
    g.textAlign = align;
    g.textBaseline = base;
    g.fillText(text, x, y);
  };
  const vertical = (x, track) => {
    g.strokeStyle = c.grid;
    g.lineWidth = 1;
    g.beginPath();
    g.moveTo(Math.round(x) + 0.5, track.top);
    g.lineTo(Math.round(x) + 0.5, track.top + track.height);
    g.stroke();
  };
  for (const u of ticks(-scope.half, scope.half, scope.right - scope.left < 420 ? 4 : 8)) {
    vertical(scope.x(u), step);
    vertical(scope.x(u), slope);
    vertical(scope.x(u), active);
    number(digits(u), scope.x(u), scope.axis + 3, "center", "top");
  }
  for (let n = 1; n <= end; n *= 10) {
    vertical(logx(n), mean);
    number(digits(n), logx(n), mean.top + mean.height + 5, "center", "top");
  }
  number("margin u − θ", scope.right, scope.axis + 18, "right", "top");
  number("draws", scope.right, mean.top + mean.height + 20, "right", "top");
  for (const track of scope.tracks) {
    for (const value of { active: [0, 0.5, 1], step: [0, 1] }[track.name] ?? track.ticks()) {
      g.strokeStyle = c.grid;
      horizontal(g, scope.left, scope.right, track.y(value));
      number(track.name === "active" ? `${100 * value} %` : digits(value), scope.left - 6, track.y(value), "right", "middle");
    }
    g.fillStyle = c.ink;
    g.textAlign = "left";
    g.textBaseline = "alphabetic";
    const short = { mean: "Mean at u, against draws", step: "The spike: a step, slope 0 or infinite" }[track.name];
    g.fillText(short && scope.right - scope.left < 420 ? short : track.title, scope.left, track.top - 5);
  }
}
