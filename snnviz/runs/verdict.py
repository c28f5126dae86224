"""What came out of a run of trainings, in a few sentences made from its numbers; each has its condition, and is left out where it
does not hold.

verdict(state)  ->  ("Tuning rescues SLAYER: at scale 3 it stays at chance, 10 %; at 0.1 it ends at 96.1 %.", ...)
"""

import dataclasses
import itertools
from collections.abc import Sequence

import numpy as np

from snnviz.methods import Exodus, Slayer
from snnviz.runs.values import Line, RunState, groups

MOST = 3  # sentences
NEAR_CHANCE = 0.05  # above the share of the largest class
RESCUED = 0.3  # this much more is a rescue
SPARSE = 0.5  # a share of active entries below it is worth a word
ONE_ANSWER = 0.95  # a network that says one class this often has one answer


@dataclasses.dataclass(frozen=True)
class _Trained:
    """The trainings of one method, over its seeds."""

    label: str
    lines: tuple[Line, ...]

    @property
    def accuracy(self) -> float:
        return float(np.mean([line.accuracy for line in self.lines]))

    @property
    def words(self) -> str:
        """Its accuracy: "95.8 %", or over several seeds "92.8 ± 2.0 %"."""
        values = [100 * line.accuracy for line in self.lines]
        spread = f" ± {np.std(values, ddof=1):.1f}" if len(values) > 1 else ""
        return f"{np.mean(values):.3g}{spread} %"

    @property
    def chance(self) -> float:
        """The share of the largest class of the test part; NaN where that is not known."""
        confusion = self.lines[0].epochs[-1].confusion
        return float("nan") if confusion is None else float(confusion.sum(1).max() / confusion.sum())

    @property
    def at_chance(self) -> bool:
        return self.accuracy < self.chance + NEAR_CHANCE


def verdict(state: RunState) -> tuple[str, ...]:
    """At most three sentences on a run whose trainings have all ended an epoch or more and go on no longer; else none."""
    if state.status.live or not state.lines or not all(line.epochs for line in state.lines):
        return ()
    trained = [_Trained(group.label, tuple(state.lines[place] for place in group.places)) for group in groups([state.run])]
    sentences = [*_rescues(trained), *_one_answer(trained), *_same(trained), *_touched(trained), *_order(trained)]
    return tuple(sentences[:MOST])


def _rescues(trained: Sequence[_Trained]) -> list[str]:
    """SLAYER at chance with one scale and far above it with another."""
    slayers = [(one.lines[0].training.method, one) for one in trained]
    scaled = [(method.scale, one) for method, one in slayers if isinstance(method, Slayer)]
    lost = [(scale, one) for scale, one in scaled if one.at_chance]
    best = max(scaled, key=lambda pair: pair[1].accuracy, default=None)
    if not lost or best is None or best[1].accuracy - lost[0][1].accuracy < RESCUED:
        return []
    (scale, one), (better, other) = lost[0], best
    out = [f"Tuning rescues SLAYER: at scale {scale:g} it stays at chance, {one.words}; at {better:g} it ends at {other.words}."]
    exodus = next((t for t in trained if isinstance(t.lines[0].training.method, Exodus)), None)
    if exodus is not None and not exodus.at_chance and exodus.accuracy - one.accuracy >= RESCUED:
        out.append(f"EXODUS had nothing to tune: {exodus.words}.")
    return out


def _one_answer(trained: Sequence[_Trained]) -> list[str]:
    """A network that gives nearly all samples the same class, and what it fires beside one that learns."""
    out = []
    for one in trained:
        last = one.lines[0].epochs[-1]
        if last.confusion is None or len(last.confusion) < 2:
            continue
        share = last.confusion.sum(0) / last.confusion.sum()
        if share.max() >= ONE_ANSWER:
            name = last.classes[int(share.argmax())] if last.classes else str(int(share.argmax()))
            what = "every sample" if share.max() == 1 else f"{100 * share.max():.3g} % of the samples"
            out.append(f"{one.label} calls {what} {name}{_louder(one, trained)}.")
    return out[:1]


def _louder(one: _Trained, trained: Sequence[_Trained]) -> str:
    look, best = one.lines[0].epochs[-1].look, max(trained, key=lambda t: t.accuracy)
    other = best.lines[0].epochs[-1].look
    if look is None or other is None or best is one:
        return ""
    layer = next(iter(look.counts))
    mine, theirs = look.counts[layer], other.counts.get(layer, 0)
    return f", and fires {mine} spikes in {layer} where {best.label} fires {theirs}" if mine > 2 * theirs else ""


def _same(trained: Sequence[_Trained]) -> list[str]:
    """Methods that ended every epoch with the same accuracy."""
    for one, other in itertools.combinations(trained, 2):
        curves = [[[e.test_accuracy for e in line.epochs] for line in t.lines] for t in (one, other)]
        if curves[0] == curves[1] and not one.at_chance:
            return [f"{one.label} and {other.label}: the same to the digit in every epoch, {one.words}."]
    return []


def _touched(trained: Sequence[_Trained]) -> list[str]:
    """The method with the smallest share of active entries."""
    shares = [(float(np.mean([np.mean(line.epochs[-1].active) for line in t.lines if line.epochs[-1].active])), t) for t in trained]
    share, one = min(shares, key=lambda pair: pair[0])
    return [f"{one.label} touched {100 * share:.3g} % of the entries and ended at {one.words}."] if 0 < share < SPARSE else []


def _order(trained: Sequence[_Trained]) -> list[str]:
    """The best and the last, where there are several."""
    ordered = sorted(trained, key=lambda t: t.accuracy)
    if len(ordered) < 2:
        return [f"{ordered[0].label} ends at {ordered[0].words}."]
    last, best = ordered[0], ordered[-1]
    if best.accuracy == last.accuracy:
        return [f"All end at {best.words}."]
    return [f"{best.label} ends highest, {best.words}; {last.label} lowest, {last.words}."]
