// The playground itself: its settings, the worker that trains, the picture's loop. It knows nothing of Streamlit.

import { make } from "../scope/controls.js";
import { unpack } from "../scope/kernels.js";
import { Cards } from "./cards.js";
import { drawColumns } from "./columns.js";
import { parts, SETS } from "./data.js";
import { Engine } from "./engine.js";
import { Hands } from "./hands.js";
import { NetworkView } from "./network.js";
import { build, icon } from "./page.js";
import { paint, speakSoon } from "./paint.js";
import { Panel } from "./panel.js";
import { savePicture } from "./picture.js";
import { PRESETS, presetOf } from "./presets.js";
import { RasterView } from "./raster.js";
import { PointRun } from "./run.js";
import { image } from "./sample.js";
import { Codec, restarts, whole } from "./state.js";
import { follow, skeleton, theme } from "./surroundings.js";

const FRAME = 45; // ms between two looks at the training; spikes move at every frame of the screen
const GOAL = 0.95; // of the race
const WALL = 820; // pixels of a window; a narrower one has no room for large letters

export class Stage {
  // data: what snnviz.live.playground.data() makes; wasm: a WebAssembly.Module or a promise of one; address: { read(): texts by key,
  // write(texts) }, where the settings at rest are carried.
  constructor(root, { data, wasm, address }) {
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    Object.assign(this, { data, address, codec: new Codec(data.fields, data.key), frame: null, run: null, generation: 0, training: !still,
      play: { phase: "forward", t: 0, on: !still, pause: 0 }, looked: null, stale: true, fresh: false, waiting: false, askedAt: 0, alive: true, drawn: "" });
    this.meter = { frames: 0, drawing: 0, started: performance.now(), first: 0 };
    const e = (this.e = build());
    this.s = this.codec.read(address.read());
    root.append(e.root);
    e.root.stage = this; // for whoever measures
    theme(this);
    this.digits = { unseen: data.digits.count - data.digits.train };
    this.train = SETS[this.s.set].plane ? parts(this.s).train : { n: 0 };
    this.graph = new NetworkView(e.graph);
    this.raster = new RasterView(e.raster);
    this.hands = new Hands(this);
    this.panel = new Panel(this);
    this.cards = new Cards(this);
    this.presets();
    this.key();
    this.captions();
    Object.assign(e.play, { onclick: () => this.toggle() });
    Object.assign(e.step, { onclick: () => this.step() });
    Object.assign(e.anew, { onclick: () => this.anew() });
    Object.assign(e.slow, { onclick: () => this.slow() });
    Object.assign(e.race, { onclick: () => this.set({ race: !this.s.race }) });
    Object.assign(e.png, { onclick: () => savePicture(this) });
    this.refresh();
    this.release = follow(this, root);
    this.ready = this.start(wasm);
  }

  async start(wasm) {
    const module = await wasm;
    await this.unpackDigits(); // of the set that is chosen by now
    if (!this.alive) return;
    this.point = new PointRun(new Engine(module));
    this.worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
    this.worker.onmessage = ({ data }) => this.hear(data);
    this.worker.postMessage({ type: "start", module, settings: this.s, digits: this.digits.images ? this.digits : null });
    if (this.training) this.worker.postMessage({ type: "run", on: true, settings: this.s });
    this.wake();
  }

  // The digits, where they are chosen.
  async unpackDigits() {
    if (SETS[this.s.set].plane || this.digits.images) return;
    const { packed, count, train } = this.data.digits, bytes = new Uint8Array(await unpack(packed));
    Object.assign(this.digits, { images: bytes.subarray(0, 64 * count), labels: bytes.subarray(64 * count), train });
    this.train = parts(this.s, this.digits).train;
    this.panel.pad.draw();
  }

  destroy() {
    this.alive = false;
    cancelAnimationFrame(this.asking);
    clearTimeout(this.writing);
    clearTimeout(this.speaking);
    this.worker?.terminate();
    this.worker = this.point = this.frame = this.run = null;
    this.release();
    this.hands.destroy();
    this.e.root.stage = null;
    this.e.root.remove();
  }

  resize() {
    const { root } = this.e;
    if (!root.clientWidth) return; // out of sight there is nothing to draw on
    const enlarged = Number(getComputedStyle(root).getPropertyValue("--snn-letters")) > 1; // in present mode
    root.classList.toggle("wall", enlarged && innerWidth > WALL);
    this.panel.paint();
    drawColumns(this);
    this.cards.refresh(this.s);
    this.fresh = true;
    if (!this.frame) skeleton(this);
    this.wake();
  }

  // ---- settings ---------------------------------------------------------------------------------------------------------

  set(changes) {
    const anew = restarts(this.s, changes);
    if ("image" in changes || "sample" in changes) this.stale = true;
    this.s = whole({ ...this.s, ...changes });
    this.looked = null;
    clearTimeout(this.writing);
    this.writing = setTimeout(() => this.address.write(this.codec.write(this.s)), 350);
    if (anew) this.restart();
    else this.worker?.postMessage({ type: "change", settings: this.s });
    this.refresh();
  }

  // Takes over what an address says, as after the browser's Back.
  follow(texts) {
    this.s = this.codec.read(texts);
    clearTimeout(this.writing);
    this.restart();
    this.refresh();
  }

  restart() {
    this.generation++;
    this.winner = null;
    this.behind = !SETS[this.s.set].plane && !this.digits.images; // the worker still has another network: nothing is asked of it
    if (this.behind) {
      this.unpackDigits().then(() => {
        this.worker?.postMessage({ type: "digits", digits: this.digits });
        this.restart();
        this.refresh();
      });
      return;
    }
    this.train = parts(this.s, this.digits).train;
    const chosen = this.graph.chosen;
    if (chosen && !(chosen.i < this.s.hidden[chosen.layer])) this.graph.chosen = null;
    this.graph.hover = null;
    this.worker?.postMessage({ type: "restart", settings: this.s });
  }

  refresh() {
    const { s, e } = this;
    this.stale = true;
    this.panel.refresh(s);
    this.cards.refresh(s);
    drawColumns(this);
    this.buttons();
    for (const button of e.presets.children) button.setAttribute("aria-pressed", String(presetOf(s, this.codec.defaults)?.title === button.textContent));
    this.wake();
  }

  buttons() {
    const { e, training, play } = this, label = training ? "Pause" : "Train";
    if (e.play.dataset.label !== label) {
      e.play.dataset.label = label;
      e.play.replaceChildren(icon(training ? "pause" : "play"), label);
    }
    const moving = String(play.on);
    if (e.slow.dataset.on !== moving) {
      e.slow.dataset.on = moving;
      e.slow.replaceChildren(icon(play.on ? "pause" : "play"));
      e.slow.setAttribute("aria-label", play.on ? "Pause the slow motion" : "Play the slow motion");
    }
    e.race.setAttribute("aria-pressed", String(this.s.race));
    e.letGo.hidden = !this.graph.chosen;
    e.tiles.hidden = Boolean(this.graph.chosen) || !SETS[this.s.set].plane;
  }

  presets() {
    for (const { title, settings } of PRESETS) {
      this.e.presets.append(make("button", { type: "button", onclick: () => {
        this.set({ ...this.codec.defaults, seed: this.s.seed, speed: this.s.speed, ...settings });
        if (!this.training) this.toggle();
      } }, title));
    }
  }

  key() {
    const item = (name, text) => make("span", {}, make("i", { class: name }), text);
    this.e.key.append(item("tick", "spike"), item("cell", "touched by the gradient, darker: larger"), item("edge up", "excites"), item("edge down", "inhibits"));
  }

  // Three words at first sight; gone after the first touch.
  captions() {
    const { e } = this, note = (name, text) => make("p", { class: `note ${name}`, "aria-hidden": "true" }, text);
    this.notes = [note("spikes", "spikes in"), note("press", this.training ? "it is learning: pause it" : "press play"), note("touches", "who touches less?")];
    e.network.append(this.notes[0]);
    e.transport.append(this.notes[1]);
    e.race.before(this.notes[2]);
    e.root.classList.add("noted");
  }

  touched() {
    for (const note of this.notes) note.remove();
    this.e.root.classList.remove("noted");
    this.notes = [];
  }

  // ---- acts -------------------------------------------------------------------------------------------------------------

  toggle(on = !this.training) {
    this.training = on;
    this.winner = null;
    this.rested = false;
    this.worker?.postMessage({ type: "run", on, settings: this.s });
    this.buttons();
    this.stale = true;
    speakSoon(this);
    this.wake();
  }

  step() {
    this.toggle(false);
    this.worker?.postMessage({ type: "step" });
    this.stale = true;
    this.wake();
  }

  anew() {
    this.restart();
    this.refresh();
  }

  slow(on = !this.play.on) {
    this.play.on = on;
    this.buttons();
    this.wake();
  }

  scrub(t) {
    this.play.on = false;
    this.play.t = t;
    this.buttons();
    this.wake();
  }

  // A point under the pointer, { px, py }, or null: the chosen one again.
  look(point) {
    this.looked = point;
    this.wake();
  }

  chooseNeuron(chosen) {
    this.graph.chosen = chosen;
    this.drawn = "";
    this.fresh = true;
    this.buttons();
    this.wake();
  }

  see(seen) {
    if (seen === !this.rested || !this.worker) return;
    this.rested = !seen;
    if (this.training) this.worker.postMessage({ type: "run", on: seen, settings: this.s });
    if (seen) this.wake();
  }

  // ---- the worker's answers ---------------------------------------------------------------------------------------------

  hear(frame) {
    this.waiting = false;
    this.wake();
    if (frame.generation !== this.generation) {
      this.stale = true;
      return;
    }
    this.frame = frame;
    this.fresh = true;
    this.e.root.dataset.updates = frame.updates;
    if (this.s.race && this.training && !this.winner) {
      const [key] = Object.entries(frame.methods).filter(([, m]) => m.test.accuracy >= GOAL).sort(([, a], [, b]) => b.test.accuracy - a.test.accuracy)[0] ?? [];
      if (key) {
        this.toggle(false);
        this.winner = { key, updates: frame.updates };
      }
    }
  }

  // ---- the loop: one picture a frame, while anything moves --------------------------------------------------------------

  wake() {
    if (!this.alive || this.asking) return;
    this.asking = requestAnimationFrame((now) => {
      this.asking = 0;
      this.draw(now);
    });
  }

  draw(now) {
    if (!this.e.root.clientWidth) return; // until it comes into sight again, and has a size
    const start = performance.now(), { s, play } = this, seconds = Math.min(0.1, (now - (this.before ?? now)) / 1000);
    this.before = now;
    if (this.worker && !this.behind && !this.waiting && !this.rested && (this.stale || (this.training && now - this.askedAt >= FRAME))) {
      Object.assign(this, { waiting: true, stale: false, askedAt: now });
      this.worker.postMessage({ type: "frame", shown: s.shown, generation: this.generation, image: SETS[s.set].plane ? null : image(this) });
    }
    const m = this.frame?.generation === this.generation && this.frame.methods[s.shown];
    if (m && (m.counts || !SETS[s.set].plane)) paint(this, m, seconds);
    this.meter.frames++;
    this.meter.drawing += performance.now() - start;
    if (!this.rested && (this.training || play.on || this.stale)) this.wake();
    else this.before = null;
  }
}
