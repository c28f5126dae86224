"""The settings of a zeroth-order estimate: drawn as controls, or kept for the live scope, under the same names in the URL."""

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

import streamlit as st

from snnviz.laws import LAWS, AbstractLaw, SurrogateLaw
from snnviz.params import params
from snnviz.studies.derivative import Drawing
from snnviz.surrogates import SURROGATES, AbstractSurrogate, FastSigmoid
from snnviz.ui import controls
from snnviz.ui.scope import DrawScene
from snnviz.zeroth_order import ZerothOrder

MADE = SurrogateLaw.__name__
PLAIN, OWN = ZerothOrder(), ZerothOrder(delta=1.0)  # a law made from a surrogate has it as its mean at delta = 1
ALPHAS = {"0": "0: every hit the same", "1": "1: LocalZO", "-1": "−1: the authors', fast sigmoid"}
_HELD = "_estimates.written"  # what `hold` wrote to the URL


def choose_law(only_made: bool = False) -> tuple[str, AbstractSurrogate, int]:
    """Draw the choice of a law; its name, and what a law from a surrogate is made of. `law` puts it together."""
    name = (
        MADE
        if only_made
        else controls.option(
            list(LAWS), "Law of the draws", "law", titles=lambda n: LAWS[n].title, help="What the random direction z is drawn from."
        )
    )
    if name != MADE:
        return name, FastSigmoid(), 0
    surrogate = controls.choose(SURROGATES, "Surrogate", "made", default=FastSigmoid())
    alpha = controls.option(
        list(ALPHAS),
        "A hit counts |z| to the power",
        "alpha",
        titles=ALPHAS.get,
        help="The exponent α. With 0 there is a law for every surrogate that falls on both sides.",
    )
    return name, surrogate, int(alpha)


def law(name: str, surrogate: AbstractSurrogate, alpha: int) -> AbstractLaw:
    """The chosen law.

    Raises:
        ValueError: the surrogate has none with this exponent; the message says why.
    """
    return SurrogateLaw(surrogate, alpha) if name == MADE else LAWS[name]()


def choose_width(name: str, draws: bool = True) -> ZerothOrder:
    """Draw width and draws of an estimate; its law is the default's."""
    return controls.edit(OWN if name == MADE else PLAIN, "own" if name == MADE else "zo", exclude=() if draws else ("draws",))


def choose_comparison() -> AbstractSurrogate | None:
    """Draw the choice of a surrogate to draw over an estimate, or none."""
    titles = {"none": "nothing"} | {n: cls.title for n, cls in SURROGATES.items()}
    name = controls.option(list(titles), "Compare with", "compare", titles=titles.get, help="A surrogate, drawn dashed.")
    return None if name == "none" else controls.edit(SURROGATES[name], f"compare.{name}")


def query(scene: DrawScene) -> dict[str, str]:
    """The part of the URL that these controls have where they stand at a scene."""
    made = isinstance(scene.estimate.law, SurrogateLaw)
    asked = {}
    if made:
        asked = {"law": MADE} | controls.query(scene.estimate.law.surrogate, "made", default=FastSigmoid(), tables=[SURROGATES])
        asked |= {"alpha": str(scene.estimate.law.alpha)} if scene.estimate.law.alpha else {}
    elif (name := type(scene.estimate.law).__name__) != next(iter(LAWS)):
        asked = {"law": name}
    asked |= controls.query(scene.estimate, "own" if made else "zo", default=OWN if made else PLAIN)
    asked |= controls.query(Drawing(scene.u, seed=scene.seed), "draw", default=Drawing())
    if scene.compare is not None:
        name = type(scene.compare).__name__
        asked |= {"compare": name} | controls.query(scene.compare, f"compare.{name}")
    return asked


def settings_of_scope() -> DrawScene:
    """What the URL asks of the live scope, which draws its own controls; what is missing stands where it was left here.

    What cannot be had is said, and its default taken.
    """
    asked = _Asked(st.session_state.get(_HELD, {}))
    name = asked.name("law", LAWS, next(iter(LAWS)))
    if name == MADE:
        of = asked.name("made", SURROGATES, FastSigmoid.__name__)
        surrogate = asked.fields(SURROGATES[of](), f"made.{of}")
        alpha = int(asked.name("alpha", ALPHAS, "0"))
        estimate = asked.fields(OWN, "own")
    else:
        surrogate, alpha, estimate = FastSigmoid(), 0, asked.fields(PLAIN, "zo")
    drawing = asked.fields(Drawing(), "draw", exclude={"count"})
    compared = asked.name("compare", {"none", *SURROGATES}, "none")
    compare = None if compared == "none" else asked.fields(SURROGATES[compared](), f"compare.{compared}")
    for problem in asked.problems:
        st.warning(problem, icon=":material/link_off:")
    return DrawScene(dataclasses.replace(estimate, law=law(name, surrogate, alpha)), drawing.u, compare, drawing.seed)


def hold(scene: DrawScene) -> None:
    """Write what the live scope settled at to the URL, and where the controls of the other views find it."""
    state, before, now = st.session_state, st.session_state.get(_HELD, {}), query(scene)
    for key in before.keys() - now.keys():
        controls.release(key)
        state.pop(key, None)
        st.query_params.pop(key, None)
    for key, text in now.items():
        controls.drawn(key)
        controls.release(key)
        if st.query_params.get(key) != text:
            st.query_params[key] = text
        state[key] = text if key in ("law", "made", "alpha", "compare") else _number(text)
    state[_HELD] = now


def leave_scope() -> None:
    """Another view is drawn, whose controls hold the settings themselves."""
    st.session_state.pop(_HELD, None)


def _number(text: str) -> float:
    return float(text) if any(c in text for c in ".en") else int(text)


@dataclasses.dataclass
class _Asked:
    """Reads settings from the URL; `held` is what the scope itself wrote there."""

    held: Mapping[str, str]
    problems: list[str] = dataclasses.field(default_factory=list)

    def text(self, key: str) -> str | None:
        controls.drawn(key)
        asked = st.query_params.get(key)
        if asked is None and key not in self.held and key in st.session_state:
            return f"{st.session_state[key]}"
        return asked

    def wrong(self, key: str, raw: str, allowed: str, default: Any) -> None:
        clean = "".join(c if c.isprintable() and c != "`" else "·" for c in raw[:40])
        self.problems.append(f"The link says `{key}={clean}`, but it must be {allowed}. {default} is used instead.")
        st.query_params.pop(key, None)
        st.session_state.pop(key, None)

    def name(self, key: str, names: Any, default: str) -> str:
        raw = self.text(key)
        if raw is not None and raw not in names:
            self.wrong(key, raw, f"one of {', '.join(f'`{n}`' for n in names)}", default)
            raw = None
        return default if raw is None else raw

    def fields(self, default: Any, prefix: str, exclude: frozenset[str] | set[str] = frozenset()) -> Any:
        """A value with its numbers from the URL."""
        found = {}
        for name, known in params(default).items():
            was, raw = getattr(default, name), None if name in exclude else self.text(f"{prefix}.{name}")
            if raw is None:
                continue
            try:
                value = type(was)(float(raw)) if float(raw) == int(float(raw)) or isinstance(was, float) else math.nan
            except (ValueError, OverflowError):
                value = math.nan
            if math.isfinite(value) and known.admits(value):
                found[name] = value
            else:
                self.wrong(f"{prefix}.{name}", raw, f"a number, {known.wanted(value)}", f"{was:g}")
        return dataclasses.replace(default, **found)
