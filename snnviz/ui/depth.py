"""What the Depth page is made of: its settings, its pictures, and what to say of a measurement's outcome."""

import dataclasses

import streamlit as st

from snnviz.figures import error_by_depth
from snnviz.figures.error_by_depth import CLEAR, NAMES
from snnviz.methods import SurrogateModules
from snnviz.params import params
from snnviz.studies.depth import DepthRecord, DepthStudy, Look, mean_error
from snnviz.studies.reference_gradients import MEASURABLE
from snnviz.surrogates import SURROGATES, Dspike
from snnviz.ui import address, controls, page

_HELD = "measurement"


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
    front = controls.Front(st.container(), ("route", "looks"))
    with st.expander("Loss, training, measurement"):
        modules = controls.edit(modules, "modules", only=("route", "alpha", "weight"), front=front)
        base = dataclasses.replace(base, layers=layers, modules=dataclasses.replace(modules))
        study = controls.edit(base, "depth", only=("training", "sigma", "draws", "looks", "seed"), front=front)
    with st.expander("Network and heads"):
        modules = controls.edit(modules, "modules", only=("temperature", "keep_reset"))
        hidden = controls.number(modules.width, params(modules)["width"], "modules.width")
        surrogate = controls.choose(SURROGATES, "Surrogate", "surrogate", default=Dspike())
        small = {
            name: controls.number(getattr(base, name), params(base)[name], f"depth.{name}")
            for name in ("width", "time_steps", "samples", "rate")
        }
    return dataclasses.replace(study, modules=dataclasses.replace(modules, width=int(hidden), surrogate=surrogate), **small)


def hold(record: DepthRecord) -> None:
    """Draw this faintly behind what comes."""
    address.hold(_HELD, record)


def let_go() -> None:
    """Draw no other measurement behind the bars any more."""
    address.hold(_HELD, None)


def held() -> DepthRecord | None:
    """The measurement that is drawn behind the bars; None where there is none."""
    return address.held(_HELD)


def curves(record: DepthRecord, what: str = "error", behind: DepthRecord | None = None, fill: bool = False) -> None:
    """The last look, layer by layer. `behind`: another measurement, drawn faintly. `fill`: as the picture of its page."""
    look, without = record.checkpoints[-1], record.without
    page.figure(
        error_by_depth.error_by_depth(
            {name: values(look, name, what) for name in record.study.variants},
            reliability(look),
            values(without, "plain", what) if without else (),
            values(behind.checkpoints[-1], behind.study.modules.route.value, what) if behind else (),
            f"held: {behind.study.title.split(', α')[0]}" if behind else "",
            what,
            heads=record.study.modules.after,
            dark=page.dark(),
        ),
        "errors",
        fill=fill,
    )


def columns(record: DepthRecord) -> dict[str, list]:
    """The rows of the last look as the columns of a table."""
    names = ("layer", "variant", "norm", "cosine", "corrected", "reliability", "error", "fall")
    return {name: [getattr(row, name) for row in record.checkpoints[-1].errors.rows] for name in names}


def values(look: Look, variant: str, what: str = "error") -> list[float | None]:
    """One value for each layer: the share of error, or the fall of the loss."""
    return [getattr(row, what) for row in look.errors.rows if row.variant == variant]


def reliability(look: Look) -> list[float]:
    """How well the two halves of the reference agree in each layer: the cosine r between them."""
    return [row.reliability for row in look.errors.rows if row.variant == look.errors.rows[0].variant]


def verdict(record: DepthRecord) -> str:
    """Whether the effect shows in the last look, with its numbers, in a sentence or two."""
    look, study = record.checkpoints[-1], record.study
    r = reliability(look)
    unclear = [str(n) for n, value in enumerate(r, 1) if value < MEASURABLE]
    caveat = []
    if unclear:
        several = "s" if len(unclear) > 1 else ""
        caveat.append(f"Not measurable (r < {MEASURABLE:g}) in layer{several} {', '.join(unclear)}: more draws help.")
    if not study.modules.after:
        return " ".join(["There is no head: choose a layer for one.", *caveat])
    plain = mean_error(look, "plain", study.in_front)
    with_heads = mean_error(look, study.modules.route.value, study.in_front)
    if plain is None or with_heads is None:
        return " ".join(["Nothing can be said of the layers in front of a head yet.", *caveat])
    sizes = {name: mean_error(look, name, study.in_front) for name in ("both", "detach")}
    numbers = ", ".join(f"{NAMES[name]} {size:.2f}" for name, size in sizes.items())
    better = plain - with_heads
    if better > CLEAR:
        first = "In the layers in front of a head the gradient by the heads' road is closer to the reference"
    elif better < -CLEAR:
        first = "The effect does not show in this setting: in front of a head the heads' road leads further from the reference"
    else:
        first = "The effect does not show in this setting: in front of a head the errors are about the same"
    return " ".join([f"{first}: mean error plain {plain:.2f}, {numbers}.", *caveat])


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
