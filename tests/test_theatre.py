"""The theatre of a training: what is kept of a test sample, the recorded runs it opens with, the verdict, the page."""

import ast
import dataclasses
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from snnviz.architectures import FeedForward
from snnviz.datasets import YinYang
from snnviz.methods import BPTT, Exodus, LocalZO
from snnviz.runs import recorded_trainings as recorded
from snnviz.runs import rows
from snnviz.runs.curves import GrowingLine
from snnviz.runs.values import Line, Run, RunState, Status
from snnviz.runs.verdict import verdict
from snnviz.runs.work import Train
from snnviz.training import EpochRecord, Look, Training, presets, train
from snnviz.training.look import NEURONS, STEPS, keeps_look, seen, thinned
from snnviz.ui import theatre
from tests.app_server import ROOT
from tools.record_trainings import RUNS

SMALL = Training(YinYang(samples=120), FeedForward(layers=2, width=8), epochs=3, batch=32)


def look_of(epoch: EpochRecord) -> Look:
    assert epoch.look is not None
    return epoch.look


def epochs_of(training: Training, **options) -> list[EpochRecord]:
    return [r for r in train(training, "native", **options) if isinstance(r, EpochRecord)]


def test_a_look_is_what_the_layers_did_and_comes_back_from_the_store():
    growing = GrowingLine(Line(SMALL))
    for epoch in epochs_of(SMALL, record_sample=5):
        look, layers = look_of(epoch), epoch.sample or ()
        fired = {layer.name: layer.array("spikes")[:, 0] for layer in layers}
        assert look.counts == {name: int(spikes.sum()) for name, spikes in fired.items()}
        assert all((look.rasters[name] == (thinned(spikes) > 0)).all() for name, spikes in fired.items())
        assert look.answer == look.scores.argmax() and len(look.scores) == 3
        growing.add(epoch)
    kept_looks = [look_of(epoch) for epoch in growing.line(whole=True).epochs]
    assert [look.shown is not None for look in kept_looks] == [True, False, False], "the sample stands once"
    for number, epoch in enumerate(growing.epochs):
        again = look_of(rows.epoch(rows.of_epoch("run", 0, epoch)))
        assert again.counts == kept_looks[number].counts and again.label == kept_looks[number].label
        assert all((again.rasters[name] == raster).all() for name, raster in kept_looks[number].rasters.items())
        np.testing.assert_allclose(again.scores, kept_looks[number].scores, atol=1e-4)
    sample, again = kept_looks[0].shown, Look.from_plain(kept_looks[0].to_plain()).shown
    assert sample is not None and again is not None
    np.testing.assert_allclose(again, sample, atol=1 / 255)
    assert epochs_of(dataclasses.replace(SMALL, epochs=1))[0].look is None


def test_the_theatre_has_every_seed_of_a_run_that_has_ended(monkeypatch):
    (story,) = [one.state for one in recorded.everything() if one.state.run.id == "recorded-step"]
    line = story.lines[2]
    lines = tuple(dataclasses.replace(line, training=dataclasses.replace(line.training, seed=seed)) for seed in range(3))
    state = RunState(Run(Train(tuple(one.training for one in lines))), Status.FINISHED, lines)

    def looks(state: RunState) -> list[tuple[int, int]]:
        (row,) = theatre.data(state)["rows"]
        assert all(run["accuracy"] == [e.test_accuracy for e in line.epochs] for run in row["runs"])
        return [(run["seed"], len(run["looks"])) for run in row["runs"]]

    assert looks(state) == [(0, 10), (1, 10), (2, 10)]
    assert looks(dataclasses.replace(state, status=Status.RUNNING)) == [(0, 10), (1, 0), (2, 0)], "it is sent every second"
    monkeypatch.setattr(theatre, "LOOKS", 25)
    assert looks(state) == [(0, 10), (1, 10), (2, 0)]


def test_looks_stay_small_and_a_code_by_latency_shows_its_grey_values():
    assert thinned(np.eye(1000, dtype=bool)).shape == (STEPS, NEURONS) and thinned(np.ones((3, 2))).shape == (3, 2)
    assert [n for n in range(1, 11) if keeps_look(n, 10)] == list(range(1, 11))
    several = [n for n in range(1, 10_001) if keeps_look(n, 10_000)]
    assert len(several) < 64 and several[0] == 1 and several[-1] == 10_000
    x = np.zeros((4, 1, 1, 3), np.float32)
    x[0, 0, 0, 0] = x[3, 0, 0, 1] = 1
    assert seen(x).tolist() == [[1.0, 0.25, 0.0]]
    assert seen(np.repeat(x, 2, 1) * np.array([1, 3])[:, None, None]).tolist() == [[2.0, 2.0, 0.0]]


@pytest.mark.parametrize("name", RUNS)
def test_a_recorded_run_is_the_comparison_it_says(name):
    title, sample, touch_active = RUNS[name]
    came = recorded.find(Train(presets()[title], sample, touch_active))
    assert came is not None and "recorded on" in came.about and came.state.status is Status.FINISHED
    assert all(len(line.epochs) == line.training.epochs and line.epochs[-1].look for line in came.state.lines)
    assert recorded.find(Train(presets()[title][:1], sample, touch_active)) is None


def test_the_recorded_story_is_what_is_computed_here():
    (story,) = [one for one in recorded.everything() if one.state.run.id == "recorded-step"]
    line = next(line for line in story.state.lines if isinstance(line.training.method, Exodus))
    now = next(r for r in train(line.training, "native", record_sample=10) if isinstance(r, EpochRecord))
    assert now.test_loss == pytest.approx(line.epochs[0].test_loss, rel=1e-3)
    assert look_of(now).counts == look_of(line.epochs[0]).counts and look_of(now).answer == look_of(line.epochs[0]).answer


def test_the_verdict_says_what_came_and_nothing_else():
    (story,) = [one.state for one in recorded.everything() if one.state.run.id == "recorded-step"]
    scores = [f"{100 * line.accuracy:.3g}" for line in story.lines]
    rescued, tuned, says = verdict(story)
    assert rescued == f"Tuning rescues SLAYER: at scale 3 it stays at chance, {scores[0]} %; at 0.1 it ends at {scores[1]} %."
    assert tuned == f"EXODUS had nothing to tune: {scores[2]} %."
    assert says.startswith("SLAYER, k = 3 calls ") and "spikes in layer 1 where SLAYER, k = 0.1 fires" in says
    assert verdict(dataclasses.replace(story, status=Status.RUNNING)) == ()
    exodus = story.lines[2]
    twin = dataclasses.replace(exodus, training=dataclasses.replace(exodus.training, method=BPTT()))
    sparse = dataclasses.replace(story.lines[1], training=dataclasses.replace(exodus.training, method=LocalZO()))
    last = dataclasses.replace(sparse.epochs[-1], active=(0.15, 0.202))
    lines = (twin, exodus, dataclasses.replace(sparse, epochs=(*sparse.epochs[:-1], last)))
    state = RunState(Run(Train(tuple(line.training for line in lines))), Status.FINISHED, lines)
    same, touched, order = verdict(state)
    assert same == f"BPTT, reset kept and EXODUS: the same to the digit in every epoch, {scores[2]} %."
    assert touched == f"LocalZO touched 17.6 % of the entries and ended at {scores[1]} %."
    assert order.startswith("LocalZO ends highest")


def page_presets() -> dict[str, tuple[str, dict[str, str]]]:
    tree = ast.parse((ROOT / "pages" / "training.py").read_text(encoding="utf-8"))
    names: dict = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") in ("STORY", "PRESETS"):
            exec(ast.unparse(node), names)
    return names["PRESETS"]


def test_every_preset_opens_with_its_recorded_run_and_says_when_the_settings_are_others(home):
    for title, (_, query) in page_presets().items():
        at = AppTest.from_file(ROOT / "app.py", default_timeout=60).switch_page("pages/training.py")
        at.query_params.update(query)
        at.run()
        texts = [m.value for m in at.markdown]
        assert not at.exception and not at.warning, title
        assert any("recorded on" in text for text in texts) and any("The controls agree with it" in text for text in texts), title
    at = AppTest.from_file(ROOT / "app.py", default_timeout=60).switch_page("pages/training.py").run()
    assert at.query_params["slayer.again"] == "0.1", "the page opens with its story"
    assert any(m.value.startswith("**Verdict** Tuning rescues SLAYER") for m in at.markdown)
    at.slider(key="training/epochs").set_value(9).run()
    assert any("Settings changed: start again" in m.value for m in at.markdown)
    at.query_params.clear()
    at.query_params["view"] = "live"
    at.switch_page("pages/sparsity.py").run()
    assert any("recorded on" in m.value for m in at.markdown) and not any("Settings changed" in m.value for m in at.markdown)


@pytest.mark.browser
def test_the_theatre_is_whole_in_the_window_and_walks_through_the_epochs(visit):
    (story,) = [one.state for one in recorded.everything() if one.state.run.id == "recorded-step"]
    answers = [[str(look_of(epoch).answer) for epoch in line.epochs] for line in story.lines]
    v = visit("training")
    says = v.page.locator(".method .says b")
    assert says.all_inner_texts() == [one[-1] for one in answers]
    v.page.get_by_role("slider", name="Epoch", exact=True).press("Home")
    assert v.page.locator(".walk output").inner_text() == "epoch 1 of 10"
    assert says.all_inner_texts() == [one[0] for one in answers]
    assert v.page.locator(".method.correct").count() == sum(one[0] == "3" for one in answers)
    for size in ((1280, 720), (853, 480)):
        v.size(*size).settle()
        box = v.page.locator(".curves svg").first.bounding_box()
        assert box["y"] >= 0 and box["y"] + box["height"] <= size[1] and box["height"] > 150, size
    with v.page.expect_download() as svg:
        v.page.get_by_role("button", name="Download the picture as SVG").click()
    drawn = Path(svg.value.path()).read_text(encoding="utf-8")
    assert "<svg" in drawn and "SLAYER, k = 3" in drawn and drawn.count("<path") >= 9 and "epoch 1 of 10" in drawn
    with v.page.expect_download() as png:
        v.page.get_by_role("button", name="Download the picture as PNG").click()
    assert Path(png.value.path()).read_bytes().startswith(b"\x89PNG")

    # Words of the field explain themselves: under the pointer, and where the keyboard is; another sentence has its own.
    sentence, tooltip = v.page.locator(".st-key-sentence p"), v.page.get_by_role("tooltip")
    word = sentence.locator("dfn", has_text="SLAYER")
    word.focus()
    assert "Spike layer error reassignment" in tooltip.inner_text()
    v.page.keyboard.press("Escape")
    assert not tooltip.is_visible()
    v.page.get_by_role("link", name="Four methods").click()
    sentence.locator("dfn", has_text="LocalZO").hover()
    tooltip.get_by_text("Local zeroth order").wait_for()
    text = page_presets()["Four methods"][0].replace("**", "")
    assert sentence.inner_text() == text
    assert not v.violations() and not v.errors and not v.outside
