// Accuracy on the test part by epoch, a line for each training, its label beside it, and a cursor at the epoch that is shown.

const SVG = "http://www.w3.org/2000/svg";
const DASHES = { solid: "", dash: "9 5", dot: "3 5", dashdot: "9 4 3 4", longdash: "16 5", longdashdot: "16 4 3 4" };
const LEFT = 34, RIGHT = 10, TOP = 26, BOTTOM = 22, LINE = 17;

export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

// A sample of a training's stroke, for its label.
export const stroke = ({ colour, dash }) =>
  svg("svg", { width: 34, height: 6, "aria-hidden": "true" }, svg("line", { x1: 0, x2: 34, y1: 3, y2: 3, stroke: colour, "stroke-width": 3, "stroke-dasharray": DASHES[dash] }));

export const percent = (share) => `${Number((100 * share).toFixed(1))} %`;

// Draws into `place`; gives { cursor(epoch) }. `choose(epoch)` is called where the picture is pressed or dragged over.
export function chart(place, data, height, choose) {
  const width = place.clientWidth, end = Math.max(data.epochs, 2);
  const x = (epoch) => LEFT + ((epoch - 1) / (end - 1)) * (width - LEFT - RIGHT);
  const y = (share) => TOP + (1 - share) * (height - TOP - BOTTOM);
  const text = (words, px, py, anchor, kind = "tick") => svg("text", { x: px, y: py, "text-anchor": anchor, class: kind }, words);
  const picture = svg("svg", { width, height, "aria-hidden": "true" });
  picture.append(text("right on the test part, %", 0, 12, "start"));
  for (const share of [0, 0.25, 0.5, 0.75, 1])
    picture.append(svg("line", { x1: LEFT, x2: width - RIGHT, y1: y(share), y2: y(share), class: "grid" }), text(100 * share, LEFT - 8, y(share) + 4, "end"));
  const ticks = [...new Set([1, Math.round(1 + (end - 1) / 3), Math.round(1 + (2 * (end - 1)) / 3), end])];
  for (const tick of ticks)
    picture.append(text(tick === 1 ? "epoch 1" : tick, x(tick), height - 6, tick === 1 ? "start" : tick === end ? "end" : "middle"));
  const path = (values) => `M${values.map((share, i) => `${x(i + 1).toFixed(1)} ${y(share).toFixed(1)}`).join("L")}`;
  for (const row of data.rows)
    for (const values of row.others) if (values.length) picture.append(svg("path", { d: path(values), class: "other", stroke: row.colour }));
  for (const row of data.rows) {
    const { accuracy, colour, dash } = row;
    if (accuracy.length) picture.append(svg("path", { d: path(accuracy), class: "curve", stroke: colour, "stroke-dasharray": DASHES[dash] }));
    if (accuracy.length === 1) picture.append(svg("circle", { cx: x(1), cy: y(accuracy[0]), r: 3.5, fill: colour }));
  }
  const line = svg("line", { y1: TOP, y2: y(0), class: "now" }), dot = svg("circle", { cy: y(0), r: 6, class: "knob" });
  picture.append(...labels(data.rows, x, y, width), line, dot);
  const at = (event) => Math.round(1 + ((event.clientX - picture.getBoundingClientRect().left - LEFT) / (width - LEFT - RIGHT)) * (end - 1));
  picture.addEventListener("pointerdown", (event) => (picture.setPointerCapture(event.pointerId), choose(at(event))));
  picture.addEventListener("pointermove", (event) => event.buttons && choose(at(event)));
  place.replaceChildren(picture);
  return {
    cursor(epoch) {
      for (const element of [line, dot]) element.style.visibility = epoch ? "visible" : "hidden";
      line.setAttribute("x1", x(epoch)), line.setAttribute("x2", x(epoch)), dot.setAttribute("cx", x(epoch));
    },
  };
}

// Labels in the free space between the curves: each near its own curve, no two on one line, none on a curve; a leader leads to the point.
function labels(rows, x, y, width) {
  const drawn = rows.filter((row) => row.accuracy.length);
  const left = x(1) + 0.22 * (width - LEFT - RIGHT), parts = [];
  const busy = (top) => drawn.some(({ accuracy }) => accuracy.some((share, i) => x(i + 1) > left - 12 && Math.abs(y(share) - top + 5) < LINE - 3));
  const free = [];
  for (let top = y(1) + 14; top < y(0) - 4; top += LINE) if (!busy(top)) free.push(top);
  const order = [...drawn].sort((a, b) => y(a.accuracy.at(-1)) - y(b.accuracy.at(-1)));
  for (const row of order) {
    const level = y(row.accuracy[Math.min(row.accuracy.length - 1, Math.round(row.accuracy.length / 3))]);
    if (!free.length) break;
    const top = free.reduce((best, one) => (Math.abs(one - level) < Math.abs(best - level) ? one : best));
    free.splice(free.indexOf(top), 1);
    const near = row.accuracy.reduce((best, share, i) => (Math.abs(x(i + 1) - left + 26) < Math.abs(x(best + 1) - left + 26) ? i : best), 0);
    const px = x(near + 1), py = y(row.accuracy[near]);
    parts.push(svg("path", { d: `M${left - 4} ${top - 5}L${px} ${py}`, class: "leader" }), svg("circle", { cx: px, cy: py, r: 3, class: "knob" }));
    parts.push(svg("text", { x: left, y: top, class: "note" }, `${row.label}: ${percent(row.accuracy.at(-1))}`));
  }
  return parts;
}
