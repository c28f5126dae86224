// Above the drawing, where its columns are: how many neurons a layer has, how many layers there are, whose network it is.

import { make } from "../scope/controls.js";
import { METHODS } from "./methods.js";
import { colours } from "./theme.js";
import { SETS } from "./data.js";

export function drawColumns(stage) {
  const { s, e: { over }, graph } = stage, wide = over.clientWidth, key = [s.hidden, wide, s.mirrored, s.set, s.shown, colours.dark].join();
  if (over.dataset.key === key || !wide) return;
  over.dataset.key = key;
  const columns = graph.layout(s), picture = !SETS[s.set].plane, narrow = wide < 480, most = picture ? 32 : 12, step = picture ? 4 : 1, layers = s.hidden.length;
  const had = over.contains(over.getRootNode().activeElement) ? over.getRootNode().activeElement.getAttribute("aria-label") : null;
  const at = (x, ...children) => make("div", { style: `left: ${x}px` }, ...children);
  over.className = narrow ? `over two${layers === 3 ? " tight" : ""}` : "over";
  const button = (text, label, off, hidden) => make("button", { type: "button", "aria-label": label, title: label, disabled: off, onclick: () => stage.set({ hidden: hidden() }) }, text);
  const sized = (i, by) => () => s.hidden.map((n, j) => (j === i ? Math.max(2, Math.min(most, n + by)) : n));
  const sizes = s.hidden.map((n, i) => at(columns[i + 1].x,
    button("−", `Fewer neurons in hidden layer ${i + 1}`, n <= 2, sized(i, -step)), make("b", {}, String(n)),
    button("+", `More neurons in hidden layer ${i + 1}`, n >= most, sized(i, step))));
  const less = button("−", "One hidden layer less", layers <= 1, () => s.hidden.slice(0, -1));
  const more = button("+", "One hidden layer more", layers >= (picture ? 2 : 3), () => [...s.hidden, s.hidden.at(-1)]);
  // On a phone in a line of its own: beside the others there is no room, and no telling which is which.
  const many = at(narrow ? 64 : columns[0].x - 4, less, make("b", {}, String(layers)), more, layers === 1 ? "layer" : "layers");
  const name = make("span", { class: "shown", style: `--hue: ${colours.methods[s.shown]}` }, METHODS[s.shown].title);
  const whose = at(narrow ? wide - 44 : Math.min(columns.at(-1).x + 14, wide - 44), name);
  over.replaceChildren(many, ...sizes, whose);
  for (const box of sizes) box.className = "size";
  if (had) [...over.querySelectorAll("button")].find((b) => b.getAttribute("aria-label") === had)?.focus();
}
