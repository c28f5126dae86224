"""The settings of a zeroth-order estimate: drawn as controls, or kept for the live scope, under the same names in the URL."""

import dataclasses
from collections.abc import Collection
from typing import Any

import streamlit as st

from snnviz.laws import LAWS, AbstractLaw, SurrogateLaw
from snnviz.live.scenes import OWN, PLAIN, DrawScene
from snnviz.studies.derivative import Drawing
from snnviz.surrogates import SURROGATES, AbstractSurrogate, FastSigmoid
from snnviz.ui import address, controls, spelling, url
from snnviz.zeroth_order import ZerothOrder

MADE = SurrogateLaw.__name__
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
        titles=ALPHAS.__getitem__,
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
    name = controls.option(list(titles), "Compare with", "compare", titles=titles.__getitem__, help="A surrogate, drawn dashed.")
    return None if name == "none" else controls.edit(SURROGATES[name], f"compare.{name}")


def query(scene: DrawScene) -> dict[str, str]:
    """The part of the URL that these controls have where they stand at a scene."""
    return {key: spelling.spell(value) for key, value in _settings(scene).items()}


def _settings(scene: DrawScene) -> dict[str, Any]:
    """The values at which these controls stand, where they are not the defaults, by key."""
    law_ = scene.estimate.law
    made = isinstance(law_, SurrogateLaw)
    entries: dict[str, Any] = {}
    if isinstance(law_, SurrogateLaw):
        entries = {"law": MADE} | url.settings(law_.surrogate, "made", FastSigmoid(), tables=[SURROGATES])
        entries |= {"alpha": str(law_.alpha)} if law_.alpha else {}
    elif (name := type(law_).__name__) != next(iter(LAWS)):
        entries = {"law": name}
    entries |= url.settings(scene.estimate, *(("own", OWN) if made else ("zo", PLAIN)), exclude={"law"})
    entries |= url.settings(Drawing(scene.u, seed=scene.seed), "draw")
    return entries | url.settings(scene.compare, "compare", None, tables=[SURROGATES])


def settings_of_scope() -> DrawScene:
    """What the URL asks of the live scope, which draws its own controls; what is missing stands where it was left here.

    What cannot be had gets a message, and its default is taken.
    """
    settings = _Standing()
    name = settings.name("law", next(iter(LAWS)), LAWS)
    if name == MADE:
        surrogate = settings.value("made", FastSigmoid(), tables=[SURROGATES])
        alpha, estimate = int(settings.name("alpha", "0", ALPHAS)), settings.value("own", OWN, exclude={"law"})
    else:
        surrogate, alpha, estimate = FastSigmoid(), 0, settings.value("zo", PLAIN, exclude={"law"})
    drawing = settings.value("draw", Drawing(), exclude={"count"})
    compare = settings.value("compare", None, tables=[SURROGATES], kind=AbstractSurrogate)
    for misread in settings.misread:
        st.warning(str(misread), icon=":material/link_off:")
        address.put(misread.key, None)
    return DrawScene(dataclasses.replace(estimate, law=law(name, surrogate, alpha)), drawing.u, compare, drawing.seed)


def hold(scene: DrawScene) -> None:
    """Let the controls of the other views, and the URL, stand at what the live scope settled at."""
    before, now = st.session_state.get(_HELD, {}), query(scene)
    for key in before.keys() - now.keys():
        address.put(key, None)
    for key, text in now.items():
        address.note(key)
        address.put(key, text)
    st.session_state[_HELD] = now


def leave_scope() -> None:
    """Another view is drawn, whose controls hold the settings themselves."""
    st.session_state.pop(_HELD, None)


@dataclasses.dataclass
class _Standing(address.Settings):
    """What the controls of all views stand at, and what of it could not be read."""

    misread: list[url.Misread] = dataclasses.field(default_factory=list)

    def name(self, key: str, default: str, names: Collection[str]) -> str:
        name, misread = url.read_name(self, key, default, names)
        self.misread += misread
        return name

    def value(self, key: str, default: Any, **how: Any) -> Any:
        value, misread = url.read(self, key, default, **how)
        self.misread += misread
        return value
