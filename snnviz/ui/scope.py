"""The scopes: pictures that follow the hand, because the kernels run in the page (assets/scope/, kernels/README.md).

While a control is dragged nothing goes to the server. Once it has come to rest, the settled values come back here, so that
the URL, the code behind the picture, saved runs and downloads are those of the picture on the screen:

    if reason := scope.problem(key):            # no compiler here, or no WebAssembly there: draw the figure on the server
        st.info(reason)
    else:
        scene = scope.neuron_scope(scene, experiment, key=key)
    run = simulate(Experiment(scene.neuron, Shaped(stimulus, scene.gain, scene.drawn)))

`address.recall` and `url.write` carry a scene in the URL.
"""

import dataclasses
import functools
from collections.abc import Callable, Collection, Mapping
from typing import Any

import numpy as np
import streamlit as st

from snnviz.backends import browser
from snnviz.experiments import Experiment
from snnviz.live import declared, scopes, scripts
from snnviz.live.scenes import DrawScene, Scene, plain, read
from snnviz.places import assets
from snnviz.surrogates import AbstractSurrogate
from snnviz.zeroth_order import ZerothOrder


def problem(key: str) -> str | None:
    """Why the scope `key` cannot be had, in a sentence, or None: no compiler on the server, or no WebAssembly in the page."""
    if reason := browser.unusable():
        return f"{reason} Until then the server draws the figures, a little later than your hand."
    if reason := st.session_state.get(f"_scope.{key}.unavailable"):
        return f"{reason} So the server draws the figures, a little later than your hand."
    return None


def neuron_scope(
    scene: Scene,
    driven: Experiment,
    *,
    key: str,
    exclude: Collection[str] = ("dt",),
    step: int | None = None,
    picked: Callable[[], None] | None = None,
) -> Scene:
    """Draw the neuron scope and return the scene that is on the screen, settled.

    The scope opens at `scene` and then owns its controls; a scene that the page changes its mind about (a link, a preset,
    another neuron) is sent to it. Returned is `scene` itself unless something moved in the page.

    Args:
        driven: the population and its stimulus, without gain and drawn current; its neuron's parameters are the scene's.
        exclude: fields of the neuron without a control here; dt, because the current depends on it.
        step: the step that the page explains, where the time cursor goes. picked: called when the visitor has picked a step, which
            is then `st.session_state[key]["picked"]`.
    """
    neuron, steps, columns = scene.neuron, driven.steps, driven.neurons
    scene = dataclasses.replace(scene, column=min(scene.column, columns - 1))
    factors, current = driven.factors(), driven.input()[:, 0].numpy()
    # Where there is a gain or a drawn current, what the stimulus itself gives is shaped before the factors: `Shaped` does so.
    plain_current = None if (factors == 1).all() else _one_for_all(driven.current()[:, 0].astype(np.float32))
    data = scopes.neuron_data(neuron, exclude) | {
        "T": steps, "M": columns, "dt": neuron.dt, "surrogates": declared.surrogates(),
        "current": browser.packed(_one_for_all(current).tobytes()),
        "unscaled": None if plain_current is None else browser.packed(plain_current.tobytes()),
        "factors": factors.tolist(), "drawnScale": neuron.dt if driven.stimulus.charges else 1.0,
        "step": step, "picks": picked is not None,
    }  # fmt: skip
    return exchange(scene, data | _kernels(), key, lambda sent: read(sent, scene), plain, picked=picked)


def _one_for_all(current: np.ndarray) -> np.ndarray:
    """A current [T, M], or [T, 1] where it is the same for all."""
    return current[:, :1] if (current == current[:, :1]).all() else current


def derivative_scope(scene: DrawScene, *, key: str) -> DrawScene:
    """Draw the spike-derivative scope and return the scene that is on the screen, settled; see `neuron_scope`.

    Draw n at margin number i is the library's own: `scene.estimate.ds_du(margins, Draw(scene.seed, 0, n))[0, i]`.
    """
    laws = dict(declared.laws())
    name = next((n for n, law in laws.items() if law == scene.estimate.law), "given")
    laws.setdefault(name, scene.estimate.law)
    data = scopes.derivative_data(laws) | {"surrogates": declared.surrogates()}

    def sent(value: DrawScene) -> dict[str, Any]:
        return {"law": next(n for n, law in laws.items() if law == value.estimate.law), "delta": value.estimate.delta,
                "draws": value.estimate.draws, "u": value.u, "seed": value.seed, "compare": plain(value.compare)}  # fmt: skip

    def parse(answer: Mapping[str, Any]) -> DrawScene:
        estimate = ZerothOrder(laws[answer["law"]], float(answer["delta"]), int(answer["draws"]))
        compare = answer["compare"] and read(answer["compare"], scene.compare, AbstractSurrogate)
        return DrawScene(estimate, float(answer["u"]), compare or None, int(answer["seed"]))

    return exchange(scene, data | _kernels(), key, parse, sent)


def exchange(
    value: Any,
    data: dict[str, Any],
    key: str,
    parse: Callable[[Mapping[str, Any]], Any],
    send: Callable[[Any], Any],
    mounted: Any = None,
    picked: Callable[[], None] | None = None,
) -> Any:
    """Mount a component, the scopes' own if none is given; give the value on the screen: `value`, or what was settled in the page
    since it was sent.

    What is sent stays the same while only the page moves, so that a settled value costs the server one small message.
    picked: called when the page has sent `picked`, which no run after this one sees.
    """
    state = st.session_state
    session = state.setdefault(f"_scope.{key}", {"base": None, "given": None, "shown": None, "revision": 0})
    answer = (state.get(key) or {}).get("settled") if not isinstance(state.get(key), str) else None
    settled = None
    if answer and answer.get("revision") == session["revision"]:
        try:
            settled = parse(answer["scene"])
        except (ValueError, TypeError, KeyError, AttributeError):
            settled = None  # a page of another version, or none of ours: what Python says stands
    if settled is None:
        shown, push = value, value != session["base"]
    elif value in (session["given"], session["shown"]):  # the page says what it said, or has taken over what it was sent
        shown, push = settled, False
    else:
        shown, push = value, value != settled
    if push:
        session["base"], session["revision"] = value, session["revision"] + 1
    session["given"], session["shown"] = value, shown

    def unavailable() -> None:
        reason = (state.get(key) or {}).get("unavailable")
        state[f"_scope.{key}.unavailable"] = str(reason)[:300] if reason else None

    (mounted or _component())(
        key=key,
        data=data | {"revision": session["revision"], "scene": send(session["base"])},
        on_settled_change=lambda: None,
        on_unavailable_change=unavailable,
        **({} if picked is None else {"on_picked_change": picked}),
    )
    return shown


def _kernels() -> dict[str, Any]:
    return {"module": browser.payload(), "colours": scopes.colours()}


@functools.cache
def _component() -> Any:
    style = (assets() / "scope" / "scope.css").read_text(encoding="utf-8")
    return component("snnviz_scope", style, scripts.bundle("scope/main.js"))


def component(name: str, style: str, script: str) -> Any:
    """A component of Streamlit's second kind, of a style sheet and a script."""
    # Streamlit imports v2 itself, by a road that pyright does not see
    made = st.components.v2.component  # pyright: ignore[reportAttributeAccessIssue]
    return made(name, css=style, js=script)
