// Present mode: keys on every page, and the bar at the foot of the screen while it is on. F enters and leaves, Esc leaves; arrows
// and a presenter's Page keys step through the lesson or the presets of the page.

const TYPES = "input, textarea, select, [contenteditable=''], [contenteditable=true], [role=textbox], [role=combobox], [role=spinbutton]";
const WALKS = "[role=slider], [role=radio], [role=radiogroup], [role=tab], [role=option], [role=listbox], [role=menu], [role=menuitem], [role=grid], canvas";
const OPEN = "[role=dialog], [role=listbox], [role=menu], [data-testid=stPopoverBody]";
const PRESETS = ".st-key-presets a[href]";
const LESSON = { "-1": ".st-key-lesson-back button", 1: ".st-key-lesson-next button, .st-key-lesson-follows button" };
const SHARED = ["link", "present", "per", "backend"]; // in an address beside the settings of its page

const bars = new WeakMap(); // root -> Bar

export default function mount({ parentElement: root, data, setTriggerValue }) {
  const bar = bars.get(root) ?? new Bar(root);
  bars.set(root, bar);
  bar.take(data, setTriggerValue);
  return () => {
    bar.leave();
    bars.delete(root);
  };
}

class Bar {
  constructor(root) {
    this.element = document.createElement("div");
    this.element.className = "snn-present";
    root.append(this.element);
    this.key = (event) => this.press(event);
    window.addEventListener("keydown", this.key);
    this.looked = new MutationObserver(() => this.count());
    // The server draws figures for the theme that it knows of; a change of the system's, or by Streamlit's menu, it has to hear.
    this.themed = new MutationObserver(() => this.hear());
    const app = document.querySelector(".stApp");
    if (app) this.themed.observe(app, { attributes: true, attributeFilter: ["class", "style"] });
    this.system = matchMedia("(prefers-color-scheme: dark)");
    this.changed = () => requestAnimationFrame(() => requestAnimationFrame(() => this.hear()));
    this.system.addEventListener("change", this.changed);
  }

  hear() {
    if (!this.data || theme() === this.data.theme || theme() === this.heard) return;
    this.heard = theme();
    this.send("theme", this.heard);
  }

  leave() {
    window.removeEventListener("keydown", this.key);
    this.looked.disconnect();
    this.themed.disconnect();
    this.system.removeEventListener("change", this.changed);
    this.element.remove();
  }

  take(data, send) {
    this.data = data;
    this.send = send;
    this.heard = data.theme;
    this.element.hidden = !data.on;
    this.looked.disconnect();
    if (!data.on) return this.element.replaceChildren();
    this.back = button("←", "Back", () => this.step(-1));
    this.next = button("→", "Next", () => this.step(1));
    this.dots = document.createElement("span");
    this.dots.className = "dots";
    const words = document.createElement("span");
    words.className = "words";
    words.textContent = data.words;
    const out = button("Esc", "Leave present mode", () => this.send("mode", "off"));
    out.className = "out";
    const code = document.createElement("img");
    code.alt = "QR code of this page's link";
    code.src = data.code;
    const end = document.createElement("span");
    end.className = "end";
    end.append(words, ...(data.code ? [code] : []));
    this.element.replaceChildren(this.back, this.next, this.dots, out, end);
    const main = document.querySelector("[data-testid=stMain]");
    if (main) this.looked.observe(main, { childList: true, subtree: true });
    this.count();
  }

  // Where the page can be stepped to, and which of it is shown.
  count() {
    if (!this.data.on) return;
    const lesson = document.querySelector(".st-key-lesson");
    const links = [...document.querySelectorAll(PRESETS)], shown = lesson ? -1 : current(links);
    const now = `${Boolean(lesson)} ${links.length} ${shown} ${Boolean(document.querySelector(LESSON[1]))} ${Boolean(document.querySelector(LESSON[-1]))}`;
    if (now === this.now && this.dots.isConnected && this.drawn === this.dots) return;
    this.now = now;
    this.drawn = this.dots;
    this.back.disabled = lesson ? !document.querySelector(LESSON[-1]) : shown < 1;
    this.next.disabled = lesson ? !document.querySelector(LESSON[1]) : shown >= links.length - 1;
    this.dots.replaceChildren(...(lesson ? [] : links).map((_, number) => {
      const dot = document.createElement("i");
      if (number === shown) dot.className = "now";
      return dot;
    }));
  }

  step(by) {
    const way = document.querySelector(LESSON[by]);
    if (way) return way.click();
    if (document.querySelector(".st-key-lesson")) return;
    const links = [...document.querySelectorAll(PRESETS)], to = links[current(links) + by];
    if (!to) return;
    remember(to);
    to.click();
  }

  press(event) {
    const { key } = event, target = event.composedPath()[0];
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || event.repeat) return;
    if (target.closest?.(TYPES) || target.isContentEditable) return;
    const { on } = this.data;
    let act;
    if (key === "f" || key === "F") act = () => this.send("mode", on ? "off" : "on");
    else if (on && key === "Escape" && !document.fullscreenElement && !document.querySelector(OPEN)) act = () => this.send("mode", "off");
    else if (on && !event.shiftKey && !target.closest?.(WALKS)) {
      const by = { ArrowRight: 1, PageDown: 1, ArrowLeft: -1, PageUp: -1 }[key];
      if (by) act = () => this.step(by);
    }
    if (!act) return;
    event.preventDefault();
    act();
  }
}

// The theme that the app is drawn in.
function theme() {
  return getComputedStyle(document.querySelector(".stApp")).colorScheme.includes("dark") ? "dark" : "light";
}

function button(text, label, press) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = text;
  made.setAttribute("aria-label", label);
  made.addEventListener("click", press);
  return made;
}

// The number of the preset that is shown: the lit one, else the one that was stepped to last; -1: none.
function current(links) {
  const lit = getComputedStyle(document.querySelector(".stApp")).getPropertyValue("--lit");
  return lit ? Number(lit) : links.map(settings).indexOf(sessionStorage.getItem(memory()));
}

function remember(link) {
  sessionStorage.setItem(memory(), settings(link));
}

function memory() {
  return `snnviz-present ${location.pathname}`;
}

// The settings of a link, in one order.
function settings({ search }) {
  const all = new URLSearchParams(search);
  for (const name of SHARED) all.delete(name);
  all.sort();
  return all.toString();
}
