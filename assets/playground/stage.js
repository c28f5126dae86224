// The playground itself: its settings, the worker that trains, the picture's loop. It knows nothing of Streamlit.

import { make } from "../scope/controls.js";
import { unpack } from "../scope/kernels.js";
import { Cards } from "./cards.js";
import { drawLoss } from "./chart.js";
import { drawColumns } from "./columns.js";
import { parts, SETS } from "./data.js";
import { Engine } from "./engine.js";
import { Hands } from "./hands.js";
import { METHODS } from "./methods.js";
import { NetworkView } from "./network.js";
import { build, icon, write, writeSentence } from "./page.js";
import { Panel } from "./panel.js";
import { savePicture } from "./picture.js";
import { PRESETS, presetOf } from "./presets.js";
import { RasterView } from "./raster.js";
import { PointRun } from "./run.js";
import { sentence, spoken, story } from "./sayings.js";
import { Codec, restarts, whole } from "./state.js";
import { follow, skeleton, theme } from "./surroundings.js";

const FRAME = 45; // ms between two looks at the training; spikes move at every frame of the screen
const SLOW = 13; // steps of a run a second, in slow motion
const HOLD = 0.7; // s between forward and backward
const GOAL = 0.95; // of the race

export class Stage {
  // data: what snnviz.live.playground.data() makes; wasm: a WebAssembly.Module or a promise of one; worker: makes a Worker of
  // worker.js; address: { read(): texts by key, write(texts) }, where the settings at rest are carried.
  constructor(root, { data, wasm, worker, address }) {
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
    this.ready = this.start(wasm, worker);
  }

  async start(wasm, worker) {
    const [module] = await Promise.all([wasm, this.unpackDigits()]);
    if (!this.alive) return;
    this.point = new PointRun(new Engine(module));
    this.worker = worker();
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

  // 64 grey values of the digit that runs: drawn by hand, or an unseen one.
  image() {
    const { image, sample } = this.s, { images, train } = this.digits;
    if (image) return Uint8Array.from(image, (one) => parseInt(one, 17));
    if (!images) return new Uint8Array(64);
    const at = 64 * (train + (sample % this.digits.unseen));
    return images.subarray(at, at + 64);
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
    if (!this.e.root.clientWidth) return; // out of sight there is nothing to draw on
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
    if (!SETS[this.s.set].plane && !this.digits.images) {
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
    e.output.append(this.notes[2]);
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
    this.speakSoon();
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
    if (this.worker && !this.waiting && !this.rested && (this.stale || (this.training && now - this.askedAt >= FRAME))) {
      Object.assign(this, { waiting: true, stale: false, askedAt: now });
      this.worker.postMessage({ type: "frame", shown: s.shown, generation: this.generation, image: SETS[s.set].plane ? null : this.image() });
    }
    const m = this.frame?.generation === this.generation && this.frame.methods[s.shown];
    if (m && (m.counts || !SETS[s.set].plane)) this.paint(m, seconds);
    this.meter.frames++;
    this.meter.drawing += performance.now() - start;
    if (!this.rested && (this.training || play.on || this.stale)) this.wake();
    else this.before = null;
  }

  paint(m, seconds) {
    const { s, play, frame, fresh } = this, turned = this.advance(seconds), shown = this.looked ? { ...s, ...this.looked } : s;
    // A run stays as it is while it passes in slow motion, though the network learns on: a picture that changes under its own
    // cursor cannot be read.
    const image = SETS[s.set].plane ? null : this.image(), which = [s.image, s.sample, shown.px, shown.py, s.shown, this.generation, s.surrogate, s.width, s.delta, s.scale, s.band].join();
    const moved = which !== this.drawn || turned || (fresh && !play.on);
    if (moved) {
      this.drawn = which;
      this.run = this.point.compute(shown, m.weights, image ? this.label() : this.nearest(shown), 0x5eed, image);
    }
    if (fresh || moved) this.cards.draw(frame, shown);
    if (fresh) {
      write(this.e.updates, frame.updates.toLocaleString("en"));
      drawLoss(this.e.loss, s, frame);
      this.say();
    }
    const scene = [play.t, play.phase, this.graph.hover?.column.layer, this.graph.hover?.node.i].join();
    if (fresh || moved || scene !== this.scene) {
      this.scene = scene;
      this.graph.draw({ s: shown, m, run: this.run, play, fresh, sample: image });
      this.raster.draw({ s, run: this.run, play, chosen: this.graph.chosen, moved: moved || fresh });
      const [way, text] = story(s, this.run, play);
      if (this.e.story.dataset.text !== way + text) {
        this.e.story.dataset.text = way + text;
        this.e.story.className = `story ${play.phase}`;
        this.e.story.replaceChildren(make("b", {}, way), ` · ${text}`);
        this.e.raster.setAttribute("aria-valuemax", String(s.T - 1));
        this.e.raster.setAttribute("aria-valuenow", String(Math.max(0, Math.min(s.T - 1, Math.round(play.t)))));
        this.e.raster.setAttribute("aria-valuetext", `${way}, ${text}`);
      }
    }
    if (!this.meter.first) {
      this.meter.first = performance.now();
      this.e.root.dataset.drawn = Math.round(this.meter.first - this.meter.started);
    }
    this.fresh = false;
  }

  say() {
    const note = presetOf(this.s, this.codec.defaults), text = sentence(this.s, this.frame, { preset: note?.says, winner: this.winner });
    // A sentence stays for two seconds at least, so that it can be read.
    if (text !== this.sentence && (performance.now() - (this.sentenceAt ?? -1e9) > 2000 || !this.training)) {
      this.sentence = text;
      this.sentenceAt = performance.now();
      writeSentence(this.e.says, text);
      this.speakSoon();
    }
  }

  speakSoon() {
    clearTimeout(this.speaking);
    this.speaking = setTimeout(() => {
      write(this.e.live, spoken(this.s, this.frame, this.training, this.sentence ?? ""));
      this.e.graph.setAttribute("aria-label", `The network of ${METHODS[this.s.shown].title}: ${this.s.hidden.join(", ")} hidden neurons, each a picture of its answer over the plane`);
    }, 1500);
  }

  // Moves the slow motion on; true when a run begins anew.
  advance(seconds) {
    const { play, s } = this;
    if (!play.on || this.hands.scrubbing) return false;
    if (play.pause > 0) {
      play.pause -= seconds;
      return false;
    }
    const forward = play.phase === "forward";
    play.t += (forward ? 1 : -1) * seconds * SLOW;
    if (forward && play.t >= s.T + 1.5) Object.assign(play, { phase: "backward", t: s.T - 0.01, pause: HOLD });
    else if (!forward && play.t <= -1.5) {
      Object.assign(play, { phase: "forward", t: 0, pause: HOLD });
      return true;
    }
    return false;
  }

  // Of the digit: its own, or for one drawn by hand what the shown method takes it for.
  label() {
    const { s, digits } = this, answer = this.frame.methods[s.shown].answer;
    if (!s.image) return digits.labels[digits.train + (s.sample % digits.unseen)];
    return answer ? answer.indexOf(Math.max(...answer)) : 0;
  }

  nearest({ px, py }) {
    let best = 0, least = Infinity;
    for (let i = 0; i < this.train.n; i++) {
      const d = (this.train.x[i] - px) ** 2 + (this.train.y[i] - py) ** 2;
      if (d < least) [least, best] = [d, i];
    }
    return this.train.n ? this.train.c[best] : 0;
  }
}
