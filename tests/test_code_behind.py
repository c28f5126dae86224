"""The code behind every picture is run, and gives the numbers that the page draws."""

import ast
import dataclasses
from collections.abc import Mapping

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from app import PAGES
from snnviz.ui import page
from tests.app_server import ROOT

NETWORK = {"of": "network", "run.steps": "20"}
# By page, or page and view: settings in the URL. Every file in pages/ that shows code stands here.
SETTINGS = {
    "neuron": [
        {"view": "figure"},
        {"view": "figure", "neuron": "Izhikevich", "run.steps": "150"},
        {"view": "figure", "neuron": "ALIF", "stimulus": "Noise", "run.neurons": "3", "run.spread": "0.5", "run.seed": "2"},
        {"view": "figure", "neuron": "LeakyReadout"},
        {},
    ],
    "gradients/traces": [
        {},
        {"neuron": "ALIF", "methods": "cut-localzo-sparse-gated", "localzo.draws": "20", "loss": "SpikeAt", "run.seed": "3"},
        {"surrogate.SingleExponential.width": "0.1", "log": "true", "neuron.LIF.reset_mode": "zero"},
    ],
    "gradients/smooth": [{}, {"methods": "kept-localzo-exodus", "surrogate": "Gaussian", "neuron": "CubaLIF", "run.seed": "5"}],
    "gradients/layers": [NETWORK, NETWORK | {"methods": "kept-localzo-modules", "neuron": "LIF", "run.batch": "4"}],
    "gradients/growth": [NETWORK | {"over": over, "neuron": "LIF"} for over in ("depth", "steps", "tau", "scale")],
    "gradients/heat": [NETWORK, NETWORK | {"layer": "layer 2", "methods": "slayer-localzo"}],
    "gradients/weights": [NETWORK, NETWORK | {"layer": "layer 3", "network": "Convolutional"}],
    "sparsity/margins": [{}, {"method": "sparse", "sparse.band": "1e-06"}, {"method": "gated", "layer": "hidden 2"}],
    "sparsity/raster": [{}, {"sample": "3", "law": "UniformLaw", "localzo.draws": "5", "run.seed": "4"}],
    "sparsity/share": [{}, {"method": "sparse", "match": "true", "neuron": "ALIF"}],
    "sparsity/bytes": [{}, {"size": "SHD"}],
    "sparsity/live": [{}],
    "sparsity/time/published": [{}],
    "sparsity/time/here": [{}, {"against": "steps", "plan.steps": "50"}],
    "sparsity/time/gpu": [{}],
    "derivative/surrogates": [{}, {"of": "MultiGaussian-Dspike", "look.unit_area": "true"}],
    "derivative/live": [{}, {"zo.delta": "0.3", "zo.draws": "4", "draw.seed": "2"}],
    "derivative/estimator": [{}, {"law": "SurrogateLaw", "made": "Gaussian", "compare": "Gaussian", "draw.count": "50"}],
    "derivative/law": [{}, {"law": "RademacherLaw"}, {"way": "surrogate", "alpha": "1"}, {"way": "surrogate", "made": "Boxcar"}],
    "derivative/cost": [{}, {"over": "draws", "density": "normal"}, {"over": "delta", "law": "UniformLaw"}],
    "data/classes": [{}, {"data": "YinYang"}],
    "data/cloud": [{}, {"data": "SpikePatterns"}, {"data": "YinYang"}],
    "data/frames": [{"frames": "5", "half": "test", "class": "1"}, {"data": "Digits"}],
    "data/raster": [{"sample": "3"}, {"data": "TemporalOrder"}],
    "data/surface": [{"tau": "5"}, {"data": "DelayedXor"}],
    "data/profile": [{}, {"data": "RandomManifolds"}],
    "depth": [{}, {"depth.layers": "8", "after": "3"}],
    "training": [{}, {"data": "YinYang", "methods": "kept-slayer", "optimiser": "SGD", "repeats": "2"}],
}
WITHOUT_CODE = {"start", "gradients", "sparsity", "sparsity/time", "derivative", "data"}  # their views have it
WITHOUT_CODE |= {"data/made", "data/disk", "data/own", "runs"}
CASES = [(name, query) for name, queries in SETTINGS.items() for query in queries]


def test_every_page_and_view_stands_here():
    files = {str(path.relative_to(ROOT / "pages").with_suffix("")) for path in (ROOT / "pages").rglob("*.py")}
    assert files == SETTINGS.keys() | WITHOUT_CODE
    assert {entry.file.removesuffix(".py") for entry in PAGES} <= files


@pytest.mark.parametrize(("name", "query"), CASES, ids=[f"{n}-{'&'.join(map('='.join, q.items()))}" for n, q in CASES])
def test_the_code_gives_what_the_page_draws(name, query, monkeypatch, capsys):
    file, *view = name.split("/")
    if (view and file != "gradients") or (view and view != ["traces"]):
        query = {"view": view[0], **query}
    if len(view) == 2:
        query["source"] = view[1]
    at = AppTest.from_file(ROOT / "app.py", default_timeout=60).switch_page(f"pages/{file}.py")
    for key, value in query.items():
        at.query_params[key] = value
    heard, views = [], []
    load = page.view
    monkeypatch.setattr(page, "listener", lambda *behind: heard.append(behind))
    monkeypatch.setattr(page, "view", lambda file, one: views.append(one) or load(file, one))
    at.run()
    assert not at.exception and not at.warning, [e.value for e in (*at.exception, *at.warning)]
    assert views[-len(view) :] == view if view else True, f"{views} was drawn"
    ((source, shows),) = heard
    run_and_compare(source, shows, capsys)


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
