// What is around the picture: the theme, the size, whether anybody looks; and what stands there before the first numbers are here.

import { isDark } from "../scope/host.js";
import { colours, useColours } from "./theme.js";

const NAMES = ["paper", "panel", "ink", "muted", "grid", "active", "silent", "excite", "inhibit"];

// Follows all of it; gives the function that stops.
export function follow(stage, root) {
  const { e } = stage, scheme = matchMedia("(prefers-color-scheme: dark)");
  const retheme = () => theme(stage), hidden = () => stage.see(!document.hidden);
  const resizes = new ResizeObserver(() => stage.resize());
  resizes.observe(e.root);
  const themes = new MutationObserver(retheme);
  themes.observe(document.documentElement, { attributes: true, attributeFilter: ["class", "style", "data-theme"] });
  if (root.host) themes.observe(root.host, { attributes: true });
  scheme.addEventListener("change", retheme);
  // Out of sight nothing is trained.
  const sights = new IntersectionObserver(([entry]) => stage.see(entry.isIntersecting));
  sights.observe(e.root);
  document.addEventListener("visibilitychange", hidden);
  return () => {
    for (const one of [resizes, themes, sights]) one.disconnect();
    scheme.removeEventListener("change", retheme);
    document.removeEventListener("visibilitychange", hidden);
  };
}

// Takes the colours of the theme around the playground.
export function theme(stage) {
  const { e, data } = stage, dark = isDark(e.root);
  if (colours.dark === dark && stage.themed) return;
  stage.themed = true;
  useColours(data.colours[dark ? "dark" : "light"], dark);
  colours.font = getComputedStyle(e.root).fontFamily;
  e.root.classList.toggle("dark", dark);
  for (const name of NAMES) e.root.style.setProperty(`--${name}`, colours[name]);
  if (stage.panel) stage.resize();
}

// Where the network will be.
export function skeleton({ e, graph, s }) {
  const canvas = e.graph, ratio = devicePixelRatio || 1;
  canvas.width = Math.round(canvas.clientWidth * ratio);
  canvas.height = Math.round(canvas.clientHeight * ratio);
  const c = canvas.getContext("2d");
  c.scale(ratio, ratio);
  c.fillStyle = colours.panel;
  for (const column of graph.layout(s)) for (const { x, y, size } of column.nodes) {
    c.beginPath();
    c.roundRect(x - size / 2, y - size / 2, size, size, 6);
    c.fill();
  }
}
