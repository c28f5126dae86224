// A file without a server: one page at a time, the address, and light or dark.

import { compile, unpackCurves, unsupported } from "../scope/kernels.js";
import { make } from "../scope/controls.js";
import { parse, spellHash } from "./address.js";
import { DerivativePage } from "./derivative.js";
import { NeuronPage } from "./neuron.js";

const PAGES = { neuron: NeuronPage, derivative: DerivativePage }; // in the order of the tabs
const shipped = JSON.parse(document.getElementById("shipped").textContent);
const opened = {}; // what has been looked at: { page, panel, settings }
let shown = null, theme = "";

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
  const asked = settings.get("theme");
  settings.delete("theme");
  settings.delete("per"); // the app's mark of its own addresses, which these are
  theme = asked === "dark" || asked === "light" ? asked : "";
  const wrong = page && name !== page ? [`This file has no page "${page.slice(0, 40)}".`] : [];
  show(name, settings, wrong);
}

// ---- pages -------------------------------------------------------------------------------------------------------------------

function show(name, settings, wrong = []) {
  if (shown && shown !== name) opened[shown]?.page?.leave();
  shown = name;
  for (const tab of document.querySelectorAll("[data-page]")) {
    if (tab.dataset.page === name) tab.setAttribute("aria-current", "page");
    else tab.removeAttribute("aria-current");
  }
  for (const panel of document.querySelectorAll("main > section")) panel.hidden = panel.id !== name;
  const place = (opened[name] ??= { page: null });
  place.settings = settings;
  dress();
  if (place.page) place.page.follow(settings);
  else place.page = new PAGES[name](document.querySelector(`#${name} .live`), module, shipped, settings, (now) => {
    complain([]);
    write(name, now);
  });
  const { problems, strangers } = place.page, unknown = strangers.slice(0, 5).join(", ");
  const sentences = [...wrong, ...problems, ...(unknown ? [`The address sets ${unknown}, which this page does not have. It was ignored.`] : [])];
  complain(sentences);
  if (!sentences.length) write(name, place.page.settings());
  document.title = `${document.querySelector(`#${name} h1`).textContent} – snnviz`;
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

let module = null;

async function start() {
  const reason = unsupported();
  if (reason) throw new Error(reason);
  const [compiled, samples] = await Promise.all([compile(shipped.module), unpackCurves(shipped.derivative.curves)]);
  module = compiled;
  shipped.derivative.samples = samples;
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

start().catch((problem) => {
  console.error(problem);
  complain([`Nothing can run in this browser: ${problem.message} A browser of the last three years can.`]);
});
