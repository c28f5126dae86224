"""The playground on its page: one component (assets/playground/), whose settings at rest come back here, for the address and the
code behind the picture. It computes in the visitor's browser; the server sends the kernels once.
"""

import dataclasses
import functools
from collections.abc import Mapping
from typing import Any

import streamlit as st

from snnviz import text
from snnviz.architectures import ARCHITECTURES, FeedForward
from snnviz.backends import browser
from snnviz.datasets import DATASETS
from snnviz.live import playground, scripts, small
from snnviz.live.playground import Playground
from snnviz.losses import LOSSES
from snnviz.neurons import NEURONS
from snnviz.optimisers import OPTIMISERS
from snnviz.places import assets
from snnviz.surrogates import SURROGATES
from snnviz.training import Training
from snnviz.ui import address, methods, scope, spelling, url

UPDATES = 50  # that the code behind the picture makes
CHOICE = {entry.hue or entry.name: name for name, (_, entry) in methods.CHOICES.items()}  # the menus' names of methods, by hue
_SHAPE = FeedForward()


def problem() -> str | None:
    """Why the playground cannot be had, in a sentence, or None: no compiler on the server."""
    return browser.unusable(browser.PLAYGROUND)


def stage(*, key: str = "playground") -> Playground:
    """Draw the playground and return the settings that are on the screen, settled."""
    value = address.recall(Playground(), playground.KEY)
    data = playground.data() | {"module": browser.payload(browser.PLAYGROUND)}
    shown = scope.exchange(value, data, key, _read, _texts, _component())
    address.remember(_texts(shown), f"{playground.KEY}.")
    return shown


def _texts(value: Playground) -> dict[str, str]:
    return url.write(value, playground.KEY, Playground())


def _read(sent: Mapping[str, str]) -> Playground:
    value, misread = url.read(sent, playground.KEY, Playground())
    if misread:
        raise ValueError(str(misread[0]))
    return value


@functools.cache
def _component() -> Any:
    style = (assets() / "playground" / "style.css").read_text(encoding="utf-8")
    return scope.component("snnviz_playground", style, scripts.bundle("playground/component.js"))


def code(value: Playground) -> tuple[str, dict[str, Any]]:
    """The Python that trains the same networks on the same batches and prints the page's losses, and what it makes."""
    trainings = small.trainings(value)
    listed = "\n".join(f'    "{title}": {text.source(training)},' for title, training in trainings.items())
    source = f"""
from snnviz import *

trainings = {{
{listed}
}}
losses = {{title: list(training.losses({UPDATES})) for title, training in trainings.items()}}
for title, curve in losses.items():
    print(f"{{title:10}} {{curve[0]:.7f}} -> {{curve[-1]:.7f}}")   # before the first update, and before update {UPDATES}
"""
    return source, {"trainings": trainings}


def link(value: Playground) -> dict[str, str] | None:
    """The settings of a Training page that shows the same, in the URL; None for own points, which that page does not have.

    There all layers have one width: the first one's.
    """
    usual, dataset = Training(), small.dataset(value)
    if type(dataset) not in DATASETS.values():
        return None
    shape = dataclasses.replace(
        FeedForward(layers=len(value.hidden), width=value.hidden[0], readout_tau=value.tau, bias=True, bias_start=value.bias),
        first_gain=value.firstGain or _SHAPE.first_gain,
        gain=value.gain or _SHAPE.gain,
    )
    neuron, stand = small.neuron(value), small.surrogate(value)
    loss = next(iter(small.trainings(value).values())).loss
    query = {"methods": spelling.spell_names([CHOICE[way.value] for way in value.methods]), "repeats": "1"}
    query |= url.write(dataset, "data", usual.dataset, tables=[DATASETS])
    query |= url.write(shape, "network", usual.architecture, tables=[ARCHITECTURES])
    query |= url.write(neuron, "neuron", usual.neuron, tables=[NEURONS]) | url.write(stand, "surrogate", tables=[SURROGATES])
    query |= url.write(small.optimiser(value), "optimiser", usual.optimiser, tables=[OPTIMISERS])
    query |= url.write(loss, "loss", usual.loss, tables=[LOSSES])
    query |= url.write(dataclasses.replace(usual, batch=value.batch, seed=value.seed), "run", usual)
    own = {"slayer.scale": value.scale, "localzo.delta": value.delta, "localzo.draws": value.draws, "sparse.band": value.band}
    chosen = query["methods"].split("-")
    return query | {key: spelling.spell(number) for key, number in own.items() if key.partition(".")[0] in chosen}


def look() -> None:
    """What this page has otherwise than all others: less space around the picture, and a heading for those who do not see it."""
    st.html(
        "<style>"
        "[data-testid=stMainBlockContainer] {padding: 0.9rem 1.4rem 2rem !important}"
        "[data-testid=stMainBlockContainer] > [data-testid=stVerticalBlock] {gap: 0}"
        ".st-key-heading {position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%)}"
        # As high as the playground will be, so that what stands under it does not jump when it comes (style.css: .graph).
        ".st-key-playground {min-height: calc(321px + clamp(280px, 100vh - 462px, 640px))}"
        # Where the sidebar is closed, the button that opens it and the logo lie over the top of the page.
        ".stApp:has([data-testid=stExpandSidebarButton]) [data-testid=stMainBlockContainer] {padding-top: 3.9rem !important}"
        "</style>"
    )
