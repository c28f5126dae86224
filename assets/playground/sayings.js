// What the playground says, computed from what it shows. Nothing here draws.

import { METHODS } from "./methods.js";

export const percent = (a) => {
  const p = 100 * a;
  return `${p === 0 || p >= 9.95 ? Math.round(p) : Number(p.toPrecision(2))} %`;
};
const title = (key) => METHODS[key].title;
const listed = (names) => (names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`);
const power = (a) => {
  const e = Math.floor(Math.log10(a));
  return e < 4 ? Math.round(a).toLocaleString("en") : `${Math.round(a / 10 ** e)}e${e}`;
};
export const touched = (m) => (m.active ? m.active.reduce((a, b) => a + b, 0) / m.active.length : null);

// What is wrong with one method, in a few words, or null.
export function trouble(key, m) {
  if (m.weights.some((w) => !Number.isFinite(w))) return "its weights are no numbers any more";
  if (!m.norms) return null;
  const silent = m.active.findIndex((a, i) => a === 0 || silentLayer(m, i));
  if (silent >= 0) {
    return m.active[silent] === 0 && !silentLayer(m, silent)
      ? `hidden ${silent + 1}: no membrane in reach, nothing goes back`
      : `hidden ${silent + 1} is silent: nothing goes back through it`;
  }
  const [first, last] = [m.norms[0], m.norms.at(-1)];
  if (first > 1000 * last && first > 1) return `first layer: gradient ${power(first / last)} times the readout's`;
  if (first < last / 1000) return `first layer: gradient ${power(last / first)} times smaller than the readout's`;
  return null;
}

const silentLayer = (m, i) => m.spikes?.[i] === 0;

// Pairs of methods whose weights are equal, bit for bit.
export function twins(methods) {
  const keys = Object.keys(METHODS).filter((key) => methods[key]);
  for (const [i, a] of keys.entries()) for (const b of keys.slice(i + 1)) {
    if (methods[a].weights.every((w, j) => Object.is(w, methods[b].weights[j]))) return [a, b];
  }
  return null;
}

const right = (m) => `${Math.round(100 * m.test.accuracy)} %`;

// The sentence above the picture: its first clause is bold, up to "**".
export function sentence(s, frame, { preset, winner, note }) {
  if (note) return note;
  const keys = Object.keys(METHODS).filter((key) => frame?.methods[key]);
  if (winner) {
    const others = keys.filter((key) => key !== winner.key).map((key) => `${title(key)} ${right(frame.methods[key])}`);
    return `${title(winner.key)} is the first at 95 %, after ${winner.updates.toLocaleString("en")} updates.**${others.length ? ` The others: ${listed(others)}.` : ""}`;
  }
  if (preset) return preset;
  if (!frame || frame.updates < 20) return "The same network, the same weights, the same batches: only the gradient differs.** Who learns, who touches less?";
  const ill = keys.map((key) => [key, trouble(key, frame.methods[key])]).filter(([, what]) => what);
  if (ill.length) return `${title(ill[0][0])}: ${ill[0][1]}.**${ill.length > 1 ? ` ${listed(ill.slice(1).map(([key, what]) => `${title(key)}: ${what}`))}.` : ""}`;
  const pair = frame.updates > 0 ? twins(frame.methods) : null;
  const sparing = keys.filter((key) => key !== pair?.[0] && key !== pair?.[1]).sort((a, b) => touched(frame.methods[a]) - touched(frame.methods[b]))[0];
  const least = sparing && touched(frame.methods[sparing]) < 0.6 ? `${title(sparing)} touches ${percent(touched(frame.methods[sparing]))} of the entries and is right on ${right(frame.methods[sparing])}` : "";
  if (pair) return `${title(pair[0])} and ${title(pair[1])} are the same to the last bit.**${least ? ` ${least}.` : ` Both are right on ${right(frame.methods[pair[0]])}.`}`;
  if (keys.length === 1) return `${title(keys[0])} is right on ${right(frame.methods[keys[0]])} of what it has not seen.** It touches ${percent(touched(frame.methods[keys[0]]))} of the entries on the way back.`;
  const order = [...keys].sort((a, b) => frame.methods[b].test.accuracy - frame.methods[a].test.accuracy), [best, worst] = [order[0], order.at(-1)];
  if (least && frame.methods[sparing].test.accuracy > frame.methods[best].test.accuracy - 0.05) return `${least}.**${sparing !== best ? ` ${title(best)} touches ${percent(touched(frame.methods[best]))} and is right on ${right(frame.methods[best])}.` : ""}`;
  if (frame.methods[best].test.accuracy - frame.methods[worst].test.accuracy > 0.08) return `${title(best)} is right on ${right(frame.methods[best])}, ${title(worst)} on ${right(frame.methods[worst])}.** The same batches, other gradients.`;
  const range = right(frame.methods[worst]) === right(frame.methods[best]) ? right(frame.methods[best]) : `${Math.round(100 * frame.methods[worst].test.accuracy)} to ${right(frame.methods[best])}`;
  return `All are right on ${range}.**${least ? ` ${least}.` : ""}`;
}

// What runs through the network, beside its slow motion.
export function story(s, run, play) {
  const t = Math.max(0, Math.min(s.T - 1, Math.round(play.t)));
  return play.phase === "forward" ? ["Forward", `${t} ms: spikes run through`] : ["Backward", `${t} ms: ${title(s.shown)} touches ${percent(run.share)}`];
}

// For a screen reader, once a change has settled.
export function spoken(s, frame, training, text) {
  if (!frame) return "";
  const each = Object.entries(frame.methods).map(([key, m]) => `${title(key)} right on ${right(m)}${m.active ? `, touches ${percent(touched(m))}` : ""}`);
  return `${training ? "Training" : "Paused"} after ${frame.updates} updates. ${each.join("; ")}. ${text.replace("**", "")}`;
}
