// The elements of the playground, all at once and empty: what is drawn before anything has been computed.

import { make } from "../scope/controls.js";

const SHAPES = {
  anew: "M12 5V2L7 6.500 12 11V7a5.500 5.500 0 1 1-5.500 5.500h-2A7.500 7.500 0 1 0 12 5z", step: "M6 5v14l9-7zM16 5h3v14h-3z",
  play: "M8 5v14l11-7z", pause: "M7 5h4v14H7zM13 5h4v14h-4z", help: "M10.500 17h3v3h-3zM12 4a5 5 0 0 0-5 5h2.600a2.400 2.400 0 1 1 3.700 2c-1.500 1-2.600 2-2.600 4.300h2.600c0-1.500.7-2 1.700-2.700A5 5 0 0 0 12 4z",
  picture: "M4 5h16v14H4zm2 2v8l4-4 3 3 2-2 3 3V7zm8.500 3.500a1.500 1.500 0 1 0 0-.01z", close: "M6 7.400L7.400 6 12 10.600 16.600 6 18 7.400 13.400 12 18 16.600 16.600 18 12 13.400 7.400 18 6 16.600 10.600 12z",
  more: "M4 7h9v2H4zm12-2h2v2h2v2h-2v2h-2zM4 15h3v2H4zm4-2h2v2h10v2H10v2H8z",
};

export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg"), path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", SHAPES[name]);
  path.setAttribute("fill-rule", "evenodd");
  svg.append(path);
  return svg;
}

export const round = (name, label, act) => make("button", { type: "button", class: "icon", title: label, "aria-label": label, onclick: act }, icon(name));

// Everything, by name.
export function build() {
  const e = {};
  const add = (name, tag, attributes = {}, ...children) => (e[name] = make(tag, { ...attributes, class: `${name} ${attributes.class ?? ""}`.trim() }, ...children));
  const canvas = (name, label, attributes = {}) => add(name, "canvas", { role: "img", "aria-label": label, ...attributes });
  add("play", "button", { type: "button", title: "Train or pause (space)" });
  add("updates", "b", {}, "0");
  add("transport", "div", { role: "group", "aria-label": "Training" }, e.play,
    (e.step = round("step", "One update (right arrow)")), (e.anew = round("anew", "Start anew from the same weights (R)")),
    make("span", { class: "count" }, e.updates, make("span", {}, " updates")));
  add("presets", "div", { role: "group", "aria-label": "Presets" });
  add("says", "p");
  add("sets", "div", { role: "radiogroup", "aria-label": "Data" });
  add("pad", "div", { hidden: true });
  add("first", "div", { class: "stack" });
  add("more", "button", { type: "button", class: "plain", "aria-expanded": "false" }, icon("more"), "More");
  add("tools", "div", { class: "tools" }, (e.png = round("picture", "Save the picture as PNG")), (e.help = round("help", "Keys and hints (?)")));
  add("side", "section", { "aria-label": "Data and settings" }, make("h2", {}, "Data"), e.sets, e.pad, e.first, e.more, e.tools);
  add("over", "div");
  canvas("graph", "The network", { tabindex: "0", role: "application", "aria-roledescription": "network; arrow keys walk over its neurons" });
  add("slow", "button", { type: "button", class: "icon ring", title: "Spikes in slow motion (P)" });
  add("story", "p");
  add("tiles", "div", { class: "choice", role: "group", "aria-label": "Tiles show" });
  add("letGo", "button", { type: "button", class: "plain small", hidden: true }, icon("close"), "all neurons");
  canvas("raster", "Spikes of the chosen point", { tabindex: "0", role: "slider", "aria-valuemin": "0" });
  add("key", "p");
  add("network", "section", { "aria-label": "Network" }, e.over, e.graph, make("div", { class: "bar" }, e.slow, e.story, e.letGo, e.tiles), e.raster, e.key);
  add("chips", "div", { role: "group", "aria-label": "Methods" });
  add("cards", "div");
  add("race", "button", { type: "button", class: "plain small", title: "Stop when a method is right on 95 % of unseen points" }, "Race to 95 %");
  canvas("loss", "Loss of every method over the updates");
  add("output", "section", { "aria-label": "Methods" }, e.chips, e.cards,
    make("div", { class: "lossbox" }, make("div", { class: "head" }, make("h2", {}, "Loss"), e.race), e.loss));
  add("sheet", "div", { hidden: true });
  add("live", "p", { class: "unseen", role: "status", "aria-live": "polite" });
  e.root = make("div", { class: "playground" }, make("div", { class: "frame" }, make("div", { class: "top" }, e.transport, e.presets), e.says,
    make("div", { class: "body" }, e.side, e.network, e.output), e.sheet, e.live));
  return e;
}

// A text set only if it is another one: a screen reader and the layout are left in peace.
export const write = (element, text) => element.textContent === text || (element.textContent = text);

// The first part of a sentence, up to its first "**", is bold.
export function writeSentence(element, text) {
  if (element.dataset.text === text) return;
  element.dataset.text = text;
  const [bold, rest = ""] = text.split("**");
  element.replaceChildren(make("b", {}, bold), rest);
}
