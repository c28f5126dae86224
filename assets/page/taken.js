// A part of a page as a picture to take away: as SVG, with texts as texts, boxes as rectangles, drawings as they are; or as PNG.

import { make } from "../scope/controls.js";

const SVG = "http://www.w3.org/2000/svg";
const LEFT_OUT = "button, input, select, .taking, [hidden]"; // what is pressed is no part of a picture
// What a drawing has from style sheets, which do not travel with it.
const STYLES = ["fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-linejoin", "paint-order", "opacity", "visibility", "font-size", "font-weight", "text-anchor"];
const SHARPNESS = 2; // pixels of a PNG for one of the page

// Two buttons that take `element` away, under this name; they appear with the pointer or the keyboard.
export function taking(element, name) {
  const one = (kind, take) => make("button", { type: "button", title: `Download the picture as ${kind}`, "aria-label": `Download the picture as ${kind}`, onclick: take }, kind);
  return make("div", { class: "taking", role: "group", "aria-label": "Take the picture away" },
    one("SVG", () => save(new Blob([svgOf(element)], { type: "image/svg+xml" }), `${name}.svg`)),
    one("PNG", async () => save(await pngOf(element), `${name}.png`)));
}

// The text of an SVG file that shows what `element` shows.
export function svgOf(element) {
  const box = element.getBoundingClientRect(), style = getComputedStyle(element);
  const picture = part("svg", { xmlns: SVG, width: box.width, height: box.height, viewBox: `0 0 ${box.width} ${box.height}`, "font-family": style.fontFamily });
  picture.append(part("rect", { width: "100%", height: "100%", fill: style.getPropertyValue("--paper") || "#FFFFFF" }));
  draw(element, picture, box);
  return new XMLSerializer().serializeToString(picture);
}

async function pngOf(element) {
  const { width, height } = element.getBoundingClientRect(), image = new Image(), canvas = make("canvas", {});
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svgOf(element))}`;
  await image.decode();
  canvas.width = width * SHARPNESS;
  canvas.height = height * SHARPNESS;
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob(done));
}

function save(blob, name) {
  const link = make("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

function part(tag, attributes) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

// Draws an element and what is in it into `into`; `from` is the box of the whole picture.
function draw(element, into, from) {
  const style = getComputedStyle(element), box = element.getBoundingClientRect(), place = { x: box.left - from.left, y: box.top - from.top, width: box.width, height: box.height };
  if (style.display === "none" || style.visibility === "hidden" || element.matches(LEFT_OUT)) return;
  if (element instanceof SVGSVGElement) return void into.append(copied(element, place));
  if (element instanceof HTMLCanvasElement) return void into.append(part("image", { ...place, href: element.toDataURL(), style: `image-rendering: ${style.imageRendering}` }));
  if (style.opacity !== "1") into.append((into = part("g", { opacity: style.opacity })));
  const edge = parseFloat(style.borderTopWidth), ground = !/, 0\)$|transparent/.test(style.backgroundColor);
  if ((edge && !/, 0\)$/.test(style.borderTopColor)) || ground) {
    const inner = { x: place.x + edge / 2, y: place.y + edge / 2, width: Math.max(0, place.width - edge), height: Math.max(0, place.height - edge) };
    into.append(part("rect", { ...inner, rx: parseFloat(style.borderTopLeftRadius) || 0, fill: ground ? style.backgroundColor : "none", stroke: edge ? style.borderTopColor : "none", "stroke-width": edge }));
  }
  for (const child of element.childNodes) {
    if (child.nodeType === Node.TEXT_NODE) write(child, style, into, from);
    else if (child.nodeType === Node.ELEMENT_NODE && !(style.overflowY === "hidden" && child.getBoundingClientRect().top >= box.bottom)) draw(child, into, from);
  }
}

// A drawing where it stands, with what its style sheets say written into it.
function copied(drawing, place) {
  const copy = drawing.cloneNode(true), all = [copy, ...copy.querySelectorAll("*")];
  [drawing, ...drawing.querySelectorAll("*")].forEach((one, i) => {
    const style = getComputedStyle(one);
    for (const name of STYLES) all[i].setAttribute(name, style.getPropertyValue(name));
    for (const name of ["class", "style"]) all[i].removeAttribute(name);
    if (one instanceof SVGTextElement) all[i].setAttribute("textLength", one.getComputedTextLength()), all[i].setAttribute("lengthAdjust", "spacingAndGlyphs");
  });
  for (const [name, value] of Object.entries(place)) copy.setAttribute(name, value);
  return copy;
}

// A text, a line of it at a time. Its length is said, so that it fits where another font stands in.
function write(node, style, into, from) {
  const range = document.createRange();
  let line = "", box = null;
  const end = () => {
    if (!line.trim()) return;
    const words = part("text", { x: box.left - from.left, y: (box.top + box.bottom) / 2 - from.top, "dominant-baseline": "central", "font-size": style.fontSize, "font-weight": style.fontWeight,
      fill: style.color, textLength: box.right - box.left, lengthAdjust: "spacingAndGlyphs" });
    words.textContent = line.trim();
    into.append(words);
  };
  for (let i = 0; i < node.length; i++) {
    range.setStart(node, i);
    range.setEnd(node, i + 1);
    const [at] = range.getClientRects();
    if (!at || !at.width) continue;
    if (box && at.top > box.top + 2) (end(), (line = ""), (box = null));
    box = box ? { ...box, right: at.right } : { left: at.left, right: at.right, top: at.top, bottom: at.bottom };
    line += node.data[i];
  }
  end();
}
