// The playground without a server: its settings stand in the address as the app spells them.

import { compile } from "../scope/kernels.js";
import { mount } from "../playground/main.js";
import { Codec } from "../playground/state.js";

export class PlaygroundPage {
  constructor(root, shipped, settings, changed) {
    const data = shipped.playground;
    Object.assign(this, { codec: new Codec(data.fields, data.key), data, texts: {} });
    this.judge(settings);
    const address = { read: () => this.texts, write: (texts) => {
      this.texts = texts;
      changed(this.settings());
    } };
    this.stage = mount(root, { data, wasm: compile(data.module), address });
  }

  // What of the settings is possible, and sentences on the rest.
  judge(settings) {
    const { codec, data } = this, own = (key) => key.startsWith(`${data.key}.`) && codec.fields[key.slice(data.key.length + 1)];
    const entries = [...settings].filter(([key]) => own(key)), texts = Object.fromEntries(entries);
    const before = JSON.stringify(this.texts), read = codec.read(texts);
    this.texts = codec.write(read);
    this.strangers = [...settings.keys()].filter((key) => !own(key));
    this.problems = entries.filter(([key, text]) => !(key in this.texts) && !same(text, own(key).default)).map(([key, text]) =>
      `${own(key).label || key}: the address says ${key}=${text.slice(0, 40)}, which is not possible. ${own(key).default} is used instead.`);
    return before !== JSON.stringify(this.texts);
  }
  follow(settings) {
    if (this.judge(settings)) this.stage.follow(this.texts);
  }
  settings() {
    return new Map(Object.entries(this.texts));
  }

  theme() {} // it watches the page's
  leave() {} // it rests where it is not seen
}

const same = (text, value) => text.toLowerCase() === (Array.isArray(value) ? value.join("-") : String(value)).toLowerCase() || Number(text) === value;
