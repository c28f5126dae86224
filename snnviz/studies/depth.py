"""Surrogate module learning as one experiment: train a deep network with heads and without, and measure the error of
every layer's gradient while the outputs of the heads approach the output of the network.

    *_, last = measure_depth(DepthStudy(layers=6, modules=SurrogateModules(after=(2, 4))))
    last.checkpoints[-1].errors.rows
"""

import dataclasses
import math
import time
from collections.abc import Iterator

import torch

from snnviz import account
from snnviz.backends import AbstractBackend, resolve
from snnviz.datasets.base import Split
from snnviz.datasets.digits import Coding, Digits
from snnviz.heads import Closeness, attach_heads, closeness, short_training
from snnviz.methods import BPTT, AbstractGradientMethod, Route, SurrogateModules
from snnviz.network import Network, feed_forward
from snnviz.neurons import LIF, Reset
from snnviz.params import Declared, param
from snnviz.studies.reference_gradients import AT_ONCE, DepthErrors, gradient_error_by_depth
from snnviz.threads import limited

NEURON = LIF(tau_mem=1 / math.log(2), reset_mode=Reset.ZERO)  # u[t] = v[t-1] / 2 + x[t], reset to zero, as in the paper
INPUTS, CLASSES = 64, 10
DIGITS, BATCH = 1797, 128  # in both parts of the set; in a training step
EVERY = 5  # training steps between two records
ROUNDS = 16  # the draws are made in this many rounds, with a record after each
BUDGET = 5e11  # neuron-steps of the forward passes that a study may take


@dataclasses.dataclass(frozen=True)
class DepthStudy(Declared):
    """The settings of a measurement. Digits as constant currents, fully connected normalised layers, Adam.

    The network with heads and the one without start from the same weights and read the same batches. The gradients are
    measured on test samples: `looks` times at equal distances in the training with heads, and once after the training without.

    Raises:
        ValueError: a head after a layer that does not exist, or more work than a page should start.
    """

    modules: SurrogateModules = dataclasses.field(default_factory=lambda: SurrogateModules(after=(2, 4)))
    layers: int = param(6, "Hidden layers", "L", low=2, high=20, slider=(2, 20, 1))
    width: int = param(16, "Neurons in a layer", "N", low=4, high=128, slider=(8, 64, 4), advanced=True)
    time_steps: int = param(4, "Time steps", "T", low=2, high=50, slider=(2, 16, 1), advanced=True)
    training: int = param(
        200,
        "Training steps",
        low=1,
        high=5000,
        slider=(20, 1000, 20),
        help="Batches of 128 digits, the same ones with heads and without.",
    )
    rate: float = param(0.003, "Learning rate", low=0.0, open_low=True, high=1.0, slider=(0.0003, 0.1, 3), log=True, advanced=True)
    looks: int = param(
        1,
        "Measurements during training",
        low=1,
        high=10,
        slider=(1, 6, 1),
        help="Above 1, error is seen against closeness as both change. Each takes the whole measuring time.",
    )
    sigma: float = param(
        0.25,
        "Noise on the weights",
        r"\sigma",
        low=0.0,
        open_low=True,
        high=10.0,
        slider=(0.05, 1.5, 0.05),
        help="In units of the layer's weights. Small: the loss hardly moves. Large: it is another loss.",
    )
    draws: int = param(
        512,
        "Draws",
        "K",
        low=4,
        high=16384,
        slider=(64, 4096, 3),
        log=True,
        help="Antithetic pairs in each of two halves, for each layer. More draws: a more reliable reference.",
    )
    samples: int = param(128, "Digits measured on", low=8, high=356, slider=(32, 256, 32), advanced=True)
    seed: int = param(0, "Seed", low=0, high=2**31 - 1, slider=(0, 20, 1), help="Of weights, batches and noise.")

    def __post_init__(self) -> None:
        super().__post_init__()
        if late := [n for n in self.modules.after if n > self.layers]:
            raise ValueError(f"after = {self.modules.after}: there is no hidden layer {late[0]}; the network has {self.layers}.")

    @property
    def title(self) -> str:
        """The study in a few words."""
        m = self.modules
        after = f"heads after {', '.join(map(str, m.after))} ({m.route.value})" if m.after else "no head"
        return (
            f"{self.layers} layers, {after}, α {m.alpha:g}, λ {m.weight:g}, {self.training} steps, "
            f"σ {self.sigma:g}, {self.draws} draws, seed {self.seed}"
        )

    @property
    def in_front(self) -> list[int]:
        """The hidden layers up to the last head: a head trains each of these."""
        return list(range(1, max(self.modules.after, default=0) + 1))

    def footprint(self) -> float:
        """Bytes that a measurement takes at its peak: the digits over time, the activity of many noisy weights, and their noise."""
        digits = self.time_steps * DIGITS * INPUTS
        activity = max(AT_ONCE["cpu"], self.time_steps * max(self.samples, BATCH) * max(self.width, INPUTS))
        noise = 2 * min(self.draws, 64) * self.layers * self.width * max(self.width, INPUTS)
        return 40 * digits + 80 * activity + 6.0 * noise

    def _request(self) -> tuple[float, str, str]:
        return self.footprint(), "Measuring", "lower the time steps, the width or the number of digits measured on"

    def check_budget(self) -> None:
        """Raise a ValueError, which says what to lower, if measuring would take too long, or memory that is not there."""
        account.check(*self._request())
        depth = self.layers * (self.layers + 1) / 2
        work = 4 * self.draws * (self.looks + 1) * self.samples * self.time_steps * self.width**2 * depth
        if work > BUDGET:
            raise ValueError(
                f"Measuring would take {work / BUDGET:.2g} times what is allowed here: lower the draws, the layers, "
                "the width or the number of measurements."
            )

    @property
    def plain(self) -> BPTT:
        """The method without heads: the gradient comes only from the network's output."""
        return BPTT(self.modules.surrogate, keep_reset=self.modules.keep_reset)

    @property
    def variants(self) -> dict[str, AbstractGradientMethod]:
        """The methods compared on the weights trained with heads, by name."""
        variants: dict[str, AbstractGradientMethod] = {"plain": self.plain}
        for route in Route if self.modules.after else ():
            variants[route.value] = dataclasses.replace(self.modules, route=route)
        return variants

    def network(self, method: AbstractGradientMethod, backend: AbstractBackend | str | None = None) -> Network:
        """The untrained network, with the heads that the method wants."""
        backend = resolve(backend)
        net = feed_forward(INPUTS, [self.width] * self.layers, CLASSES, NEURON, method, backend, normalise=True, seed=self.seed)
        attach_heads(net, method, CLASSES, self.seed).eval()
        return net.to("cuda") if backend.name == "cuda" else net

    @property
    def size(self) -> tuple[int, int]:
        """The number of parameters of the network, and of the heads, which exist only in training."""
        after, classes = self.modules.after, CLASSES
        head = (self.width + 1) * self.modules.width + (self.modules.width + 1) * classes
        own = INPUTS * self.width + (self.layers - 1) * self.width**2 + self.width * classes + 2 * self.width * self.layers
        return own, len(after) * head


@dataclasses.dataclass(frozen=True)
class Training:
    """One training so far: loss and accuracy of each batch, and at its end the accuracy on digits never seen.

    seconds: of CPU time on one core, or of wall-clock time with a GPU. The first step also loads libraries, so it counts as an
    average step.
    """

    loss: tuple[float, ...] = ()
    accuracy: tuple[float, ...] = ()
    seconds: float = 0.0
    test_accuracy: float | None = None


@dataclasses.dataclass(frozen=True)
class Look:
    """Every layer's gradient error after a number of training steps, and how close each head is to the network, on the
    digits measured on. done: whether all draws were made."""

    step: int
    errors: DepthErrors
    closeness: tuple[Closeness, ...] = ()

    @property
    def done(self) -> bool:
        """Whether all planned draws were made."""
        return self.errors.draws == self.errors.planned


@dataclasses.dataclass(frozen=True)
class DepthRecord:
    """A study so far. doing and progress (0 to 1): what comes now. checkpoints: looks during the training with heads;
    without: the look at the network trained plain. What is not there yet is empty or None."""

    study: DepthStudy
    backend: str
    doing: str = ""
    progress: float = 0.0
    modules: Training = Training()
    plain: Training = Training()
    checkpoints: tuple[Look, ...] = ()
    without: Look | None = None

    @property
    def done(self) -> bool:
        """Whether the last measurement, of the network without heads, is complete."""
        return self.without is not None and self.without.done


def mean_error(look: Look, variant: str, layers: list[int]) -> float | None:
    """The mean share of error over those of the layers in which it could be measured; None if it could in none of them."""
    shares = [row.error for row in look.errors.rows if row.variant == variant and row.layer in layers and row.error is not None]
    return sum(shares) / len(shares) if shares else None


@dataclasses.dataclass(frozen=True)
class Point:
    """One head after `step` training steps: its divergence KL(q_i -> q) and agreement, and the mean error of the gradient through
    the head and of the plain gradient, over the layers between the head before it and this one."""

    step: int
    divergence: float
    agreement: float
    error: float | None
    plain: float | None


def against_closeness(record: DepthRecord) -> dict[int, list[Point]]:
    """For each head, keyed by its layer, one point for each measurement."""
    tracks: dict[int, list[Point]] = {}
    for look in record.checkpoints:
        start = 0
        for head in look.closeness:
            layers = list(range(start + 1, head.layer + 1))
            means = [mean_error(look, variant, layers) for variant in (record.study.modules.route.value, "plain")]
            tracks.setdefault(head.layer, []).append(Point(look.step, head.divergence, head.agreement, *means))
            start = head.layer
    return tracks


def measure_depth(study: DepthStudy, backend: AbstractBackend | str | None = None) -> Iterator[DepthRecord]:
    """Train with heads and measure meanwhile; then train without heads and measure again. Yields the whole result so far, often.

    The same study gives the same numbers. A caller may stop after any record.

    Raises:
        ValueError: more work than a page should start.
    """
    study.check_budget()
    with account.held(*study._request()):
        yield from _measure(study, resolve(backend))


def _measure(study: DepthStudy, backend: AbstractBackend) -> Iterator[DepthRecord]:
    record = DepthRecord(study, backend.name)
    yield dataclasses.replace(record, doing="Loading the digits")
    data = Digits(steps=study.time_steps, coding=Coding.DIRECT)
    device = "cuda" if backend.name == "cuda" else "cpu"
    sets = [data.load(split) for split in (Split.TRAIN, Split.TEST)]
    halves = [(half.x.flatten(2).float().to(device), half.y.to(device)) for half in sets]
    measured = halves[1][0][:, : study.samples].contiguous(), halves[1][1][: study.samples]
    with_heads, total = study.modules if study.modules.after else study.plain, _Work(study)
    looks = {study.training * (n + 1) // study.looks for n in range(study.looks)}

    net = study.network(with_heads, backend)
    for training, step in _train(net, with_heads, study, halves):
        record = dataclasses.replace(
            record, modules=training, doing=_told("Training with heads", step, study, training), progress=total.steps(step)
        )
        yield record
        if step in looks:
            before = record.checkpoints
            for look in _look(net, study.variants, study, measured, step):
                record = dataclasses.replace(
                    record,
                    checkpoints=(*before, look),
                    progress=total.looks(len(before), look, step),
                    doing=f"Measuring: draw {look.errors.draws} of {look.errors.planned}",
                )
                yield record
    net = study.network(study.plain, backend)
    for training, step in _train(net, study.plain, study, halves):
        record = dataclasses.replace(
            record,
            plain=training,
            doing=_told("Training without", step, study, training),
            progress=total.looks(study.looks, None, study.training + step),
        )
        yield record
    for look in _look(net, {"plain": study.plain}, study, measured, study.training):
        record = dataclasses.replace(
            record,
            without=look,
            progress=total.looks(study.looks, look, 2 * study.training),
            doing=f"Measuring without: draw {look.errors.draws} of {look.errors.planned}",
        )
        yield record


class _Work:
    """The progress of a study, 0 to 1. A draw for a layer costs about half as much as a training step of a layer."""

    def __init__(self, study: DepthStudy):
        self.draw = 0.3 * study.layers * study.samples / 128
        self.planned = study.draws
        self.total = 2 * study.training + (study.looks + 1) * study.draws * self.draw

    def steps(self, step: int, looks: int = 0) -> float:
        return min(1.0, (step + looks * self.planned * self.draw) / self.total)

    def looks(self, finished: int, look: Look | None, step: int) -> float:
        now = 0 if look is None else look.errors.draws
        return min(1.0, (step + (finished * self.planned + now) * self.draw) / self.total)


def _told(what: str, step: int, study: DepthStudy, training: Training) -> str:
    return (
        f"{what}: step {step} of {study.training}, loss {training.loss[-1]:.3g}, "
        f"accuracy {100 * sum(training.accuracy[-5:]) / len(training.accuracy[-5:]):.3g} %"
    )


def _train(net: Network, method: AbstractGradientMethod, study: DepthStudy, halves) -> Iterator[tuple[Training, int]]:
    loss, accuracy, seconds = [], [], 0.0
    steps = short_training(net, method, *halves[0], steps=study.training, lr=study.rate, seed=study.seed)
    looks = {study.training * (n + 1) // study.looks for n in range(study.looks)}
    clock = time.perf_counter if halves[0][0].is_cuda else time.thread_time
    for number in range(1, study.training + 1):
        started = clock()
        with limited(1):  # small layers are not faster with more, and on a busy machine threads wait for each other
            step = next(steps)
        seconds = (seconds + clock() - started) * (2 if number == 2 else 1) if number > 1 else 0.0
        loss.append(step.loss)
        accuracy.append(step.accuracy)
        test = _accuracy(net, *halves[1]) if number == study.training else None
        if number % EVERY == 0 or number in looks or test is not None:
            yield Training(tuple(loss), tuple(accuracy), seconds, test), number


@torch.no_grad()
def _accuracy(net: Network, x: torch.Tensor, y: torch.Tensor) -> float:
    return (net(x).logits.mean(0).argmax(-1) == y).double().mean().item()


def _look(net: Network, variants: dict[str, AbstractGradientMethod], study: DepthStudy, measured, step: int) -> Iterator[Look]:
    close = tuple(closeness(net, *measured))
    errors = gradient_error_by_depth(
        net, variants, *measured, sigma=study.sigma, draws=study.draws, seed=study.seed, rounds=min(ROUNDS, study.draws)
    )
    while True:
        with limited(1):
            table = next(errors, None)
        if table is None:
            return
        yield Look(step, table, close)
