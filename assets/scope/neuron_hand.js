// Dragging in the neuron's picture: the handles, and the pointer on the picture itself.

import { clamp, digits } from "./plot.js";
import { grip } from "./controls.js";
import { BINS } from "./drawn.js";
import { TITLE } from "./neuron_picture.js";

const CLICK = 4; // pixels: a pointer that moved less has clicked

export class Hand {
  constructor(scope, picture) {
    Object.assign(this, { scope, picture });
    this.pointers = new Map();
    this.doing = null; // what the pointer is at: scrub, pull, pan, pinch or draw
    this.theta = this.grip("Threshold, on the plot", "theta");
    this.reset = this.grip("Reset level, on the plot", "reset");
    this.loss = this.grip("Loss time, on the plot", "loss");
    picture.element.append(this.theta, this.reset, this.loss);
    this.listen(picture.over);
  }

  // ---- handles on the plot: each has the role of a slider, so arrow keys move it too ----------------------------------------------------

  grip(label, name) {
    const moved = (x, y) => this.pull(name, x, y), nudged = (way, key) => this.nudge(name, way, key);
    return grip(label, name, moved, nudged, () => this.scope.settler.soon(), this.picture);
  }

  pull(name, x, y) {
    const { scope, picture } = this, { scene, panel } = scope, n = scene.neuron, value = picture.track("membrane").value(y);
    if (name === "theta") scope.set(n, "theta", panel.slot("theta").snap(value), false);
    else if (name === "reset") {
      const field = scope.data.reset_field, [from, to] = scope.run.reach(scope.data, n);
      scope.set(n, field, panel.slot(field).snap((value - from) / (to - from)), false);
    } else {
      const at = clamp(picture.step(x) / Math.max(1, scope.data.T - 1), 0, 1);
      scene.target = scene.loss === "target" ? Number(value.toPrecision(3)) : scene.target;
      scope.set(scene, "loss_at", Number(at.toFixed(4)), false);
    }
  }

  nudge(name, way, key) {
    const { scope } = this, { scene } = scope, n = scene.neuron;
    const field = name === "reset" ? scope.data.reset_field : name;
    if (name === "loss") {
      const vertical = key === "ArrowUp" || key === "ArrowDown";
      if (vertical && scene.loss === "target") scope.set(scene, "target", Number((scene.target + 0.05 * way).toFixed(3)), true);
      else scope.set(scene, "loss_at", clamp(Number((scene.loss_at + way / Math.max(1, scope.data.T - 1)).toFixed(4)), 0, 1), true);
      return;
    }
    const { spec, snap } = scope.panel.slot(field), [from, to] = name === "reset" ? scope.run.reach(scope.data, n) : [0, 1];
    scope.set(n, field, snap(n[field] + Math.sign(to - from) * way * spec.slider[2]), true);
  }

  // Places each handle on the line that it moves.
  place() {
    const { scope, picture } = this, { scene, data, back } = scope, { left, right } = picture;
    const membrane = picture.track("membrane"), level = scope.run.level;
    const put = (handle, show, x, y, value, text) => {
      handle.hidden = !show;
      if (!show) return;
      const { times } = picture;
      handle.style.transform = `translate(${x * times}px, ${clamp(y, membrane.top, membrane.top + membrane.height) * times}px)`;
      handle.setAttribute("aria-valuenow", value);
      handle.setAttribute("aria-valuetext", text);
    };
    const theta = scene.neuron.theta;
    put(this.theta, theta !== undefined, right + 12, membrane.y(theta ?? 0), theta, `threshold ${digits(theta ?? 0)}`);
    put(this.reset, level !== null, right + 12, membrane.y(level ?? 0), level, `reset to ${digits(level ?? 0)}`);
    if (theta !== undefined && level !== null && Math.abs(membrane.y(theta) - membrane.y(level)) < 18) {
      this.reset.style.transform += " translateY(12px)";
    }
    const at = back ? scope.lossStep : 0, x = back ? picture.x(at) : 0;
    const value = back ? (scene.loss === "target" ? scene.target : scope.run.a.uc[at]) : 0;
    put(this.loss, back && x >= left - 1 && x <= right + 1, x, membrane.y(value), at,
      `loss at ${digits(at * data.dt)} ms, ${scene.loss === "target" ? `target ${digits(value)}` : "of the spike"}`);
  }

  // ---- the pointer on the picture ----------------------------------------------------------------------------------------

  // The line of the membrane's track that a mouse at this height would grab, or null.
  near(y) {
    const m = this.picture.track("membrane"), { neuron } = this.scope.scene, theta = neuron.theta, level = this.scope.run.level;
    if (y < m.top - 4 || y > m.top + m.height + 4) return null;
    if (theta !== undefined && Math.abs(y - m.y(theta)) < 5) return "theta";
    return level !== null && Math.abs(y - m.y(level)) < 5 ? "reset" : null;
  }
  inside(y) {
    return this.picture.tracks.find((track) => y >= track.top - TITLE && y <= track.top + track.height + 6);
  }

  listen(over) {
    const { scope, picture } = this;
    const where = (event) => {
      const box = over.getBoundingClientRect();
      return [(event.clientX - box.left) / picture.times, (event.clientY - box.top) / picture.times];
    };
    over.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      const [x, y] = where(event);
      over.setPointerCapture(event.pointerId);
      this.pointers.set(event.pointerId, [x, y]);
      if (this.pointers.size === 2) {
        const [[x1], [x2]] = [...this.pointers.values()];
        this.doing = { kind: "pinch", steps: [picture.step(x1), picture.step(x2)] };
        return;
      }
      const track = this.inside(y);
      const grabbed = event.pointerType === "mouse" && this.near(y);
      if (scope.drawing && track?.name === "input") this.doing = { kind: "draw", bin: null };
      else if (grabbed) this.doing = { kind: "pull", name: grabbed };
      else if (y > picture.bottom - 2) this.doing = { kind: "pan", step: picture.step(x) };
      else {
        this.doing = { kind: "scrub", from: x };
        if (track?.name === "raster") {
          const M = scope.data.M, column = clamp(Math.floor((y - track.top) / (track.height / M)), 0, M - 1);
          if (column !== scope.scene.column) scope.set(scope.scene, "column", column, true);
        }
        scope.play(false);
      }
      this.go(x, y);
    });
    over.addEventListener("pointermove", (event) => {
      const [x, y] = where(event);
      if (!this.pointers.has(event.pointerId)) {
        const track = this.inside(y);
        over.style.cursor = scope.drawing && track?.name === "input" ? "crosshair" : this.near(y) ? "ns-resize"
          : y > picture.bottom - 2 ? "grab" : "col-resize";
        return;
      }
      this.pointers.set(event.pointerId, [x, y]);
      this.go(x, y);
    });
    const release = (event) => {
      if (!this.pointers.delete(event.pointerId)) return;
      if (this.doing && (this.doing.kind === "draw" || this.doing.kind === "pull")) scope.settler.soon();
      if (this.doing?.kind === "scrub" && event.type === "pointerup") scope.pick(Math.abs(where(event)[0] - this.doing.from) > CLICK);
      this.doing = null;
    };
    over.addEventListener("pointerup", release);
    over.addEventListener("pointercancel", release);
    over.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.shiftKey) return; // a plain wheel scrolls the page
      event.preventDefault();
      const [x] = where(event), [a, b] = scope.window(), by = ((event.deltaY || event.deltaX) / 500) * (b - a);
      if (event.ctrlKey) scope.zoom(event.deltaY < 0 ? 1.25 : 0.8, picture.step(x));
      else scope.look(a + by, b + by);
    }, { passive: false });
    over.addEventListener("dblclick", () => scope.seeAll());
  }

  // Continue what the pointer has begun; it is now at (x, y).
  go(x, y) {
    const { doing, scope, picture } = this;
    if (!doing) return;
    if (doing.kind === "scrub") scope.go(picture.step(clamp(x, picture.left, picture.right)));
    else if (doing.kind === "pull") this.pull(doing.name, x, y);
    else if (doing.kind === "pan") {
      const [a, b] = scope.window(), by = doing.step - picture.step(x);
      scope.look(a + by, b + by);
    } else if (doing.kind === "pinch" && this.pointers.size === 2) {
      const [[x1], [x2]] = [...this.pointers.values()], [s1, s2] = doing.steps;
      const per = (s2 - s1) / (x2 - x1 || 1);
      if (per > 0) scope.look(s1 - (x1 - picture.left) * per, s1 + (picture.right - x1) * per);
    } else if (doing.kind === "draw") this.draw(doing, x, y);
  }

  // Draw levels on a straight line from the pointer's last place.
  draw(doing, x, y) {
    const { scope, picture } = this, track = picture.track("input");
    const bin = clamp(scope.drawn.bin(Math.floor(picture.step(x)), scope.data.T), 0, BINS - 1);
    const value = track.value(clamp(y, track.top, track.top + track.height)) / scope.drawnInput;
    const from = doing.bin ?? bin, to = bin, was = doing.value ?? value;
    for (let k = Math.min(from, to); k <= Math.max(from, to); k++) {
      scope.drawn.put(k, from === to ? value : was + ((value - was) * (k - from)) / (to - from), scope.drawnRange);
    }
    Object.assign(doing, { bin, value });
    scope.changed();
  }
}
