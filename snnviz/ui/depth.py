"""What the Depth page is made of: its settings, a measurement that goes on in turns, and what to say of its outcome."""

import collections
import dataclasses
import logging
import threading
import time

import pandas  # noqa: F401  first imported in another thread, it is half there for plotly, which then fails
import streamlit as st

from snnviz.figures.error_by_depth import NAMES
from snnviz.methods import SurrogateModules
from snnviz.params import params
from snnviz.studies.depth import DepthRecord, DepthStudy, Look, mean_error, measure_depth
from snnviz.studies.reference_gradients import MEASURABLE
from snnviz.surrogates import SURROGATES, Dspike
from snnviz.ui import controls

AT_ONCE = 2  # measurements that run at a time, of all visitors
UNSEEN = 120.0  # seconds after which one that nobody looks at is given up
KEPT = 64  # measurements that the server remembers
CLEAR = 0.03  # differences of mean error below this are not called an effect
_STATE = "_depth"  # what belongs to the page in a session

_LOG = logging.getLogger(__name__)
_turns = threading.Semaphore(AT_ONCE)


def settings() -> DepthStudy:
    """Draw the settings of a study and return it."""
    base = DepthStudy()
    layers = int(controls.number(base.layers, params(base)["layers"], "depth.layers"))
    numbers = [str(n) for n in range(1, layers + 1)]
    after = controls.several(
        numbers,
        "Heads after layers",
        "after",
        default=[n for n in ("2", "4") if n in numbers],
        help="A head reads the spikes of its layer, averaged over time, and predicts the digit.",
    )
    modules = dataclasses.replace(SurrogateModules(), after=tuple(map(int, after)))
    modules = controls.edit(modules, "modules", only=("route", "alpha", "weight"))
    base = dataclasses.replace(base, layers=layers, modules=dataclasses.replace(modules))
    study = controls.edit(base, "depth", only=("training", "sigma", "draws", "looks", "seed"))
    with st.expander("More settings"):
        modules = controls.edit(modules, "modules", only=("temperature", "keep_reset"))
        hidden = controls.number(modules.width, params(modules)["width"], "modules.width")
        surrogate = controls.choose(SURROGATES, "Surrogate", "surrogate", default=Dspike())
        small = {
            name: controls.number(getattr(base, name), params(base)[name], f"depth.{name}")
            for name in ("width", "time_steps", "samples", "rate")
        }
    return dataclasses.replace(study, modules=dataclasses.replace(modules, width=int(hidden), surrogate=surrogate), **small)


class Measurement:
    """A study under way in a thread of its own, for as long as somebody looks. `record` is all that is known so far."""

    def __init__(self, study: DepthStudy, backend: str):
        self.record, self.problem, self.ended = DepthRecord(study, backend, "Waiting for a turn"), "", False
        self._stopped, self._seen = threading.Event(), time.monotonic()
        threading.Thread(target=self._measure, name="depth", daemon=True).start()

    def _measure(self) -> None:
        try:
            with _turns:
                for record in measure_depth(self.record.study, self.record.backend):
                    self.record = record
                    if self._stopped.is_set() or time.monotonic() - self._seen > UNSEEN:
                        return
        except Exception as problem:  # a device that is gone, no memory: said on the page, whose thread this is not
            _LOG.exception("A measurement ended early.")
            self.problem = f"The measurement ended early: {problem}"
        finally:
            self.ended = True

    def look(self) -> DepthRecord:
        self._seen = time.monotonic()
        return self.record

    def stop(self) -> None:
        self._stopped.set()


@st.cache_resource(show_spinner=False)
def _known() -> "collections.OrderedDict[str, DepthRecord]":
    """Finished measurements of all sessions, by the whole text of their settings."""
    return collections.OrderedDict()


def _mine() -> dict:
    return st.session_state.setdefault(_STATE, {"going": None, "shown": None, "held": None, "problem": ""})


def start(study: DepthStudy, backend: str) -> None:
    """Begin a measurement; what was going on before ends."""
    stop()
    _mine()["going"] = Measurement(study, backend)


def stop() -> None:
    """End the measurement; what it has found so far stays on the page."""
    mine = _mine()
    mine["problem"] = ""
    if mine["going"] is not None:
        mine["going"].stop()
        mine["shown"], mine["going"] = mine["going"].record, None


def going() -> bool:
    return _mine()["going"] is not None


def problem() -> str:
    """Why the last measurement ended early, or nothing."""
    return _mine()["problem"]


def follow() -> bool:
    """See how far the measurement under way has come, and keep it if it is done; whether the picture has changed."""
    mine = _mine()
    measurement, before = mine["going"], mine["shown"]
    if measurement is None:
        return True
    ended = measurement.ended
    record = mine["shown"] = measurement.look()
    if ended:
        mine["going"], mine["problem"] = None, measurement.problem
        if record.done:
            known = _known()
            known[repr((record.study, record.backend))] = record
            while len(known) > KEPT:
                known.popitem(last=False)
        return True
    return before is None or (before.checkpoints, before.without) != (record.checkpoints, record.without)


def shown(study: DepthStudy, backend: str) -> DepthRecord | None:
    """What is to be seen: the measurement under way; that of these settings, by whomever; else the last one, if any."""
    mine = _mine()
    if mine["going"] is None and (found := _known().get(repr((study, backend)))) is not None:
        mine["shown"] = found
    return mine["shown"]


def hold() -> None:
    """Keep what is shown, to be drawn faintly behind what comes."""
    _mine()["held"] = _mine()["shown"]


def let_go() -> None:
    _mine()["held"] = None


def held() -> DepthRecord | None:
    return _mine()["held"]


def told(study: DepthStudy) -> str:
    """A study in a few words, for a label."""
    m = study.modules
    after = f"heads after {', '.join(map(str, m.after))} ({m.route.value})" if m.after else "no head"
    return (
        f"{study.layers} layers, {after}, α {m.alpha:g}, λ {m.weight:g}, {study.training} steps, "
        f"σ {study.sigma:g}, {study.draws} draws, seed {study.seed}"
    )


def values(look: Look, variant: str, what: str = "error") -> list[float | None]:
    """One value for each layer: the share of error, or the fall of the loss."""
    return [getattr(row, what) for row in look.errors.rows if row.variant == variant]


def reliability(look: Look) -> list[float]:
    return [row.reliability for row in look.errors.rows if row.variant == look.errors.rows[0].variant]


def verdict(record: DepthRecord) -> str:
    """Whether the effect shows in the last look, with its numbers, in a sentence or two."""
    look, study = record.checkpoints[-1], record.study
    r = reliability(look)
    unclear = [str(n) for n, value in enumerate(r, 1) if value < MEASURABLE]
    said = []
    if unclear:
        several = "s" if len(unclear) > 1 else ""
        said.append(f"Not measurable (r < {MEASURABLE:g}) in layer{several} {', '.join(unclear)}: more draws help.")
    if not study.modules.after:
        return " ".join(["There is no head: choose a layer for one.", *said])
    plain = mean_error(look, "plain", study.in_front)
    if plain is None:
        return " ".join(["Nothing can be said of the layers in front of a head yet.", *said])
    sizes = {name: mean_error(look, name, study.in_front) for name in ("both", "detach")}
    numbers = ", ".join(f"{NAMES[name]} {size:.2f}" for name, size in sizes.items())
    better = plain - sizes[study.modules.route.value]
    if better > CLEAR:
        first = "In the layers in front of a head the gradient by the heads' road is closer to the reference"
    elif better < -CLEAR:
        first = "The effect does not show in this setting: in front of a head the heads' road leads further from the reference"
    else:
        first = "The effect does not show in this setting: in front of a head the errors are about the same"
    return " ".join([f"{first}: mean error plain {plain:.2f}, {numbers}.", *said])


def heads(look: Look) -> dict[str, list[str]]:
    """The heads against the network, a table."""
    rows = look.closeness
    return {
        "head after": [str(h.layer) for h in rows], "its accuracy": [_percent(h.accuracy) for h in rows],
        "the network's": [_percent(h.network_accuracy) for h in rows], "same class": [_percent(h.agreement) for h in rows],
        "KL to the network": [f"{h.divergence:.3g}" for h in rows],
    }  # fmt: skip


def costs(record: DepthRecord) -> dict[str, list[str]]:
    """What the heads cost and bring, a table."""
    own, extra = record.study.size
    trainings = (record.plain, record.modules)
    return {
        "": ["without heads", "with heads"],
        "parameters in training": [f"{own:,}", f"{own + extra:,}"],
        "at inference": [f"{own:,}", f"{own:,}"],
        "time of training, one core": [f"{t.seconds:.3g} s" if t.loss else "–" for t in trainings],
        "accuracy on new digits": [_percent(t.test_accuracy) for t in trainings],
    }


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f} %"
