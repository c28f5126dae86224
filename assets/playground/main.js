// One call opens the playground in an element, with or without a server:
//
//   const stage = mount(root, { data, wasm, address });
//   stage.follow(texts); stage.destroy();
//
// data: what snnviz.live.playground.data() makes, as JSON. wasm: the module of kernels/playground.cu, compiled, or a promise of
// it. address: read() gives the settings as texts by key ({ "play.noise": "0.1" }), write(texts) carries those at rest; inHash below
// keeps them behind the #.

import { Stage } from "./stage.js";

export function mount(root, options) {
  return new Stage(root, options);
}

// The address of a page that owns its own: settings behind the #.
export const inHash = {
  read: () => Object.fromEntries(new URLSearchParams(location.hash.slice(1))),
  write(texts) {
    const text = new URLSearchParams(texts).toString();
    history.replaceState(null, "", text ? `#${text}` : location.pathname + location.search);
  },
};
