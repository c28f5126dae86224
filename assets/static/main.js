// A file without a server: one page at a time, the address, and light or dark.

import { compile, unpackCurves, unsupported } from "../scope/kernels.js";
import { make } from "../scope/controls.js";
import { parse, spellHash } from "./address.js";
import { DerivativePage } from "./derivative.js";
import { NeuronPage } from "./neuron.js";
import { PlaygroundPage } from "./playground.js";

const PAGES = { playground: PlaygroundPage, neuron: NeuronPage, derivative: DerivativePage }; // the first opens first
const shipped = JSON.parse(document.getElementById("shipped").textContent);
const opened = {}; // what has been looked at: { page, settings }
let shown = null, theme = "", turn = 0;

// What a page needs before it can be drawn: the scopes' kernels, the laws' curves.
const needs = {
  playground: async () => null,
  neuron: () => compile(shipped.module),
  derivative: async () => {
    shipped.derivative.samples ??= await unpackCurves(shipped.derivative.curves);
    return compile(shipped.module);
  },
};

const dark = matchMedia("(prefers-color-scheme: dark)");
const isDark = () => (theme ? theme === "dark" : dark.matches);

function dress() {
  document.documentElement.dataset.theme = isDark() ? "dark" : "light";
  const button = document.getElementById("theme"), other = isDark() ? "Light" : "Dark";
  button.lastElementChild.textContent = other;
  button.setAttribute("aria-label", `${other} colours`);
  opened[shown]?.page?.theme();
}

// ---- the address: which page, its settings, and the colours where somebody chose them -------------------------------------

function write(name, settings) {
  opened[name].settings = settings;
  if (name !== shown) return;
  const hash = spellHash(name, new Map([...settings, ...(theme ? [["theme", theme]] : [])]));
  if (hash !== location.hash) history.replaceState(null, "", hash);
}

function follow() {
  const { page, settings } = parse(location.hash), name = Object.hasOwn(PAGES, page) ? page : Object.keys(PAGES)[0];
  const wish = settings.get("theme");
  settings.delete("theme");
  settings.delete("per"); // the mark of the app's own addresses, which these are
  theme = wish === "dark" || wish === "light" ? wish : "";
  const wrong = page && name !== page ? [`This file has no page "${page.slice(0, 40)}".`] : [];
  show(name, settings, wrong).catch((problem) => {
    console.error(problem);
    complain([`This page could not start: ${problem.message}`]);
  });
}

// ---- pages -------------------------------------------------------------------------------------------------------------------

async function show(name, settings, wrong) {
  const mine = ++turn, place = (opened[name] ??= { page: null });
  if (shown && shown !== name) opened[shown].page?.leave();
  shown = name;
  for (const tab of document.querySelectorAll("[data-page]")) {
    if (tab.dataset.page === name) tab.setAttribute("aria-current", "page");
    else tab.removeAttribute("aria-current");
  }
  for (const panel of document.querySelectorAll("main > section")) panel.hidden = panel.id !== name;
  document.title = `${document.querySelector(`#${name} h1`).textContent} – snnviz`;
  dress();
  const needed = place.page ? null : await needs[name]();
  if (mine !== turn) return;
  if (!place.page) {
    place.page = new PAGES[name](document.querySelector(`#${name} .live`), shipped, settings, (now) => {
      complain([]);
      write(name, now);
    }, needed);
  } else if (spellHash(name, settings) !== spellHash(name, place.settings)) place.page.follow(settings);
  place.settings = settings;
  const { problems, strangers } = place.page, unknown = strangers.slice(0, 5).join(", ");
  const sentences = [...wrong, ...problems, ...(unknown ? [`The address sets ${unknown}, which this page does not have. It was ignored.`] : [])];
  complain(sentences);
  if (!sentences.length) write(name, place.page.settings());
}

function complain(sentences) {
  const notice = document.getElementById("problems");
  notice.hidden = !sentences.length;
  notice.replaceChildren(...sentences.map((sentence) => make("p", {}, sentence)));
}

// A page that was looked at before is found as it was left.
function go(event) {
  const name = event.currentTarget.dataset.page, settings = opened[name]?.settings ?? new Map();
  event.preventDefault();
  if (name === shown) return;
  history.pushState(null, "", spellHash(name, new Map([...settings, ...(theme ? [["theme", theme]] : [])])));
  follow();
  window.scrollTo(0, 0);
}

const reason = unsupported();
if (reason) complain([`Nothing can run in this browser: ${reason} A browser of the last three years can.`]);
else {
  for (const tab of document.querySelectorAll("[data-page]")) tab.addEventListener("click", go);
  document.getElementById("theme").addEventListener("click", () => {
    theme = isDark() ? "light" : "dark";
    dress();
    write(shown, opened[shown].settings);
  });
  dark.addEventListener("change", dress);
  addEventListener("hashchange", follow);
  follow();
}
