"""What the lessons state and takes minutes to compute; and the pictures on their cards.

    python -m tools.lessons --seeds [NAME ...]        each figure of ten seeds and of long trainings: as stated, and as it is
    python -m tools.lessons --thumbnails [NAME ...]   draws the cards' pictures from the lessons' own looks, in Chromium

`--seeds` takes some twenty minutes of a core for all lessons, and ends with status 1 where a figure differs.
"""

import argparse
import base64
import dataclasses
import itertools
import statistics
import sys
import urllib.parse
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
# By lesson: the figures, as it states them, that `--seeds` checks and the tests do not.
SEEDS: dict[str, tuple[str, ...]] = {
    "missing-slope": ("68", "61", "74", "94", "92", "96"),
    "four-ways": ("2.5", "3.9"),
    "one-layer-more": (
        *("12", "248", "3,900", "51,400", "0.65", "0.51", "0.44", "15", "6", "30", "10", "26", "3.5", "1.2", "3.9", "5.1"),
        *("0.29", "0.36", "0.53", "0.001", "0.01", "0.1", "11,200", "152", "94.2", "2.9", "66.4", "29.8", "95.7", "1.6"),
    ),
    "shorter-road": ("80", "82"),
    "of-what": ("2.5", "2.9", "1.3", "18.4", "4.5", "25.1"),
    "width-first": ("94", "100", "93"),
}
Figures = Iterator[tuple[str, float]]


def near(stated: str, got: float) -> bool:
    """Whether a number rounds to what a text states: "0.92", "3,900" (whose zeros are not meant)."""
    digits = stated.replace(",", "")
    places = len(digits.partition(".")[2])
    if "," in stated:
        places = -min(2, len(digits) - len(digits.rstrip("0")))
    return abs(float(got) - float(digits)) <= 0.5 * 10**-places * (1 + 1e-6)


def accuracies(training, seeds) -> list[float]:
    """The test accuracy of a training after its last epoch, in %, seed by seed."""
    from snnviz.training import EpochRecord, train

    records = ([r for r in train(dataclasses.replace(training, seed=seed)) if isinstance(r, EpochRecord)] for seed in seeds)
    return [100 * epochs[-1].test_accuracy for epochs in records]


def missing_slope() -> Figures:
    """Digits after five epochs with an empty band and with one of 0.1, ten seeds."""
    from snnviz import SparseGD
    from snnviz.surrogates import FastSigmoid
    from snnviz.training import Training

    for band, stated in ((1e-6, ("68", "61", "74")), (0.1, ("94", "92", "96"))):
        results = accuracies(Training(method=SparseGD(FastSigmoid(), band), epochs=5), range(10))
        yield from zip(stated, (statistics.fmean(results), min(results), max(results)), strict=True)


def four_ways() -> Figures:
    """SLAYER's norm over that of BPTT kept, ten seeds."""
    from snnviz import BPTT, LIF, Experiment, Noise, Slayer, compare_gradients
    from snnviz.surrogates import SingleExponential

    methods = [BPTT(SingleExponential()), Slayer(SingleExponential())]
    ratios = []
    for seed in range(10):
        rows = compare_gradients(Experiment(LIF(), Noise(0.06, 0.15), 200, seed=seed), methods, autograd=True).rows
        ratios.append(rows[1].norm / rows[0].norm)
    yield from (("2.5", min(ratios)), ("3.9", max(ratios)))


def one_layer_more() -> Figures:
    """Growth with depth and length, directions, EXODUS's own limit, and temporal order."""
    from snnviz import BPTT, IF, LIF, Exodus, Experiment, Noise, Slayer, compare_gradients, depth_experiment
    from snnviz.surrogates import SingleExponential
    from snnviz.training import presets

    def grown(depth, method, seed=1, steps=100, neuron=None) -> float:
        norms = compare_gradients(depth_experiment(depth, steps=steps, seed=seed, neuron=neuron or IF()), [method]).table("norm")
        first, *_, last = next(iter(norms.values()))
        return first / last

    tenth = Slayer(scale=0.1)
    for method, stated in (
        (Slayer(), ("12", "248", "3,900", "51,400")), (Exodus(), ("0.65", "0.51", "0.44", "0.51")),
        (tenth, ("1.2", "2.5", "3.9", "5.1")),
    ):  # fmt: skip
        yield from ((text, grown(depth, method)) for depth, text in enumerate(stated, 1))
    rows = [[grown(depth, Slayer(), seed) for depth in (1, 2, 3, 4)] for seed in range(10)]
    steps = [b / a for row in rows for a, b in itertools.pairwise(row)]
    yield from (("15", statistics.geometric_mean(steps)), ("6", min(steps)), ("30", max(steps)))
    for steps_, leak, text in ((50, None, "10"), (200, None, "26"), (100, LIF(5.0), "3.5")):
        yield text, (grown(3, Slayer(), 1, steps_, leak) / grown(1, Slayer(), 1, steps_, leak)) ** 0.5
    runs = compare_gradients(depth_experiment(3, steps=100, neuron=IF()), [BPTT(), Slayer(), tenth])
    for method in (Slayer(), tenth):
        yield from zip(("0.29", "0.36", "0.53"), runs.table("cosine")[method], strict=False)
    one, scaled = (runs.runs[method].weight_gradients for method in (Slayer(), tenth))
    for layer, text in (("layer 1", "0.001"), ("layer 2", "0.01"), ("layer 3", "0.1")):
        yield text, float(np.linalg.norm(scaled[layer]) / np.linalg.norm(one[layer]))
    narrow = SingleExponential(0.1)
    limit = compare_gradients(
        Experiment(LIF(), Noise(0.12, 0.25), 400), [BPTT(narrow), Exodus(narrow), Slayer(narrow)], autograd=True
    )
    yield from (("11,200", limit.rows[1].norm), ("152", limit.rows[2].norm))
    base = presets()["Temporal order: EXODUS and SLAYER"][0]
    for method, mean, spread in ((Exodus(), "94.2", "2.9"), (Slayer(), "66.4", "29.8"), (tenth, "95.7", "1.6")):
        results = accuracies(dataclasses.replace(base, method=method), range(10))
        yield from ((mean, statistics.fmean(results)), (spread, statistics.stdev(results)))


def shorter_road() -> Figures:
    """Layer 4 of seed 0."""
    from snnviz.methods import SurrogateModules
    from snnviz.studies.depth import DepthStudy, measure_depth

    *_, last = measure_depth(DepthStudy(SurrogateModules(after=(4,)), layers=8))
    rows = {row.variant: row for row in last.checkpoints[-1].errors.rows if row.layer == 4}
    yield from (("80", 100 * (rows["plain"].error or 0.0)), ("82", 100 * (rows["both"].error or 0.0)))


def of_what() -> Figures:
    """The map of signs, and loops about ten centres at random."""
    from snnviz.studies.loops import Loop, Way, signs, walk

    for keep, against, least, most in ((False, "2.5", "1.3", "18.4"), (True, "2.9", "4.5", "25.1")):
        way = Way(keep_reset=keep)
        yield against, 100 * signs(way).against
        centres = [np.random.default_rng(seed).uniform(0.6, 1.2, 2) for seed in range(10)]
        shares = [abs(100 * walk(Loop(float(w1), float(w2), points=2000), way).share) for w1, w2 in centres]
        yield from ((least, min(shares)), (most, max(shares)))


def width_first() -> Figures:
    """Twice the samples and neurons, two seeds of five epochs."""
    from snnviz.datasets import RandomManifolds
    from snnviz.methods import BPTT
    from snnviz.studies.widths import SHAPES, manifolds, stretched

    base = manifolds()
    wide = dataclasses.replace(base.architecture, width=128)
    large = dataclasses.replace(base, dataset=RandomManifolds(), architecture=wide, epochs=5)
    for factor, text in ((0.1, "94"), (1.0, "100"), (10.0, "93")):
        yield text, statistics.fmean(accuracies(dataclasses.replace(large, method=BPTT(stretched(SHAPES[0], factor))), range(2)))


CHECKS: dict[str, Callable[[], Figures]] = {name: globals()[name.replace("-", "_")] for name in SEEDS}


def check(names: list[str]) -> int:
    """Print each figure as stated and as computed; how many differ."""
    differ = 0
    for name in names or CHECKS:
        for stated, got in CHECKS[name]():
            right = near(stated, got)
            differ += not right
            print(f"{name:16} {stated:>7} {got:12.6g}  {'' if right else 'differs'}", flush=True)
    return differ


# A figure without axes and words, at twice the size it is shown at.
_PICTURE = """async () => {
  const [figure] = [...document.querySelectorAll('.js-plotly-plot')].sort((a, b) => b.offsetHeight - a.offsetHeight);
  const layout = JSON.parse(JSON.stringify(figure.layout)), data = JSON.parse(JSON.stringify(figure.data));
  for (const key of Object.keys(layout)) {
    if (/^[xy]axis/.test(key)) Object.assign(layout[key], { visible: false, range: figure._fullLayout[key].range });
  }
  for (const trace of data) if (trace.line) trace.line.width = 2 * (trace.line.width ?? 2);
  Object.assign(layout, { showlegend: false, annotations: [], title: undefined, width: 256, height: 176, autosize: false,
    margin: { l: 4, r: 4, t: 8, b: 8 }, paper_bgcolor: 'rgba(0,0,0,0)', plot_bgcolor: 'rgba(0,0,0,0)' });
  return Plotly.toImage({ data, layout }, { format: 'png', width: 256, height: 176, scale: 0.5 });
}"""


def thumbnails(names: list[str]) -> None:
    """Draw the cards' pictures, light and dark, into `assets/lessons/thumbnails`."""
    from snnviz import lessons
    from tests.app_server import DESKTOP, Visit, browsing, find_chromium, running_app

    folder = ROOT / "assets" / "lessons" / "thumbnails"
    folder.mkdir(exist_ok=True)
    executable = find_chromium()
    if executable is None:
        sys.exit("No Chromium results; on Debian: apt-get install chromium.")
    with running_app() as url, browsing(executable) as context:
        for lesson in lessons.lessons():
            if names and lesson.name not in names:
                continue
            for dark in (False, True):
                visit = Visit(context.new_page(), url).size(*DESKTOP).dark(dark)
                visit.page.goto(f"{url}/{lesson.thumbnail.page}?{urllib.parse.urlencode(lesson.thumbnail.query)}")
                visit.settle()
                picture = visit.page.evaluate(_PICTURE)
                path = folder / f"{lesson.name}-{'dark' if dark else 'light'}.png"
                path.write_bytes(base64.b64decode(picture.partition(",")[2]))
                print(path, path.stat().st_size)
                visit.page.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", action="store_true")
    parser.add_argument("--thumbnails", action="store_true")
    parser.add_argument("names", nargs="*")
    asked_for = parser.parse_args()
    if not (asked_for.seeds or asked_for.thumbnails):
        parser.error("say --seeds or --thumbnails")
    if asked_for.thumbnails:
        thumbnails(asked_for.names)
    if asked_for.seeds:
        sys.exit(bool(check(asked_for.names)))


if __name__ == "__main__":
    main()
