// One picture: the chosen sample's run as slow motion has it, the network, the cards, the words.

import { make } from "../scope/controls.js";
import { drawLoss } from "./chart.js";
import { SETS } from "./data.js";
import { METHODS } from "./methods.js";
import { write, writeSentence } from "./page.js";
import { presetOf } from "./presets.js";
import { digitsClass, image, nearestClass } from "./sample.js";
import { sentence, spoken, story } from "./sayings.js";

const SLOW = 13; // steps of a run a second, in slow motion
const HOLD = 0.7; // s between forward and backward

// Draws what changed since the last picture. m: what the frame says of the shown method.
export function paint(stage, m, seconds) {
  const { s, play, frame, fresh } = stage, turned = advance(stage, seconds), shown = stage.looked ? { ...s, ...stage.looked } : s;
  // A run stays as it is while it passes in slow motion, though the network learns on: a picture that changes under its own
  // cursor cannot be read.
  const digit = SETS[s.set].plane ? null : image(stage), which = [s.image, s.sample, shown.px, shown.py, s.shown, stage.generation, s.surrogate, s.width, s.delta, s.scale, s.band].join();
  const moved = which !== stage.drawn || turned || (fresh && !play.on);
  if (moved) {
    stage.drawn = which;
    stage.run = stage.point.compute(shown, m.weights, digit ? digitsClass(stage) : nearestClass(stage, shown), 0x5eed, digit);
  }
  if (fresh || moved) stage.cards.draw(frame, shown);
  if (fresh) {
    write(stage.e.updates, frame.updates.toLocaleString("en"));
    drawLoss(stage.e.loss, s, frame);
    say(stage);
  }
  const scene = [play.t, play.phase, stage.graph.hover?.column.layer, stage.graph.hover?.node.i].join();
  if (fresh || moved || scene !== stage.scene) {
    stage.scene = scene;
    stage.graph.draw({ s: shown, m, run: stage.run, play, fresh, sample: digit });
    stage.raster.draw({ s, run: stage.run, play, chosen: stage.graph.chosen, moved: moved || fresh });
    const [way, text] = story(s, stage.run, play);
    if (stage.e.story.dataset.text !== way + text) {
      stage.e.story.dataset.text = way + text;
      stage.e.story.className = `story ${play.phase}`;
      stage.e.story.replaceChildren(make("b", {}, way), ` · ${text}`);
      stage.e.raster.setAttribute("aria-valuemax", String(s.T - 1));
      stage.e.raster.setAttribute("aria-valuenow", String(Math.max(0, Math.min(s.T - 1, Math.round(play.t)))));
      stage.e.raster.setAttribute("aria-valuetext", `${way}, ${text}`);
    }
  }
  if (!stage.meter.first) {
    stage.meter.first = performance.now();
    stage.e.root.dataset.drawn = Math.round(stage.meter.first - stage.meter.started);
  }
  stage.fresh = false;
}

function say(stage) {
  const note = presetOf(stage.s, stage.codec.defaults), text = sentence(stage.s, stage.frame, { preset: note?.says, winner: stage.winner });
  // A sentence stays for two seconds at least, so that it can be read.
  if (text !== stage.sentence && (performance.now() - (stage.sentenceAt ?? -1e9) > 2000 || !stage.training)) {
    stage.sentence = text;
    stage.sentenceAt = performance.now();
    writeSentence(stage.e.says, text);
    speakSoon(stage);
  }
}

// For those who hear the page: its state, once it has rested for a moment.
export function speakSoon(stage) {
  clearTimeout(stage.speaking);
  stage.speaking = setTimeout(() => {
    write(stage.e.live, spoken(stage.s, stage.frame, stage.training, stage.sentence ?? ""));
    stage.e.graph.setAttribute("aria-label", `The network of ${METHODS[stage.s.shown].title}: ${stage.s.hidden.join(", ")} hidden neurons, each a picture of its answer over the plane`);
  }, 1500);
}

// Moves the slow motion on; true when a run begins anew.
function advance(stage, seconds) {
  const { play, s } = stage;
  if (!play.on || stage.hands.scrubbing) return false;
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
