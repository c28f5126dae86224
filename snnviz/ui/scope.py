"""The scopes: pictures that follow the hand, because the kernels run in the page (assets/scope/, kernels/README.md).

While a control is dragged nothing goes to the server. Once it has come to rest, the settled values come back here, so that
the URL, the code behind the picture, saved runs and downloads are those of the picture on the screen:

    if reason := scope.problem(key):            # no compiler here, or no WebAssembly there: draw the figure on the server
        st.info(reason)
    else:
        scene = scope.neuron_scope(scene, current, key=key)
    run = simulate(Experiment(scene.neuron, Shaped(stimulus, scene.gain, scene.drawn)))

`address.recall` and `url.write` carry a scene in the URL.
"""

import dataclasses
import enum
import functools
import math
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

import numpy as np
import streamlit as st
import torch

from snnviz.backends import browser
from snnviz.figures import theme
from snnviz.formulas import formulas
from snnviz.laws import LAWS, AbstractLaw, SurrogateLaw
from snnviz.neurons import LIF, NEURONS, AbstractNeuron
from snnviz.neurons.formula import formulas as neuron_formulas
from snnviz.params import Declared, Param, param, params
from snnviz.places import assets
from snnviz.stimuli import drawn_levels
from snnviz.surrogates import SURROGATES, AbstractSurrogate, FastSigmoid, SingleExponential, Triangle
from snnviz.zeroth_order import ZerothOrder

_ORDER = (
    "plot", "kernels", "coefficients", "controls", "host", "drawn", "neuron_run", "neuron_words", "neuron_traces",
    "neuron_picture", "neuron_panel", "neuron_hand", "neuron", "derivative", "main",
)  # fmt: skip


class Loss(enum.Enum):
    """What the backward pass starts from, at one step of one neuron."""

    SPIKE = "spike"
    TARGET = "target"

    def __str__(self) -> str:
        return {"spike": "the spike s", "target": "half the squared distance of u to a target"}[self.value]


@dataclasses.dataclass(frozen=True)
class Scene(Declared):
    """All that the neuron scope shows, besides the current from outside: `drive` says what flows into the neuron.

    drawn: a current drawn by hand, `encode_drawn` writes it and `drawn_current` reads it; "" is none. The rest belongs to
    the backward pass of the neuron `column`: loss at the share `loss_at` of the run; `scale` multiplies the surrogate.
    """

    neuron: AbstractNeuron = dataclasses.field(default_factory=LIF)
    gain: float = param(1.0, "Input gain", slider=(0.0, 4.0, 0.02), help="The current from outside, times this.")
    drawn: str = ""
    column: int = param(0, "Neuron shown", low=0, slider=(0, 0, 1), help="Which neuron of the population the traces show.")
    backward: bool = param(False, "Look back: the gradient", help="Runs the backward pass of a loss on the neuron shown.")
    surrogate: AbstractSurrogate = dataclasses.field(default_factory=SingleExponential)
    scale: float = param(
        1.0,
        "Scale of the surrogate",
        "k",
        low=0.0,
        open_low=True,
        slider=(0.05, 4.0, 0.05),
        help="Multiplies the surrogate, for every method. Far above 1 the exact gradient can explode.",
    )
    loss: Loss = param(Loss.SPIKE, "Loss", help="What is differentiated, at the loss time.")
    loss_at: float = param(
        0.9,
        "Loss time",
        low=0.0,
        high=1.0,
        slider=(0.0, 1.0, 0.005),
        help="As a share of the run. Or drag the diamond on the membrane.",
    )
    target: float = param(0.5, "Target", slider=(-1.0, 3.0, 0.05), help="Where the membrane should be at the loss time.")

    def __post_init__(self) -> None:
        super().__post_init__()
        drawn_levels(self.drawn)


def problem(key: str) -> str | None:
    """Why the scope `key` cannot be had, in a sentence, or None: no compiler on the server, or no WebAssembly in the page."""
    if reason := browser.unusable():
        return f"{reason} Until then the server draws the figures, a little later than your hand."
    if reason := st.session_state.get(f"_scope.{key}.unavailable"):
        return f"{reason} So the server draws the figures, a little later than your hand."
    return None


def neuron_scope(scene: Scene, current: np.ndarray, *, key: str, exclude: Collection[str] = ("dt",)) -> Scene:
    """Draw the neuron scope and return the scene that is on the screen, settled.

    The scope opens at `scene` and then owns its controls; a scene that the page changes its mind about (a link, a preset,
    another neuron) is sent to it. Returned is `scene` itself unless something moved in the page.

    Args:
        current: [T] or [T, M] from outside, for gain 1.
        exclude: fields of the neuron without a control here; dt, because the current depends on it.
    """
    current = np.asarray(current, np.float32)
    current = current[:, None] if current.ndim == 1 else current
    if current.ndim != 2 or not current.size:
        raise ValueError(f"current must have the shape [T] or [T, M] with at least one step, not {list(current.shape)}.")
    steps, columns = current.shape
    scene = dataclasses.replace(scene, column=min(scene.column, columns - 1))
    same = bool((current == current[:, :1]).all())
    neuron = scene.neuron
    data = {
        "view": "neuron", "T": steps, "M": columns, "dt": neuron.dt, "exclude": list(exclude),
        "kernel": neuron.kernel, "states": list(neuron.states), "fires": neuron.fires, "adaptive": neuron.adaptive,
        "trace": neuron.trace and dataclasses.asdict(neuron.trace), "peak": plain(neuron.peak), "multiplier": neuron.multiplier,
        "differentiable": neuron.fires and neuron.differentiable, "reset_field": neuron.reset_field,
        "formulas": neuron_formulas(type(neuron)),
        "current": browser.packed((current[:, :1] if same else current).tobytes()),
        "controls": {"neuron": [d for d in declare(neuron) if d["name"] not in exclude]}
        | {d["name"]: d for d in declare(Scene())}
        | {"surrogate": {"name": "surrogate", "label": "Surrogate", "kind": "choice", "help": "What stands in for ds/du."}},
        "surrogates": _surrogates(),
    }  # fmt: skip
    return _exchange(scene, data, key, functools.partial(_scene, scene), plain)


def _scene(given: Scene, settled: Mapping[str, Any]) -> Scene:
    """The scene that the page says is on the screen."""
    fields = {f.name: settled[f.name] for f in dataclasses.fields(Scene)}
    fields["neuron"] = read(NEURONS, fields["neuron"], given.neuron)
    fields["surrogate"] = read(SURROGATES, fields["surrogate"], given.surrogate)
    return read({"Scene": Scene}, {"is": "Scene"} | fields, given)


@dataclasses.dataclass(frozen=True)
class DrawScene(Declared):
    """All that the spike-derivative scope shows: an estimate, the margin whose mean is followed, a surrogate to compare."""

    estimate: ZerothOrder = dataclasses.field(default_factory=ZerothOrder)
    u: float = param(
        0.05,
        "Margin followed",
        "u",
        slider=(-1.5, 1.5, 0.01),
        help="Membrane less threshold, of the one neuron whose mean is followed below. Or drag the line.",
    )
    compare: AbstractSurrogate | None = None
    seed: int = param(0, "Seed", low=0, high=4294967295, slider=(0, 99, 1), help="Other draws, the same law.")


def derivative_scope(scene: DrawScene, *, key: str) -> DrawScene:
    """Draw the spike-derivative scope and return the scene that is on the screen, settled; see `neuron_scope`.

    Draw n at margin number i is the library's own: `scene.estimate.ds_du(margins, Draw(scene.seed, 0, n))[0, i]`.
    """
    laws = dict(_laws())
    name = next((n for n, law in laws.items() if law == scene.estimate.law), "given")
    laws.setdefault(name, scene.estimate.law)
    described, numbers = _describe(tuple(laws.items()))
    known = {d["name"]: d for d in declare(ZerothOrder()) + declare(DrawScene())}
    data = {"view": "derivative", "laws": described, "current": numbers, "spacing": SPACING, "surrogates": _surrogates(),
            "controls": known}  # fmt: skip

    def told(value: DrawScene) -> dict[str, Any]:
        return {"law": next(n for n, law in laws.items() if law == value.estimate.law), "delta": value.estimate.delta,
                "draws": value.estimate.draws, "u": value.u, "seed": value.seed, "compare": plain(value.compare)}  # fmt: skip

    def parse(answer: Mapping[str, Any]) -> DrawScene:
        estimate = ZerothOrder(laws[answer["law"]], float(answer["delta"]), int(answer["draws"]))
        compare = answer["compare"] and read(SURROGATES, answer["compare"], scene.compare)
        return DrawScene(estimate, float(answer["u"]), compare or None, int(answer["seed"]))

    return _exchange(scene, data, key, parse, told)


SPACING, REACH = 0.02, 12.0  # of the grid t = |u|/delta on which the laws' curves go to the page


@functools.cache
def _laws() -> dict[str, AbstractLaw]:
    """What the scope offers. A law made from a surrogate stands for every width of it: delta stretches it."""
    plain_ = {name: law() for name, law in LAWS.items() if law is not SurrogateLaw}
    made = (FastSigmoid(), Triangle(), SingleExponential())
    return plain_ | {f"SurrogateLaw.{type(s).__name__}": SurrogateLaw(s) for s in made}


@functools.lru_cache(maxsize=16)
def _describe(laws: tuple[tuple[str, AbstractLaw], ...]) -> tuple[dict[str, Any], str]:
    """The laws' closed forms for delta = 1 on a grid, as places in one packed array of float32."""
    grid = torch.arange(0, REACH + SPACING / 2, SPACING, dtype=torch.float64)
    arrays, at, described = [], 0, {}

    def put(values: torch.Tensor) -> list[int]:
        nonlocal at
        arrays.append(values.to(torch.float32).numpy().tobytes())
        at += len(values)
        return [at - len(values), len(values)]

    for name, law in laws:
        table = ZerothOrder(law).table()
        title = law.title if not isinstance(law, SurrogateLaw) else f"From {law.surrogate.title.lower()}"
        described[name] = {
            "title": title, "kernel": law.kernel, "coefficients": formulas(ZerothOrder, "coefficients", law=law),
            "g": put(law.expected_surrogate(grid)), "survival": put(law.survival(grid)), "second": put(law.second_moment(grid)),
            "table": None if table is None else put(table), "mean_abs": plain(law.mean_abs),
            "beyond": plain((law.tail_moment(1, REACH) - REACH * law.survival(REACH)).item()),
        }  # fmt: skip
    return described, browser.packed(b"".join(arrays))


def _exchange(
    value: Any, data: dict[str, Any], key: str, parse: Callable[[Mapping[str, Any]], Any], told: Callable[[Any], Any]
) -> Any:
    """Mount the component; give the value on the screen: `value`, or what was settled in the page since it was sent.

    What is sent stays the same while only the page moves, so that a settled value costs the server one small message.
    """
    state = st.session_state
    kept = state.setdefault(f"_scope.{key}", {"base": None, "given": None, "shown": None, "revision": 0})
    answer = (state.get(key) or {}).get("settled") if not isinstance(state.get(key), str) else None
    settled = None
    if answer and answer.get("revision") == kept["revision"]:
        try:
            settled = parse(answer["scene"])
        except (ValueError, TypeError, KeyError, AttributeError):
            settled = None  # a page of another version, or none of ours: what Python says stands
    if settled is None:
        shown, push = value, value != kept["base"]
    elif value in (kept["given"], kept["shown"]):  # the page says what it said, or took over what it was told
        shown, push = settled, False
    else:
        shown, push = value, value != settled
    if push:
        kept["base"], kept["revision"] = value, kept["revision"] + 1
    kept["given"], kept["shown"] = value, shown

    def unavailable() -> None:
        reason = (state.get(key) or {}).get("unavailable")
        state[f"_scope.{key}.unavailable"] = str(reason)[:300] if reason else None

    _component()(
        key=key,
        data=data | {"module": browser.payload(), "colours": _colours(), "revision": kept["revision"], "scene": told(kept["base"])},
        on_settled_change=lambda: None,
        on_unavailable_change=unavailable,
    )
    return shown


@functools.cache
def _component() -> Any:
    folder = assets() / "scope"
    return st.components.v2.component("snnviz_scope", css=(folder / "scope.css").read_text(encoding="utf-8"), js=script())


@functools.cache
def script() -> str:
    """The modules of assets/scope/ as the one module that Streamlit takes: each in a function of its own, in order."""
    parts = []
    for name in _ORDER:
        text = (assets() / "scope" / f"{name}.js").read_text(encoding="utf-8")
        text = re.sub(r'^import (\{[^}]*\}) from "\./(\w+)\.js";$', r"const \1 = $\2;", text, flags=re.MULTILINE)
        public = re.findall(r"^export (?:async )?(?:function|class|const) (\w+)", text, flags=re.MULTILINE)
        text = text.replace("export default function mount", "function mount")
        text = re.sub(r"^export ", "", text, flags=re.MULTILINE)
        public += ["mount"] if name == "main" else []
        parts.append(f"const ${name} = (() => {{\n{text}\nreturn {{ {', '.join(public)} }};\n}})();\n")
    return "".join(parts) + "export default $main.mount;\n"


@functools.cache
def _colours() -> dict[str, Any]:
    return {name: dataclasses.asdict(theme.colours(name == "dark")) for name in ("light", "dark")}


@functools.cache
def _surrogates() -> dict[str, Any]:
    return {
        n: {"title": s.title, "kernel": s.kernel, "controls": declare(s()), "coefficients": formulas(s, "coefficients")}
        for n, s in SURROGATES.items()
    }


def declare(value: Declared) -> list[dict[str, Any]]:
    """The `param()` declarations of a value for the page, which draws its controls from them."""
    return [_declared(name, getattr(type(value)(), name), known) for name, known in params(value).items()]


def _declared(name: str, value: Any, known: Param) -> dict[str, Any]:
    told = {"name": name, "label": known.label, "symbol": known.symbol, "unit": known.unit, "help": known.help,
            "advanced": known.advanced, "default": plain(value)}  # fmt: skip
    if isinstance(value, bool):
        return told | {"kind": "switch"}
    if isinstance(value, enum.Enum):
        return told | {"kind": "choice", "choices": [[m.value, str(m) if type(value) is Loss else m.value] for m in type(value)]}
    bounded = math.isfinite(known.low) or math.isfinite(known.high)
    return told | {
        "kind": "whole" if isinstance(value, int) else "number", "slider": list(known.slider), "log": known.log,
        "low": plain(known.low), "high": plain(known.high), "open_low": known.open_low,
        "allowed": known.allowed if bounded else "",
    }  # fmt: skip


def plain(value: Any) -> Any:
    """A value as JSON can hold it: dataclasses as {"is": class, field: ...}, an infinite number as None."""
    if dataclasses.is_dataclass(value):
        return {"is": type(value).__name__} | {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def read(classes: Mapping[str, type], told: Mapping[str, Any], given: Any) -> Any:
    """The value that `plain` wrote, as checked by its own class; what is not told stays as in `given`.

    Raises:
        ValueError, TypeError, KeyError: it is no such value.
    """
    cls = classes[told["is"]]
    start = given if type(given) is cls else cls()
    fields = {}
    for field in dataclasses.fields(cls):
        was = getattr(start, field.name)
        got = told.get(field.name, was)
        if isinstance(was, enum.Enum):
            got = type(was)(got)
        elif isinstance(was, bool) or isinstance(got, bool):
            pass
        elif isinstance(was, float):
            got = was if got is None and math.isinf(was) else -math.inf if got is None else float(got)
        elif isinstance(was, int):
            got = int(got)
        fields[field.name] = got
    return cls(**fields)
