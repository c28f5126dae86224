"""The Depth page: its study is what it says, its figures hold up, and a person can start, stop and read a measurement."""

import dataclasses
import math
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as some
from streamlit.testing.v1 import AppTest

from snnviz.figures import chain, closeness, error_by_depth, with_and_without
from snnviz.methods import Route, SurrogateModules
from snnviz.runs import client, store
from snnviz.runs.values import Status
from snnviz.studies.depth import DepthStudy, against_closeness, mean_error, measure_depth
from snnviz.ui import depth
from tests.app_server import ROOT
from tests.helpers import examples

SMALL = DepthStudy(SurrogateModules(after=(1,)), layers=2, width=6, training=8, looks=2, draws=8, samples=16)
LINK = {"depth.layers": "2", "after": "1", "depth.training": "20", "depth.draws": "64", "depth.width": "8", "depth.samples": "32"}


@pytest.fixture(scope="module")
def records():
    return list(measure_depth(SMALL, "native"))


def figures(record):
    """A record without what the clock says."""
    return dataclasses.replace(
        record, modules=dataclasses.replace(record.modules, seconds=0.0), plain=dataclasses.replace(record.plain, seconds=0.0)
    )


def test_a_study_goes_forward_and_repeats(records):
    progress = [r.progress for r in records]
    assert progress == sorted(progress) and progress[0] == 0 and progress[-1] == pytest.approx(1)
    assert [r.done for r in records].index(True) == len(records) - 1
    last = records[-1]
    assert [look.step for look in last.checkpoints] == [4, 8] and all(look.done for look in last.checkpoints)
    assert len(last.modules.loss) == len(last.plain.loss) == 8 and last.plain.test_accuracy is not None
    assert [(row.layer, row.variant) for row in last.checkpoints[-1].errors.rows] == [
        (n, v) for n in (1, 2) for v in ("plain", "both", "detach")
    ]
    assert {row.variant for row in last.without.errors.rows} == {"plain"}
    again = list(measure_depth(SMALL, "native"))
    assert figures(again[-1]) == figures(last)


def test_the_size_is_counted_right():
    net = SMALL.network(SMALL.modules)
    own, heads = SMALL.size
    assert sum(p.numel() for p in net.heads.parameters()) == heads
    assert sum(p.numel() for p in net.parameters()) == own + heads


def test_means_leave_out_what_is_not_measurable(records):
    look = records[-1].checkpoints[-1]
    row = look.errors.rows[0]
    rows = tuple(dataclasses.replace(row, layer=n, variant="plain", corrected=c) for n, c in ((1, None), (2, 0.6), (3, 0.8)))
    look = dataclasses.replace(look, errors=dataclasses.replace(look.errors, rows=rows))
    assert mean_error(look, "plain", [1, 2, 3]) == pytest.approx(0.5)
    assert mean_error(look, "plain", [1]) is None
    tracks = against_closeness(records[-1])
    assert list(tracks) == [1] and [p.step for p in tracks[1]] == [4, 8]


@pytest.mark.parametrize(
    ("plain", "both", "word"), [(0.9, 0.5, "closer"), (0.5, 0.51, "does not show"), (0.5, 0.9, "does not show")]
)
def test_the_verdict_says_whether_the_effect_shows(records, plain, both, word):
    look = records[-1].checkpoints[-1]
    sizes = {"plain": plain, "both": both, "detach": both}
    rows = tuple(
        dataclasses.replace(r, corrected=math.sqrt(1 - sizes[r.variant]), reliability=0.1 if r.layer == 2 else 0.6)
        for r in look.errors.rows
    )
    look = dataclasses.replace(look, errors=dataclasses.replace(look.errors, rows=rows))
    verdict = depth.verdict(dataclasses.replace(records[-1], checkpoints=(look,)))
    assert word in verdict and f"{plain:.2f}" in verdict and "Not measurable" in verdict and "layer 2" in verdict


def test_what_cannot_be_says_so():
    with pytest.raises(ValueError, match="no hidden layer 7"):
        DepthStudy(SurrogateModules(after=(7,)))
    with pytest.raises(ValueError, match="lower the draws"):
        next(measure_depth(DepthStudy(layers=20, width=128, draws=16384)))
    with pytest.raises(ValueError, match="at least 2"):
        DepthStudy(layers=1)


@examples(25)
@given(some.integers(2, 20), some.sets(some.integers(1, 20), max_size=5), some.booleans(), some.booleans())
def test_figures_hold_up(layers, after, detach, dark):
    after = [n for n in after if n <= layers]
    fig = chain.chain(layers, after, detach, dark)
    assert fig.layout.meta["alt"] and sum(a.text.startswith("q") and len(a.text) > 1 for a in fig.layout.annotations) == len(after)
    assert sum(a.text == "✂" for a in fig.layout.annotations) == (len(after) if detach else 0)
    values = [None if n % 3 == 0 else n / layers for n in range(1, layers + 1)]
    r = [0.1 if v is None else 0.6 for v in values]
    by_name = dict.fromkeys(("plain", "both", "detach"), values)
    fig = error_by_depth.error_by_depth(by_name, r, values, values[:2], "held", dark=dark)
    assert fig.layout.title.text and ("not measurable" in fig.layout.meta["alt"] or layers < 3)
    assert sum(a.text == "not measurable" for a in fig.layout.annotations) == r.count(0.1)
    assert fig.layout.xaxis.range == chain.chain(layers, after).layout.xaxis.range  # a bar stands under its layer


def test_small_figures_hold_up():
    assert closeness.closeness({}).layout.title.text
    assert len(closeness.closeness({3: [(1, 0.0, None, 0.5), (2, 0.1, 0.2, None)]}).data) == 2
    fig = with_and_without.with_and_without({"without": [], "with": [0.1, 0.3]}, {"without": "bptt", "with": "modules"}, 2)
    assert list(fig.data[1].y) == pytest.approx([0.1, 0.2])


def page(**link):
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    at.switch_page("pages/depth.py")
    for key, value in link.items():
        at.query_params[key] = value
    return at.run()


def button(at, label):
    return next((b for b in at.button if b.label == label), None)


def finish(at, seconds=120):
    deadline = time.monotonic() + seconds
    while button(at, "Stop") is not None:
        assert time.monotonic() < deadline, "the measurement does not end"
        time.sleep(0.2)
        at.run()
    assert not at.exception and not at.error
    return at


def test_the_page_measures_keeps_and_says_what_it_shows(home):
    at = page(**LINK)
    assert not at.exception and not at.warning and not at.info
    button(at, "Train and measure").click().run()
    finish(at)
    assert any("layer" in m.value for m in at.markdown) and not at.info and at.table
    # Another setting: what is on the screen says where it is from. Back again: nothing is measured anew.
    at.slider(key="depth/depth.seed").set_value(3).run()
    assert "These are from 2 layers, heads after 1" in at.info[0].value and "seed 0" in at.info[0].value
    at.slider(key="depth/depth.seed").set_value(0).run()
    assert not at.info
    button(at, "Hold this").click().run()
    assert button(at, "Let go") is not None and not at.exception
    # Somebody else's session finds it at once.
    other = page(**LINK)
    assert not other.info and other.table


def test_a_measurement_goes_on_is_found_again_and_stops(home):
    link = LINK | {"depth.draws": "4096", "depth.layers": "6"}
    at = page(**link)
    button(at, "Train and measure").click().run()
    (row,) = store.default().list(kind="depth", live=True)
    at.switch_page("pages/playground.py").run()  # the page is left
    assert client.wait(row.run, lambda s: s.progress.result is not None and s.progress.result.checkpoints, 120)
    at.switch_page("pages/depth.py").run()
    assert button(at, "Pause") is not None and button(at, "Train and measure") is None and not at.exception
    button(at, "Stop").click().run()
    assert client.wait(row.run, lambda s: not s.status.live, 60)
    at.run()
    assert at.info[0].value.startswith("Stopped: ") and not at.exception and at.table
    at.slider(key="depth/depth.seed").set_value(3).run()
    assert "These are from 6 layers" in at.info[0].value and at.table
    at.slider(key="depth/depth.seed").set_value(0).run()
    at.switch_page("pages/playground.py").run()
    at.switch_page("pages/depth.py")
    for key, value in link.items():
        at.query_params[key] = value
    at.run()
    assert "Stopped: Measuring" in at.info[0].value and not at.exception and at.table
    saved = store.default().open(row.run)
    assert saved.status is Status.STOPPED and saved.progress.result.checkpoints and 0 < saved.progress.share < 1


def test_the_code_behind_runs(capsys):
    at = page(**(LINK | {"modules.route": "detach"}))
    code = next(c.value for c in at.code if "measure_depth" in c.value)
    assert "Route.DETACH" in code and re.search(r"layers=2\b", code)
    exec(compile(code, "code behind", "exec"), {})
    assert "100%" in capsys.readouterr().out


def test_no_head_and_late_heads():
    at = page(after="", **{"depth.layers": "2"})
    assert not at.exception and not at.warning
    at = page(after="9", **{"depth.layers": "4"})
    assert not at.exception and "after=9" in at.warning[0].value
    assert DepthStudy(SurrogateModules(after=(), route=Route.DETACH)).variants.keys() == {"plain"}
