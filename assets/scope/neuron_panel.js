// The controls beside the neuron's picture, made from the declarations that Python sends, and the legend below it.

import { control, Help, make } from "./controls.js";
import { METHODS } from "./neuron_run.js";

export class Panel {
  constructor(scope) {
    this.scope = scope;
    this.help = new Help();
    this.panel = make("div", { class: "panel" });
    this.element = make("div", { class: "side" }, this.panel, this.help.element);
    this.legend = make("div", { class: "legend", role: "group", "aria-label": "Methods" });
  }

  build() {
    const { scope } = this, { data, scene } = scope, { gain: spec, column: which } = data.controls;
    const one = (owner) => (spec) =>
      control(spec, () => owner[spec.name], (value, settled) => scope.set(owner, spec.name, value, settled), this.help);
    const neuron = data.controls.neuron.map(one(scene.neuron));
    const gain = one(scene)(spec);
    const column = data.M > 1 ? [one(scene)({ ...which, slider: [0, data.M - 1, 1], high: data.M - 1 })] : [];
    this.controls = [gain, ...neuron, ...column];
    const plain = neuron.filter((c) => !c.spec.advanced), more = neuron.filter((c) => c.spec.advanced);
    const parts = [gain, ...plain, ...column].map((c) => c.element);
    if (more.length) parts.push(make("details", {}, make("summary", {}, "More settings"), ...more.map((c) => c.element)));
    if (scope.differentiable) parts.push(this.back(one));
    this.panel.replaceChildren(...parts);
    this.legends();
  }

  // The controls of the backward pass; more of them when it is on. `one` makes the control of one field.
  back(one) {
    const { scope } = this, { data, scene } = scope, c = data.controls;
    const toggle = control(c.backward, () => scene.backward, (on) => { scene.backward = on; scope.rebuild(); }, this.help);
    this.controls.push(toggle);
    if (!scene.backward) return make("div", { class: "group" }, toggle.element);
    const choice = control({ ...c.surrogate, choices: Object.entries(data.surrogates).map(([name, s]) => [name, s.title]) },
      () => scene.surrogate.is, (name) => {
        scene.surrogate = { is: name, ...Object.fromEntries(data.surrogates[name].controls.map((k) => [k.name, k.default])) };
        scope.rebuild();
      }, this.help);
    const loss = control(c.loss, () => scene.loss, (value) => { scene.loss = value; scope.rebuild(); }, this.help);
    const fields = data.surrogates[scene.surrogate.is].controls.map(one(scene.surrogate));
    const own = [choice, ...fields, one(scene)(c.scale), loss, one(scene)(c.loss_at)];
    if (scene.loss === "target") own.push(one(scene)(c.target));
    this.controls.push(...own);
    return make("div", { class: "group" }, toggle.element, ...own.map((k) => k.element));
  }

  legends() {
    const { scope } = this, { shown } = scope;
    this.legend.hidden = !scope.back;
    this.legend.replaceChildren(...METHODS.map(({ key, name, dash }) => {
      const swatch = make("span", { class: `swatch ${dash.length ? "dashed" : ""}`, style: `--colour: var(--${key})` });
      const box = make("input", { type: "checkbox", checked: shown.has(key), onchange: () => {
        if (box.checked) shown.add(key); else shown.delete(key);
        scope.touch();
      } });
      return make("label", {}, box, swatch, name);
    }));
  }
  dress() {
    const { element, colours } = this.scope;
    for (const { key } of METHODS) element.style.setProperty(`--${key}`, colours.methods[key]);
  }

  refresh() {
    for (const c of this.controls) c.refresh();
  }
  slot(name) {
    return this.controls.find((c) => c.spec.name === name);
  }
}
