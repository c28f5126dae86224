"""`Training`: everything a training depends on, as one frozen value; and prepared comparisons (`presets`)."""

import dataclasses
import math
from typing import Self

from snnviz import account, experiments, losses, text
from snnviz.architectures import AbstractArchitecture, Convolutional, FeedForward
from snnviz.datasets import DATASETS, AbstractDataset, Digits, Samples, TemporalOrder
from snnviz.laws import LAWS
from snnviz.losses import AbstractRegulariser, AbstractTrainingLoss, CrossEntropy, OverTime
from snnviz.methods import BPTT, AbstractGradientMethod, Exodus, LocalZO, Slayer, SparseGD, SurrogateModules
from snnviz.neurons import LIF, AbstractNeuron
from snnviz.optimisers import OPTIMISERS, SCHEDULES, SGD, AbstractOptimiser, AbstractSchedule, Adam, Constant, Cosine
from snnviz.params import Declared, param
from snnviz.surrogates import Dspike, FastSigmoid


@dataclasses.dataclass(frozen=True, repr=False)
class Training(text.Written, Declared):
    """All that a training run depends on, as one frozen value; its repr is the Python that makes it.

    The architecture's inputs and outputs and the neuron's dt (ms) are taken from the data set. The initial weights depend only
    on architecture, data set and seed; the batches depend only on data set, batch and seed. So trainings that differ only in
    their method start with equal weights and read equal batches. A method with heads minimises `snnviz.heads.sml_loss`, which
    contains this cross entropy.
    """

    dataset: AbstractDataset = dataclasses.field(default_factory=Digits)
    architecture: AbstractArchitecture = dataclasses.field(default_factory=lambda: FeedForward(layers=2, first_gain=4.0))
    neuron: AbstractNeuron = dataclasses.field(default_factory=LIF)
    method: AbstractGradientMethod = dataclasses.field(default_factory=BPTT)
    loss: AbstractTrainingLoss = dataclasses.field(default_factory=lambda: CrossEntropy(OverTime.SUM))
    regulariser: AbstractRegulariser | None = None
    optimiser: AbstractOptimiser = dataclasses.field(default_factory=lambda: Adam(5e-3))
    schedule: AbstractSchedule = dataclasses.field(default_factory=Constant)
    epochs: int = param(10, "Epochs", low=1, high=100_000, slider=(1, 100, 1), help="How often the training part is seen.")
    batch: int = param(64, "Batch", "B", low=1, high=65536, slider=(8, 256, 8), help="Samples in one step.")
    seed: int = param(0, "Seed", low=0, high=2**31 - 1, slider=(0, 100, 1), help="Fixes weights, batches and draws.")
    clip: float = param(
        0.0,
        "Clip the gradient at",
        low=0.0,
        slider=(0.0, 10.0, 0.1),
        advanced=True,
        help="A whole gradient longer than this is shortened to it; 0: never.",
    )

    named_by = "method"  # its label begins with the method's (`snnviz.labels`)

    @classmethod
    def parts(cls) -> dict[str, type]:
        return VALUES

    def of_0_1_0(self) -> Self:
        """What version 0.1.0 meant by this value: ALIF's adaptation was per step."""
        return dataclasses.replace(self, neuron=self.neuron.of_0_1_0(self.dataset.dt))

    def shaped(self, samples: Samples) -> AbstractArchitecture:
        """The architecture with the data set's inputs and outputs.

        Raises:
            ValueError: they do not fit, and why.
        """
        outputs = len(samples.classes)
        if self.loss.reads_spikes:
            if samples.targets is None:
                raise ValueError(
                    f"{type(self.loss).__name__} compares output spikes with wanted ones, and "
                    f"{type(self.dataset).__name__} has none; choose SpikePatterns, or a cross entropy."
                )
            outputs = samples.targets.shape[2]
        if isinstance(self.architecture, Convolutional):
            if len(samples.shape) != 3 or samples.shape[1] != samples.shape[2]:
                raise ValueError(
                    f"A convolutional network needs square frames, and {type(self.dataset).__name__} has inputs of "
                    f"the shape {samples.shape}; choose FeedForward."
                )
            return dataclasses.replace(self.architecture, inputs=samples.shape[0], side=samples.shape[1], outputs=max(outputs, 2))
        return dataclasses.replace(self.architecture, inputs=math.prod(samples.shape), outputs=max(outputs, 2))

    def check_budget(self, samples: Samples) -> None:
        """Raise ValueError if a batch and the weights would take more memory than there is to give, saying what to lower."""
        shape = self.shaped(samples)
        batch = min(self.batch, max(len(samples), 1))
        # A batch that is recorded holds what a run that is differentiated once does; an optimiser keeps two numbers a weight.
        run = experiments.Experiment(self.neuron, steps=samples.steps, batch=batch, architecture=shape)
        activity, weights = run.footprint(1)
        account.check(
            activity + weights + 16 * sum(shape.weights),
            "A batch",
            f"lower the batch ({self.batch}), the steps ({samples.steps}) or the network's size",
        )


VALUES: dict[str, type] = {
    **experiments.VALUES,
    "Training": Training,
    **DATASETS,
    **LAWS,
    **losses.LOSSES,
    **losses.REGULARISERS,
    **OPTIMISERS,
    **SCHEDULES,
}


def presets() -> dict[str, tuple[Training, ...]]:
    """Prepared comparisons, by title: trainings that differ in their method alone."""
    digits, sgd, near = Training(), SGD(0.1), LocalZO(delta=0.05)
    order = Training(TemporalOrder(), FeedForward(layers=2, width=64, first_gain=3.0), optimiser=SGD(0.02), epochs=15)
    deep = Training(
        Digits(steps=10),
        FeedForward(layers=8, width=32, first_gain=4.0, gain=3.0),
        loss=CrossEntropy(OverTime.MEAN),
        schedule=Cosine(),
        epochs=15,
    )
    return {
        "Digits: four methods": tuple(dataclasses.replace(digits, method=m) for m in (BPTT(), Slayer(), Exodus(), LocalZO())),
        "Digits: SLAYER's scale without Adam": tuple(
            dataclasses.replace(digits, method=m, optimiser=sgd) for m in (Slayer(scale=3.0), Slayer(scale=0.1), Exodus())
        ),
        "Temporal order: EXODUS and SLAYER": tuple(
            dataclasses.replace(order, method=m) for m in (Slayer(scale=3.0), Slayer(scale=0.1), Exodus())
        ),
        "Eight layers: with and without modules": tuple(
            dataclasses.replace(deep, method=m) for m in (BPTT(Dspike()), SurrogateModules(after=(3, 6)))
        ),
        "Digits: LocalZO and its equal band": tuple(
            dataclasses.replace(digits, method=m) for m in (near, SparseGD.matching(near, FastSigmoid()))
        ),
    }
