// Streamlit calls `mount` whenever Python sends data: it creates the scope once, passes new data to it, and removes it at the end.

import { compile, unpack, unpackCurves, unsupported } from "./kernels.js";
import { make } from "./controls.js";
import { NeuronScope } from "./neuron.js";
import { DerivativeScope } from "./derivative.js";

const VIEWS = { neuron: NeuronScope, derivative: DerivativeScope };
const mounted = new WeakMap(); // root -> { turn, scope, view, data, send }

export default function mount({ parentElement: root, data, setStateValue, setTriggerValue }) {
  const place = mounted.get(root) ?? { turn: 0, scope: null };
  mounted.set(root, place);
  const turn = ++place.turn;
  // Only the newest call may remove the scope: Streamlit may call the clean-up of an older call after it.
  const clean = () => {
    if (place.turn !== turn) return;
    place.turn++;
    place.scope?.destroy();
    place.scope = null;
  };
  place.send = (name, value) => (name === "picked" ? setTriggerValue : setStateValue)(name, value);
  show(root, place, turn, data).catch((problem) => {
    if (place.turn !== turn) return;
    const reason = unsupported() ?? `The scope could not start (${problem.message}).`;
    place.scope?.destroy();
    place.scope = null;
    root.querySelector(".notice")?.remove();
    root.append(make("p", { class: "notice", role: "status" }, `${reason} The server draws the figures instead.`));
    setStateValue("unavailable", reason);
  });
  return clean;
}

async function show(root, place, turn, data) {
  const reason = unsupported();
  if (reason) throw new Error(reason);
  for (const name of ["current", "curves"]) if (data[name] && place.data?.[name] === data[name]) data.samples = place.data.samples;
  if (data.unscaled && place.data?.unscaled === data.unscaled) data.unscaledSamples = place.data.unscaledSamples;
  const [module, samples, unscaledSamples] = await Promise.all([compile(data.module),
    data.samples ?? (data.curves ? unpackCurves(data.curves) : data.current && unpack(data.current)), data.unscaledSamples ?? (data.unscaled && unpack(data.unscaled))]);
  if (place.turn !== turn) return;
  Object.assign(data, { samples, unscaledSamples });
  place.data = data;
  if (place.scope && place.view === data.view) return place.scope.update(data);
  place.scope?.destroy();
  place.view = data.view;
  place.scope = new VIEWS[data.view](root, module, data, (name, value) => place.send(name, value));
}
