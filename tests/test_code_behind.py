"""The code behind every picture is run, and gives the numbers that the page draws."""

import ast
import dataclasses
import time
from collections.abc import Mapping

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from app import PAGES
from snnviz.ui import page
from tests.app_server import ROOT

NETWORK = {"of": "network", "run.steps": "20", "network.FeedForward.width": "16"}
SMALL_STUDY = {
    "depth.layers": "2",
    "after": "1",
    "depth.training": "2",
    "depth.draws": "8",
    "depth.samples": "8",
    "depth.width": "4",
}
SMALL_TRAINING = {
    "data": "YinYang",
    "data.YinYang.samples": "60",
    "methods": "kept-slayer",
    "network.FeedForward.width": "8",
    "optimiser": "SGD",
    "epochs": "2",
    "repeats": "2",
}
# By page, or page and view: settings in the URL. Every file in pages/ that shows code stands here.
SETTINGS = {
    "playground": [
        {},
        {"play.set": "digits", "play.hidden": "16", "play.methods": "exodus-localzo", "play.draws": "3", "play.neuron": "alif"},
        {"play.set": "own", "play.points": "-0.5,0,0;0.5,0.25,1", "play.optimiser": "momentum", "play.surrogate": "fast_sigmoid"},
    ],
    "neuron": [
        {"view": "figure"},
        {"view": "figure", "neuron": "Izhikevich", "run.steps": "150", "why": "40"},
        {"view": "figure", "neuron": "ALIF", "stimulus": "Noise", "run.neurons": "3", "run.spread": "0.5", "run.seed": "2"},
        {"view": "figure", "neuron": "LeakyReadout"},
        {"scope.backward": "true", "scope.loss_at": "0.2", "why": "60"},
    ],
    "gradients/traces": [
        {},
        {
            "neuron": "ALIF",
            "methods": "cut-localzo-sparse-gated",
            "localzo.draws": "20",
            "loss": "SpikeAt",
            "run.seed": "3",
            "why": "66",
        },
        {"surrogate.SingleExponential.width": "0.1", "log": "true", "neuron.LIF.reset_mode": "zero"},
    ],
    "gradients/smooth": [{}, {"methods": "kept-localzo-exodus", "surrogate": "Gaussian", "neuron": "CubaLIF", "run.seed": "5"}],
    "gradients/layers": [NETWORK, NETWORK | {"methods": "kept-localzo-modules", "neuron": "LIF", "run.batch": "4"}],
    "gradients/growth": [NETWORK | {"over": over, "neuron": "LIF"} for over in ("depth", "steps", "tau", "scale")],
    "gradients/heat": [NETWORK, NETWORK | {"layer": "layer 2", "methods": "slayer-localzo"}],
    "gradients/weights": [NETWORK, {"of": "network", "run.steps": "20", "layer": "layer 2", "network": "Convolutional"}],
    "sparsity/margins": [{}, {"method": "sparse", "sparse.band": "1e-06"}, {"method": "gated", "layer": "layer 2"}],
    "sparsity/raster": [{}, {"sample": "3", "law": "UniformLaw", "localzo.draws": "5", "run.seed": "4"}],
    "sparsity/share": [{}, {"method": "sparse", "match": "true", "neuron": "ALIF"}],
    "sparsity/bytes": [{}, {"size": "SHD"}],
    "sparsity/time/published": [{}],
    "sparsity/time/here": [{"against": against, "plan.steps": "10", "plan.hidden": "8"} for against in ("activity", "steps")],
    "sparsity/time/gpu": [{}],
    "sparsity/time/cpu": [{}, {"recorded": "1"}],
    "speed/here": [{"plan.points": "2", "plan.steps": "10", "plan.repeats": "1", "plan.grows": "batch", "neuron": "ALIF"}],
    "speed/peers": [{}],
    "speed/kernel": [{}, {"neuron": "QIF"}],
    "speed/gpu": [{"shown": "time"}],
    "gradients/loop": [{"of": "weights", "loop.points": "200", "surrogate": "Triangle"}],
    "sweeps": [{"sweep": "depth", "depth.run.epochs": "1", "depth.data.samples": "60", "depth.grid.validation": "0.3"}],
    "training/widths": [{"run.epochs": "1", "data.samples": "40"}],
    "derivative/surrogates": [{}, {"of": "MultiGaussian-Dspike", "look.unit_area": "true"}],
    "derivative/live": [{}, {"zo.delta": "0.3", "zo.draws": "4", "draw.seed": "2"}],
    "derivative/estimator": [{}, {"law": "SurrogateLaw", "made": "Gaussian", "compare": "Gaussian", "draw.count": "50"}],
    "derivative/law": [{}, {"law": "RademacherLaw"}, {"way": "surrogate", "alpha": "1"}, {"way": "surrogate", "made": "Boxcar"}],
    "derivative/cost": [{}, {"over": "draws", "density": "normal"}, {"over": "delta", "law": "UniformLaw"}],
    "data/plane": [{"data": "YinYang", "half": "test"}, {"data": "Spirals", "data.Spirals.coding": "constant"}],
    "data/play": [{"data": "Saccades", "class": "3"}],
    "data/classes": [{}, {"data": "YinYang"}],
    "data/cloud": [{}, {"data": "SpikePatterns"}, {"data": "YinYang"}],
    "data/frames": [{"frames": "5", "half": "test", "class": "1"}, {"data": "Digits"}],
    "data/ears": [{"data": "SoundLocalisation", "data.SoundLocalisation.samples": "70"}],
    "data/raster": [{"sample": "3"}, {"data": "TemporalOrder"}],
    "data/surface": [{"tau": "5"}, {"data": "DelayedXor"}],
    "data/profile": [{}, {"data": "RandomManifolds"}],
}
WITHOUT_CODE = {"gradients", "sparsity", "sparsity/time", "derivative", "data", "speed"}  # their views have it
WITHOUT_CODE |= {"data/made", "data/disk", "data/own", "glossary", "runs", "runs/empty", "runs/saved"}
WITHOUT_CODE |= {"class", "lessons", "start"}
PRESSED = {  # the button, and what is shown once its work is done
    "depth": ("Train and measure", "rows", SMALL_STUDY),
    "training": ("Start", "sorted(epochs)", SMALL_TRAINING),
    "sparsity/live": ("Start", "sorted(epochs)", {"trained.width": "8", "run.epochs": "1"}),
}
OTHER_KEYS = {"training/widths": ("compare",), "gradients/loop": ()}  # whose view is not chosen by `view` and `source`
CASES = [(name, query) for name, queries in SETTINGS.items() for query in queries]


def test_every_page_and_view_stands_here():
    files = {str(path.relative_to(ROOT / "pages").with_suffix("")) for path in (ROOT / "pages").rglob("*.py")}
    assert files == SETTINGS.keys() | PRESSED.keys() | WITHOUT_CODE
    assert {entry.file.removesuffix(".py") for entry in PAGES} <= files


def opened(name: str, query: Mapping[str, str]) -> AppTest:
    """A page at a view, not yet run."""
    file, *view = name.split("/")
    at = AppTest.from_file(ROOT / "app.py", default_timeout=60).switch_page(f"pages/{file}.py")
    keys = OTHER_KEYS.get(name, ("view", "source"))
    for key, value in dict(zip(keys, view, strict=False), **query).items():
        at.query_params[key] = value
    return at


@pytest.mark.parametrize(("name", "query"), CASES, ids=[f"{n}-{'&'.join(map('='.join, q.items()))}" for n, q in CASES])
def test_the_code_gives_what_the_page_draws(name, query, monkeypatch, capsys):
    heard, views = [], []
    load = page.view
    monkeypatch.setattr(page, "listener", lambda *behind: heard.append(behind))
    monkeypatch.setattr(page, "view", lambda file, view: views.append(view) or load(file, view))
    at = opened(name, query).run()
    link = [w.value for w in at.warning if w.icon == ":material/link_off:"]
    assert not at.exception and not link, [*link, *(e.value for e in at.exception)]
    _, *view = name.split("/")
    assert views[len(views) - len(view) :] == view
    ((source, shows),) = heard
    run_and_compare(source, shows, capsys)


@pytest.mark.parametrize("name", PRESSED)
def test_the_code_gives_what_the_page_has_worked_out(name, monkeypatch, capsys, tmp_path):
    button, expression, query = PRESSED[name]
    monkeypatch.setenv("SNNVIZ_HOME", str(tmp_path))
    heard = []
    monkeypatch.setattr(page, "listener", lambda *behind: heard.append(behind))
    at = opened(name, query).run()
    assert heard[-1][1] and expression not in heard[-1][1]
    next(b for b in at.button if b.label == button).click()
    deadline = time.monotonic() + 60
    while at.run() and expression not in heard[-1][1]:
        assert not at.exception and time.monotonic() < deadline
        time.sleep(0.1)
    run_and_compare(*heard[-1], capsys)
    if name == "training":  # the run is saved, and shown again
        at.switch_page("pages/runs.py").run()
        assert expression in heard[-1][1]
        run_and_compare(*heard[-1], capsys)


def run_and_compare(source: str, shows: Mapping[str, object], capsys) -> None:
    """Run code as a notebook would, and compare what it has with what was drawn."""
    tree = ast.parse(source)
    imports = [ast.unparse(node) for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom))]
    assert imports == ["from snnviz import *"]
    assert shows, "the page says what of the code's results it draws"
    namespace: dict = {}
    exec(compile(tree, "the code behind the picture", "exec"), namespace)
    assert capsys.readouterr().out.strip(), "the code ends in something to see"
    for expression, drawn in shows.items():
        compare(eval(expression, namespace), drawn, expression)


def compare(got: object, drawn: object, where: str) -> None:
    """Equal to the last digit, part by part; how many seconds a run took is no result."""
    if isinstance(drawn, torch.Tensor):
        drawn, got = drawn.numpy(), got.numpy()
    if isinstance(drawn, (np.ndarray, float)):
        np.testing.assert_array_equal(got, drawn, where)
    elif dataclasses.is_dataclass(drawn) and not isinstance(drawn, type):
        assert type(got) is type(drawn), where
        for field in dataclasses.fields(drawn):
            if field.name != "seconds":
                compare(getattr(got, field.name), getattr(drawn, field.name), f"{where}.{field.name}")
    elif isinstance(drawn, Mapping):
        assert list(got) == list(drawn), where
        for key, value in drawn.items():
            compare(got[key], value, f"{where}[{key!r}]")
    elif isinstance(drawn, (list, tuple)):
        assert len(got) == len(drawn), where
        for i, value in enumerate(drawn):
            compare(got[i], value, f"{where}[{i}]")
    else:
        assert got == drawn, where
