// The playground as a component of Streamlit: a thin adapter around main.js. Settings at rest go to Python, which carries them in
// the address, makes the code behind the picture of them, and sends back those of a link.

import { make } from "../scope/controls.js";
import { compile, unsupported } from "../scope/kernels.js";
import { mount as open } from "./main.js";

const mounted = new WeakMap(); // root -> { turn, stage, revision, send }

export default function mount({ parentElement: root, data, setStateValue }) {
  const place = mounted.get(root) ?? { turn: 0, stage: null };
  mounted.set(root, place);
  const turn = ++place.turn;
  Object.assign(place, { send: setStateValue, data });
  const reason = unsupported();
  if (reason) {
    if (!root.querySelector(".notice")) root.append(make("p", { class: "notice", role: "status" }, `${reason} The playground cannot run here; the other pages can.`));
    return undefined;
  }
  if (!place.stage) {
    const address = { read: () => place.data.scene, write: (texts) => place.send("settled", { revision: place.data.revision, scene: texts }) };
    place.stage = open(root, { data, wasm: compile(data.module), address });
    place.stage.ready.catch((problem) => root.append(make("p", { class: "notice", role: "alert" }, `The playground could not start: ${problem.message}`)));
  } else if (place.revision !== data.revision) place.stage.follow(data.scene);
  place.revision = data.revision;
  // Only the newest call may remove the playground: Streamlit may call the clean-up of an older call after it.
  return () => {
    if (place.turn !== turn) return;
    place.stage?.destroy();
    place.stage = null;
    mounted.delete(root);
  };
}
