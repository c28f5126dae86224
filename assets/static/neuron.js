// The neuron's page without a server: which neuron, under which current, how many; the scope does the rest.

import { control, Help, make } from "../scope/controls.js";
import { NeuronScope } from "../scope/neuron.js";
import { Drawn } from "../scope/drawn.js";
import { Reader, Writer } from "./address.js";
import { drive } from "./stimuli.js";

const FIRST = { neuron: "LIF", stimulus: "Step" };

export class NeuronPage {
  // shipped: what Python wrote into the file. changed(settings): what the page stands at has settled.
  constructor(root, shipped, settings, changed, module) {
    Object.assign(this, { root, module, shipped, changed, revision: 0, scope: null, chosen: {} });
    this.help = new Help();
    this.setup = make("div", { class: "scope setup", role: "group", "aria-label": "Neuron and stimulus" });
    this.host = make("div", { class: "host" });
    root.append(this.setup, this.help.element, this.host);
    this.follow(settings);
  }

  get neuron() {
    return this.shipped.neurons[this.scene.neuron.is];
  }
  // Where a stimulus starts: a step is as strong as suits the neuron.
  start(stimulus) {
    return stimulus === FIRST.stimulus ? { amplitude: this.neuron.amplitude } : {};
  }

  // ---- the address -------------------------------------------------------------------------------------------------------

  follow(settings) {
    const { neurons, stimuli, surrogates, population, scene } = this.shipped, reader = new Reader(settings);
    reader.name("view", { live: 1, figure: 1 }, "live", "View");
    const neuron = reader.choice("neuron", neurons, FIRST.neuron, "Neuron");
    this.scene = { neuron, ...reader.values("scope", Object.values(scene)), drawn: this.drawn(reader),
                   surrogate: reader.choice("scope.surrogate", surrogates, this.shipped.surrogate, "Surrogate") };
    this.stimulus = reader.choice("stimulus", stimuli, FIRST.stimulus, "Stimulus", (name) => this.start(name));
    this.population = reader.values("run", population);
    this.problems = reader.problems;
    this.strangers = reader.strangers();
    this.revision++;
    this.chosen = { [neuron.is]: neuron, [this.stimulus.is]: this.stimulus };
    this.controls();
    this.show();
  }
  drawn(reader) {
    const text = reader.get("scope.drawn") ?? "";
    try {
      new Drawn().read(text);
      return text;
    } catch {
      reader.refuse("scope.drawn", "Drawn current", "what this page wrote", "Nothing");
      return "";
    }
  }
  settings() {
    const writer = new Writer(), { neurons, stimuli, surrogates, population, scene } = this.shipped;
    writer.choice("neuron", neurons, this.scene.neuron, FIRST.neuron);
    writer.choice("stimulus", stimuli, this.stimulus, FIRST.stimulus, this.start(this.stimulus.is));
    writer.values("run", population, this.population);
    writer.values("scope", Object.values(scene), this.scene);
    writer.put("scope.drawn", this.scene.drawn, "");
    writer.choice("scope.surrogate", surrogates, this.scene.surrogate, this.shipped.surrogate);
    if (this.scene.neuron.dt !== 1) writer.settings.set("per", "ms"); // as the app's links say that a current is one per ms
    return writer.settings;
  }

  // ---- the scope ---------------------------------------------------------------------------------------------------------

  data() {
    const { neurons, stimuli, surrogates, scene, colours } = this.shipped, neuron = neurons[this.scene.neuron.is];
    const { exclude, controls } = neuron;
    return { ...neuron, surrogates, colours, revision: this.revision, scene: this.scene,
             controls: { ...this.shipped.shared, ...scene, neuron: controls.filter(({ name }) => !exclude.includes(name)) },
             ...drive(neuron.formulas, stimuli[this.stimulus.is].charges, this.scene.neuron, this.stimulus, this.population) };
  }
  show(settled = true) {
    const data = this.data();
    if (this.scope) return settled ? this.scope.update(data) : this.scope.take(data);
    this.scope = new NeuronScope(this.host, this.module, data, (_, { scene }) => {
      this.scene = scene;
      this.changed(this.settings());
    });
  }
  // A control above the scope moved. The scope's own scene goes with it.
  moved(settled) {
    this.scene = this.scope.plain();
    this.scene.column = Math.min(this.scene.column, this.population.neurons - 1);
    for (const one of this.all) one.refresh();
    this.show(settled);
    if (settled) this.changed(this.settings());
  }
  // Another neuron or stimulus: its own fields are drawn.
  other() {
    this.revision++;
    this.controls();
    this.show();
    this.changed(this.settings());
  }

  // ---- the controls above it ----------------------------------------------------------------------------------------------

  controls() {
    const { neurons, stimuli, population } = this.shipped, choices = (classes) => Object.entries(classes).map(([name, { title }]) => [name, title]);
    const one = (owner) => (spec) => control(spec, () => owner()[spec.name], (value, settled) => {
      owner()[spec.name] = value;
      this.moved(settled);
    }, this.help);
    const neuron = control({ name: "neuron", label: "Neuron", kind: "choice", choices: choices(neurons), help: "What gathers the current." },
      () => this.scene.neuron.is, (name) => {
        const before = this.scene.neuron, follows = this.stimulus.is === FIRST.stimulus && this.stimulus.amplitude === this.neuron.amplitude;
        this.chosen[before.is] = this.scope.plain().neuron;
        this.scene = { ...this.scope.plain(), neuron: this.chosen[name] ?? this.plain(neurons, name) };
        if (follows) this.stimulus.amplitude = this.neuron.amplitude;
        this.other();
      }, this.help);
    const stimulus = control({ name: "stimulus", label: "Stimulus", kind: "choice", choices: choices(stimuli), help: "The current from outside." },
      () => this.stimulus.is, (name) => {
        this.chosen[this.stimulus.is] = this.stimulus;
        this.scene = this.scope.plain();
        this.stimulus = this.chosen[name] ?? { ...this.plain(stimuli, name), ...this.start(name) };
        this.other();
      }, this.help);
    const fields = stimuli[this.stimulus.is].controls.map(one(() => this.stimulus)), run = population.map(one(() => this.population));
    this.all = [neuron, stimulus, ...fields, ...run];
    const open = this.more?.open ?? false;
    this.more = make("details", { class: "popover" }, make("summary", {}, "Run and population"),
      make("div", { class: "sheet" }, ...run.map((c) => c.element)));
    this.more.open = open;
    // What takes the place of what was in focus takes the focus too.
    const focus = document.activeElement?.name;
    this.setup.replaceChildren(neuron.element, stimulus.element, ...fields.map((c) => c.element), this.more);
    if (focus) this.setup.querySelector(`select[name="${focus}"]`)?.focus();
  }
  plain(classes, name) {
    return { is: name, ...Object.fromEntries(classes[name].controls.map((spec) => [spec.name, spec.default])) };
  }

  theme() {
    this.scope.theme();
  }
  // How much the page does while nobody looks: nothing.
  leave() {
    this.scope.play(false);
  }
}
