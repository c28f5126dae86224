"""What is taken away or said of a run: notebooks, animations, names, notes and tags."""

import ast
import io
import json

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from snnviz.datasets import YinYang
from snnviz.runs import animated, recorded_trainings, rights, store, words
from snnviz.runs.rights import Visitor
from snnviz.runs.values import Run
from snnviz.runs.work import Train
from snnviz.studies import plane
from snnviz.training import Training
from snnviz.ui import taking
from tests.app_server import ROOT


def test_a_notebook_has_the_code_of_the_screen_and_runs_as_it_is(home, capsys):
    at = AppTest.from_file(ROOT / "app.py", default_timeout=60).switch_page("pages/data.py")
    at.query_params.update({"data": "TemporalOrder", "view": "raster"})
    at.run()
    (source,) = [code.value for code in at.code if "from snnviz import *" in code.value]
    book = json.loads(taking.notebook(source, "http://here/data?view=raster"))
    assert (book["nbformat"], book["nbformat_minor"]) == (4, 5) and len({cell["id"] for cell in book["cells"]}) == 2
    assert "http://here/data?view=raster" in "".join(book["cells"][0]["source"])
    namespace: dict = {}
    for cell in book["cells"]:
        if cell["cell_type"] == "code":
            assert cell["outputs"] == [] and cell["execution_count"] is None
            exec(compile(ast.parse("".join(cell["source"])), "a cell", "exec"), namespace)
    assert namespace["x"].shape == (150, 30) and capsys.readouterr().out


def test_an_animation_shows_each_epoch_and_the_last_is_the_whole_curve():
    (story,) = [one.state for one in recorded_trainings.everything() if one.state.run.id == "recorded-step"]
    hues = dict(zip(story.run.labels, ("slayer", "slayer", "exodus"), strict=True))
    picture = Image.open(io.BytesIO(animated.gif(story, hues)))
    assert getattr(picture, "n_frames", 0) == 10 and picture.size == animated.SIZE
    drawn = []
    for frame in range(10):
        picture.seek(frame)
        left, top, right, bottom = animated.CHART
        colours = np.asarray(picture.convert("RGB"), int)[top:bottom, left:right]
        drawn.append(int((np.abs(colours - (0, 158, 115)).sum(2) < 60).sum()))  # EXODUS's line
    assert drawn[0] < drawn[4] < drawn[9]
    waiting = type(story).waiting(story.run)
    with pytest.raises(ValueError, match="No epoch"):
        animated.gif(waiting, hues)


def test_only_the_owner_names_a_run_and_what_is_said_goes_with_it(home):
    run = Run(Train((Training(YinYang(samples=60)),)), owner="me")
    saved = store.default()
    saved.begin(run)
    assert words.of([run.id]) == {}
    mine = words.Words("<b>first</b> *try*", "one\n# two", words.tags(" class 4b, slow,, slow "))
    assert mine.tags == ("class 4b", "slow")
    words.say(run.id, mine, Visitor("me"))
    assert words.of([run.id, "other"]) == {run.id: mine}
    with pytest.raises(rights.Forbidden):
        words.say(run.id, words.Words("theirs"), Visitor("other"))
    words.say(run.id, words.Words("by the server"), Visitor("other", key=True))
    assert words.of([run.id])[run.id].name == "by the server"
    with pytest.raises(ValueError, match="at most 80 letters; this one has 81"):
        words.Words("x" * 81)
    with pytest.raises(ValueError, match="There is no such run"):
        words.say("nowhere", mine)
    words.say(run.id, mine)
    saved.delete([run.id])
    assert words.of([run.id]) == {}


def test_what_is_said_of_a_run_is_shown_literally(home, monkeypatch):
    monkeypatch.setattr("snnviz.ui.visitors.visitor", lambda: "me")
    monkeypatch.setattr("snnviz.ui.visitors.me", lambda: Visitor("me"))
    run = Run(Train((Training(YinYang(samples=60)),)), owner="me")
    store.default().begin(run)
    at = AppTest.from_file(ROOT / "app.py", default_timeout=60).switch_page("pages/runs.py").run()
    at.text_input(key=f"words-name-{run.id}").set_value("*mine*")
    at.text_area(key=f"words-note-{run.id}").set_value("# no title <script>")
    next(button for button in at.button if button.label == "Save").click().run()
    assert not at.exception and not at.error, [e.value for e in (*at.exception, *at.error)]
    assert words.of([run.id])[run.id] == words.Words("*mine*", "# no title <script>")
    shown = [m.value for m in at.markdown]
    assert any("\\*mine\\*" in text for text in shown) and not any(text.startswith("# no title") for text in shown)
    assert "*mine*" in at.dataframe[0].value["name"].tolist()


def test_the_regions_of_a_plane_are_the_classes_of_its_points():
    from snnviz.datasets import Spirals, Split, Xor

    for dataset, least in ((YinYang(), 0.95), (Xor(noise=0.0), 0.99), (Spirals(), 0.8)):
        points = plane.of(dataset, dataset.load(Split.TEST), Split.TEST)
        column, row = (np.abs(points.places[:, None] - values).argmin(0) for values in (points.x, points.y))
        assert (points.grid[row, column] == points.label).mean() > least, type(dataset).__name__
    half = YinYang().load(Split.TRAIN)
    a, b, one_a, one_b, bias = plane.spike_times(half, 3)
    assert a + one_a == pytest.approx(44.0, abs=0.5) and b + one_b == pytest.approx(44.0, abs=0.5) and bias == [20.0]
