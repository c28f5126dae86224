// What a hand does: choosing a point of the plane, hovering and choosing neurons, scrubbing, keys.

import { make } from "../scope/controls.js";

const KEYS = [["space", "train or pause"], ["→", "one update"], ["R", "start anew from the same weights"], ["P", "slow motion on or off"],
  ["↑ ↓", "draw another method's network"], ["shift + arrows", "move the point that runs through"], ["1 2 3", "class of the next own point"], ["Esc", "close, let go"], ["?", "this list"]];
const inside = (a) => Math.max(-1, Math.min(1, a));

export class Hands {
  constructor(stage) {
    Object.assign(this, { stage, pinned: null });
    const { e, graph } = stage, place = (event, canvas) => {
      const box = canvas.getBoundingClientRect();
      const times = canvas.currentCSSZoom ?? 1;
      return [(event.clientX - box.left) / times, (event.clientY - box.top) / times];
    };
    e.graph.addEventListener("pointermove", (event) => this.hover(graph.at(...place(event, e.graph))));
    e.graph.addEventListener("pointerleave", () => this.hover(null));
    e.graph.addEventListener("click", (event) => this.choose(graph.at(...place(event, e.graph))));
    e.graph.addEventListener("keydown", (event) => this.walk(event));
    e.graph.addEventListener("blur", () => this.hover(null));
    e.letGo.onclick = () => this.choose(null);
    const scrub = (event) => stage.scrub(stage.raster.stepAt(place(event, e.raster)[0], stage.s.T));
    e.raster.addEventListener("pointerdown", (event) => {
      e.raster.setPointerCapture(event.pointerId);
      this.scrubbing = true;
      scrub(event);
    });
    e.raster.addEventListener("pointermove", (event) => this.scrubbing && scrub(event));
    for (const end of ["pointerup", "pointercancel"]) e.raster.addEventListener(end, () => (this.scrubbing = false));
    e.raster.addEventListener("keydown", (event) => {
      const by = { ArrowRight: 1, ArrowLeft: -1, Home: -1e3, End: 1e3 }[event.key];
      if (!by || event.shiftKey) return;
      event.preventDefault();
      event.stopPropagation();
      stage.scrub(Math.max(0, Math.min(stage.s.T - 1, Math.round(stage.play.t) + by)));
    });
    this.keys = (event) => this.key(event);
    window.addEventListener("keydown", this.keys, true);
    this.touch = () => stage.touched();
    for (const kind of ["pointerdown", "keydown"]) e.root.addEventListener(kind, this.touch);
    // After a press of the mouse the space bar trains, and does not press the button again; who came by Tab keeps the focus.
    e.root.addEventListener("click", (event) => event.detail > 0 && event.composedPath()[0].closest?.("button")?.blur());
    e.help.onclick = () => this.help();
  }

  destroy() {
    window.removeEventListener("keydown", this.keys, true);
  }

  // A canvas that shows the plane: the pointer chooses while it hovers, a click keeps the choice.
  choosing(canvas) {
    const { stage } = this, at = (event) => {
      const box = canvas.getBoundingClientRect();
      return { px: inside((2 * (event.clientX - box.left)) / box.width - 1), py: inside(1 - (2 * (event.clientY - box.top)) / box.height) };
    };
    canvas.addEventListener("pointermove", (event) => event.pointerType !== "touch" && stage.look(at(event)));
    canvas.addEventListener("pointerleave", () => stage.look(null));
    // A finger that goes down may be about to scroll.
    canvas.addEventListener("pointerdown", (event) => event.pointerType !== "touch" && stage.set(at(event)));
    canvas.addEventListener("click", (event) => event.pointerType === "touch" && stage.set(at(event)));
  }

  hover(found) {
    const { graph } = this.stage;
    if (found?.node.i === graph.hover?.node.i && found?.column.layer === graph.hover?.column.layer) return;
    graph.hover = found;
    this.stage.wake();
  }

  choose(found) {
    const chosen = found?.column.kind === "hidden" ? { layer: found.column.layer, i: found.node.i } : null, { graph } = this.stage;
    const again = chosen && graph.chosen?.layer === chosen.layer && graph.chosen?.i === chosen.i;
    this.stage.chooseNeuron(again ? null : chosen);
  }

  // Arrow keys walk from tile to tile; Enter chooses.
  walk(event) {
    const { graph } = this.stage, columns = graph.columns, by = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }[event.key];
    if (event.shiftKey || !columns) return;
    if (by) {
      const k = graph.hover ? columns.findIndex((c) => c.layer === graph.hover.column.layer && c.kind === graph.hover.column.kind) : 0;
      const column = columns[Math.max(0, Math.min(columns.length - 1, k + (graph.hover ? by[0] : 1)))], i = (graph.hover?.node.i ?? 0) + by[1];
      this.hover({ column, node: column.nodes[Math.max(0, Math.min(column.nodes.length - 1, i))] });
    } else if (event.key === "Enter" && graph.hover) this.choose(graph.hover);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  key(event) {
    const { stage } = this, target = event.composedPath()[0], mine = stage.e.root.contains(target);
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || !stage.e.root.getClientRects().length) return;
    if (!mine && target !== document.body && target !== document.documentElement && !target.closest?.("section[tabindex], [data-testid='stMain']")) return;
    const tag = target.tagName ?? "";
    const typing = /^(TEXTAREA|SELECT)$/.test(tag) || target.isContentEditable || (tag === "INPUT" && target.type !== "checkbox");
    if (typing && event.key !== "Escape") return;
    if ((event.key === " " || event.key === "Enter") && /^(BUTTON|A|SUMMARY|INPUT)$/.test(tag)) return;
    if (event.key.startsWith("Arrow") && mine && !event.shiftKey && (target === stage.e.graph || target === stage.e.raster || target === stage.panel.pad.canvas || target.getAttribute("role") === "radio")) return;
    const act = this.act(event);
    if (!act) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    stage.touched();
    act();
  }

  act({ key, shiftKey }) {
    const { stage } = this, { s } = stage, move = (x, y) => () => stage.set({ px: inside(s.px + 0.08 * x), py: inside(s.py + 0.08 * y) });
    if (shiftKey && key.startsWith("Arrow")) return { ArrowLeft: move(-1, 0), ArrowRight: move(1, 0), ArrowUp: move(0, 1), ArrowDown: move(0, -1) }[key];
    const other = (by) => () => stage.set({ shown: s.methods[(s.methods.indexOf(s.shown) + by + s.methods.length) % s.methods.length] });
    if (s.set === "own" && /^[123]$/.test(key)) return () => stage.panel.pad.choose(Number(key) - 1);
    return { " ": () => stage.toggle(), ArrowRight: () => stage.step(), ArrowDown: other(1), ArrowUp: other(-1), r: () => stage.anew(), R: () => stage.anew(),
      p: () => stage.slow(), P: () => stage.slow(), "?": () => this.help(), Escape: this.escapes() }[key];
  }

  escapes() {
    const { stage } = this;
    if (!stage.e.sheet.hidden) return () => stage.panel.open(false);
    return stage.graph.chosen ? () => stage.chooseNeuron(null) : null;
  }

  help() {
    const { e, panel } = this.stage;
    if (!e.sheet.hidden) return panel.open(false);
    panel.open(true);
    const list = make("dl", {}, ...KEYS.flatMap(([key, what]) => [make("dt", {}, key), make("dd", {}, what)]));
    const close = make("button", { type: "button", class: "plain", onclick: () => panel.open(false) }, "Close");
    e.sheet.replaceChildren(make("div", { class: "rest keys", role: "dialog", "aria-label": "Keys and hints" }, make("h2", {}, "Keys"), list,
      make("p", {}, "Hover over a neuron to enlarge it, click it to see its membrane. Click a map to choose the point that runs through. Drag over the raster to move in time."), close));
    close.focus();
  }
}
