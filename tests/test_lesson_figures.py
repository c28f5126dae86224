"""Every figure that a lesson states, computed anew by the page from the lesson's own look; and every look is one its page knows.

What takes minutes (ten seeds, long trainings) is checked by `python -m tools.lessons --seeds`, which lists those figures; here it
is seen that each figure is checked somewhere.
"""

import functools
import itertools
import math
import pathlib
import re

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from snnviz import Experiment, lessons, simulate
from snnviz.lessons import Lesson, Look
from snnviz.neurons import IF
from snnviz.runs import recorded
from snnviz.runs.work import MeasureDepth, SweepWidths
from snnviz.stimuli import Step
from snnviz.studies import backward_times, loops
from snnviz.studies.widths import FACTORS, WidthSweep, sweep_widths
from snnviz.ui import page
from tools.lessons import SEEDS, near

ROOT = pathlib.Path(__file__).parents[1]


@functools.cache
def tour() -> AppTest:
    return AppTest.from_file(ROOT / "app.py", default_timeout=60)


def drawn(look: Look):
    """What a page draws of a look, by the expressions of its code; the look is how the page itself spells it."""
    return _drawn(look)


@functools.cache
def _drawn(look: Look):
    heard, at = [], tour()
    page.listener = lambda source, shows: heard.append(shows)
    try:
        at.query_params.clear()
        at.query_params.update(look.query | {"link": "1"})
        at.switch_page(f"pages/{look.page}.py").run()
    finally:
        page.listener = None
    assert not at.exception, [e.value for e in at.exception]
    link = [w.value for w in at.warning if w.icon == ":material/link_off:"]
    assert not link, (look, link)
    address = {key: value if isinstance(value, str) else value[-1] for key, value in at.query_params.items()}
    assert address == look.query, "a look leaves out what stands at its default, or Back needs two presses"
    return heard[-1] if heard else {}


def looks(lesson: Lesson):
    for step in lesson.steps:
        yield from (step.look, *(view.look for view in (*step.views, *step.changes)))
    yield lesson.thumbnail


def stated(lesson: Lesson) -> set[str]:
    """The numbers in what a lesson says after a choice, and in the ideas behind choices."""
    words = []
    for step in lesson.steps:
        words += [step.observe, step.explain, step.honest, *(choice.idea for choice in step.choices)]
        words += [view.text for view in step.views]
    return set(re.findall(r"(?<![\w.^{])\d[\d,]*(?:\.\d+)?", " ".join(words)))


def check(name: str, figures: dict[str, float], given: str):
    """figures: as the lesson states them -> as computed; given: numbers of settings and of words, which state nothing."""
    lesson = lessons.lesson(name)
    assert lesson is not None
    numbers = {text.rstrip(",") for text in stated(lesson)}
    for text, got in figures.items():
        assert text in numbers, f"{name} does not state {text}"
        assert near(text, got), f"{name} states {text}, and it is {got}"
    unseen = numbers - figures.keys() - set(given.split()) - set(SEEDS.get(name, ()))
    assert not unseen, f"{name} states {unseen}, which nothing checks"


@pytest.mark.parametrize("name", [one.name for one in lessons.lessons()])
def test_pages_know_the_looks_of_a_lesson(name, home):
    lesson = lessons.lesson(name)
    assert lesson is not None
    for look in dict.fromkeys(looks(lesson)):
        drawn(look)


def spikes(look: Look) -> int:
    return int(drawn(look)["layer"].spikes.sum())


def by_label(name: str, step: int, change: bool = False) -> dict[str, Look]:
    """The looks of a step's views, by their labels."""
    lesson = lessons.lesson(name)
    assert lesson is not None
    one = lesson.steps[step - 1]
    return {view.label: view.look for view in (one.changes if change else one.views)}


def test_a_leaky_bucket():
    lesson = lessons.lesson("leaky-bucket")
    views = by_label("leaky-bucket", 1)
    figures = {{"0.045": "0", "0.05": "13", "0.055": "22", "0.08": "51"}[label]: spikes(look) for label, look in views.items()}
    layer, faster = drawn(lesson.steps[0].look)["layer"], drawn(lesson.steps[1].look)["layer"]
    assert not faster.spikes.any()
    figures |= {"0.923": layer.u[-1, 0, 0], "0.84": faster.u[-1, 0, 0], "0.0488": 1 - math.exp(-1 / 20)}
    figures["78"] = simulate(Experiment(IF(), Step(0.08), steps=1000)).layers[0].spikes.sum()
    check("leaky-bucket", figures, "0.045 0.08 0.05 1 10 20")


def test_what_a_spike_costs():
    views = by_label("spike-cost", 1)
    figures = dict(zip(("51", "51", "323", "245"), map(spikes, views.values()), strict=True))
    assert spikes(views["0.08, subtract"]) == spikes(views["0.08, zero"]) == 51
    figures |= dict(zip(("317", "316"), map(spikes, by_label("spike-cost", 2).values()), strict=True))
    figures |= {"0.03": 0.08 - (1 - math.exp(-1 / 20)), "0.30": 0.35 - (1 - math.exp(-1 / 20))}
    for label, most in (("0.08, subtract", 0.03), ("0.35, subtract", 0.30)):
        assert (drawn(views[label])["layer"].u - 1).max() <= most + 0.005
    tires = drawn(by_label("spike-cost", 3, change=True)["A neuron that tires"])["layer"]
    intervals = np.diff(np.flatnonzero(tires.spikes[:, 0, 0]))
    figures |= dict(zip(("22", "24", "26", "28", "31"), intervals[[0, 1, 2, 3, -1]], strict=True))
    check("spike-cost", figures, "0.08 0.35 1")


def gradients(look: Look) -> dict[str, tuple]:
    """By the method's label: the row of the comparison, and the gradient of the first layer's input."""
    comparison = drawn(look)["comparison"]
    return {row.label: (row, run.layers[0].delta) for row, run in zip(comparison.rows, comparison.runs.values(), strict=False)}


def apart(one, other) -> float:
    """The largest difference of two gradients, of the second's largest value."""
    return float(np.abs(one - other).max() / np.abs(other).max())


def test_four_ways():
    lesson = lessons.lesson("four-ways")
    bptt, cut, slayer, exodus = gradients(lesson.steps[0].look).values()
    assert apart(exodus[1], bptt[1]) < 1e-14 and apart(slayer[1], cut[1]) < 1e-14
    figures = {"29.8": slayer[0].norm, "9.5": bptt[0].norm, "0.46": slayer[0].cosine}
    bptt, cut, slayer, exodus = gradients(by_label("four-ways", 2)["zero"]).values()
    assert apart(exodus[1], bptt[1]) < 1e-14
    figures["0.71"] = apart(slayer[1], cut[1])
    change = by_label("four-ways", 2, change=True)
    figures["0.92"] = list(gradients(change["Fast sigmoid"]).values())[2][0].cosine
    bptt, _, slayer, _ = gradients(change["Narrow exponential"]).values()
    figures |= {"136": bptt[0].norm, "52": slayer[0].norm}
    check("four-ways", figures, "1 0 10 0.1")


def test_dice():
    one, five = (drawn(look)["sampled"] for look in by_label("dice", 2).values())
    far = drawn(lessons.lesson("dice").steps[2].look)["sampled"]
    figures = {"31.7": 100 * one.active, "85.2": 100 * five.active, "4.84": one.g, "56.7": one.sigma**2, "11.3": five.sigma**2}
    assert far.active == pytest.approx(0.0455, abs=1e-4) and five.g == pytest.approx(one.g)
    figures["10"] = 1 / (2 * 0.05)
    check("dice", figures, "0 1 0.05")


def test_width_first():
    sweep = WidthSweep(seeds=3)
    assert drawn(lessons.lesson("width-first").steps[0].look)["study.trainings"] == sweep.trainings
    past = recorded.recording(SweepWidths(sweep))
    assert past is not None and len(past.result.points) == len(sweep.trainings)
    cells = [past.result.cell(0, factor)[0] for factor in FACTORS]
    for shape in range(4):
        narrow, base, wide = (past.result.cell(shape, factor)[0] for factor in FACTORS)
        assert base > max(narrow, wide) + 0.08
    # one training anew: where the width is right, rounding and threads do not matter
    (point,) = itertools.islice(sweep_widths(sweep, done=1), 1)
    assert (point.shape, point.factor, point.seed) == (0, 1.0, 0) and point.accuracy == pytest.approx(
        past.result.points[1].accuracy, abs=0.03
    )
    check("width-first", dict(zip(("79.0", "98.5", "73.0"), (100 * cell for cell in cells), strict=True)), "0 0.6")


def test_of_what():
    near_one, elsewhere = by_label("of-what", 1).values()
    cut, through, smooth = (100 * walk.share for walk in drawn(near_one)["walks"])
    assert abs(smooth) < 1e-9
    figures = {"34.0": cut, "30.3": through, "0.000": smooth}
    figures |= dict(zip(("10.7", "6.1"), (abs(100 * walk.share) for walk in drawn(elsewhere)["walks"]), strict=False))
    for label, text in (("0.1", "26.9"), ("0.05", "13.7")):
        figures[text] = 100 * drawn(by_label("of-what", 3, change=True)[label])["walks"][0].share
    check("of-what", figures, "90 0.05 0")


def test_a_loops_sum_is_that_of_autograd():
    """The forward mode against torch autograd of the smooth network, and a loop's sum against a finer one."""
    w = torch.tensor([0.9, 0.8], dtype=torch.float64, requires_grad=True)
    v1 = v2 = filtered = target = loss = torch.zeros((), dtype=torch.float64)
    for given, wanted_now in zip(loops.INPUT, loops.WANTED, strict=True):
        u1 = loops.BETA * v1 + w[0] * given
        s1 = loops.SMOOTH.primitive(u1 - 1)
        u2 = loops.BETA * v2 + w[1] * s1
        s2 = loops.SMOOTH.primitive(u2 - 1)
        v1, v2, filtered, target = u1 - s1, u2 - s2, loops.BETA * filtered + s2, loops.BETA * target + wanted_now
        loss = loss + (filtered - target) ** 2 / loops.STEPS
    loss.backward()
    value, g1, g2 = loops.gradient(np.array([0.9]), np.array([0.8]), loops.Way(loops.SMOOTH, smooth=True))
    assert value[0] == pytest.approx(loss.item()) and w.grad.tolist() == pytest.approx([g1[0], g2[0]], rel=1e-12)


def test_a_shorter_road():
    lesson = lessons.lesson("shorter-road")
    record = recorded.recording(MeasureDepth(drawn(lesson.steps[0].look)["study"])).result  # the one that the page shows
    rows = record.checkpoints[-1].errors.rows
    plain, head = ({row.layer: row for row in rows if row.variant == variant} for variant in ("plain", "both"))
    assert all(head[layer].error < plain[layer].error for layer in (1, 2, 3, 4)) and head[8].error > plain[8].error
    figures = dict(zip(("84", "89", "92", "73"), (100 * plain[layer].error for layer in (1, 2, 3, 4)), strict=True))
    figures |= dict(zip(("61", "72", "76", "54"), (100 * head[layer].error for layer in (1, 2, 3, 4)), strict=True))
    figures |= {"9": 100 * plain[8].error, "16": 100 * head[8].error, "0.3": plain[1].reliability}
    figures["75"] = 100 * record.plain.test_accuracy
    figures["90"] = 100 * record.modules.test_accuracy
    check("shorter-road", figures, "1 2 3 4 5 8 0 0.1")


def test_faster_than_what():
    look = lessons.lesson("faster-than-what").steps[0].look
    at = backward_times.nearest(drawn(look)["recorded"][0], 0.01)
    least = min(drawn(look)["recorded"][0].timings, key=lambda timing: timing.active)
    floor, sparse, fused = least.backward["sparse"], at.backward["sparse"], at.backward["fused"]
    whole = {name: at.milliseconds(name, step=True) for name in at.backward}
    figures = {
        "19": fused / sparse, "114": at.backward["naive"] / sparse, "15.7": whole["fused"] / whole["sparse"],
        "68": whole["naive"] / whole["sparse"], "6": floor, "4.3": (sparse - floor) / (fused * 0.01),
        "83": 100 * (205 / 112 - 1), "45": 100 * (1 - 112 / 205),
    }  # fmt: skip
    check("faster-than-what", figures, "1 205 112 85")
