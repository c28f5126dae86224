// The spike derivative's page without a server: the scope has all its controls itself.

import { DerivativeScope } from "../scope/derivative.js";
import { Reader, Writer } from "./address.js";

const MADE = "SurrogateLaw"; // in addresses: a law that has a surrogate as its mean, made from one of a few

export class DerivativePage {
  constructor(root, shipped, settings, changed, module) {
    Object.assign(this, { root, module, shipped, changed, revision: 0, scope: null });
    this.follow(settings);
  }

  follow(settings) {
    const { derivative, surrogates } = this.shipped, { starts, first, made } = derivative, reader = new Reader(settings);
    const names = Object.fromEntries(Object.keys(derivative.laws).map((name) => [name.split(".")[0], name]));
    reader.name("view", { live: 1, surrogates: 1, estimator: 1, law: 1, cost: 1 }, "live", "View");
    let law = reader.name("law", names, first, "Law of z");
    const key = law === MADE ? "own" : "zo";
    if (law === MADE) {
      const from = Object.fromEntries(Object.keys(derivative.laws).filter((name) => name.startsWith(MADE)).map((name) => [name.split(".")[1], name]));
      law = from[reader.name("made", from, made, "Surrogate of the law")];
    }
    const { delta, draws, u, seed } = derivative.controls;
    const estimate = reader.values(key, [delta, draws], starts[key]), compare = reader.name("compare", { none: 1, ...surrogates }, "none", "Compare with a surrogate");
    this.scene = { law, ...estimate, ...reader.values("draw", [u, seed]),
                   compare: compare === "none" ? null : reader.choice("compare", surrogates, compare, "Compare with a surrogate") };
    this.problems = reader.problems;
    this.strangers = reader.strangers();
    this.revision++;
    const data = { ...derivative, surrogates, colours: this.shipped.colours, revision: this.revision, scene: this.scene };
    if (this.scope) return this.scope.update(data);
    this.scope = new DerivativeScope(this.root, this.module, data, (_, { scene }) => {
      this.scene = scene;
      this.changed(this.settings());
    });
  }
  settings() {
    const { derivative, surrogates } = this.shipped, { starts, first, made, controls } = derivative, writer = new Writer();
    const [law, from] = this.scene.law.split("."), key = law === MADE ? "own" : "zo";
    writer.settings.set("view", "live"); // the app's page opens with another of its views
    writer.put("law", law, first);
    if (from) writer.put("made", from, made);
    writer.values(key, [controls.delta, controls.draws], this.scene, starts[key]);
    writer.values("draw", [controls.u, controls.seed], this.scene);
    if (this.scene.compare) writer.choice("compare", surrogates, this.scene.compare, null);
    return writer.settings;
  }

  theme() {
    this.scope.theme();
  }
  leave() {
    this.scope.play(false);
  }
}
