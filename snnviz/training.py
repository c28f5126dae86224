"""Training as a value and a generator: everything a run depends on, and records of it as it goes.

for record in train(Training(Digits(), method=Exodus(), epochs=5)):
    if isinstance(record, EpochRecord):
        print(record.epoch, record.test_accuracy)
"""

import dataclasses
import itertools
import math
import os
import pathlib
import tempfile
import time
import weakref
from collections.abc import Iterator, Sequence

import numpy as np
import torch

from snnviz import experiments, losses, text
from snnviz.backends import AbstractBackend, resolve, sparse
from snnviz.datasets import DATASETS, AbstractDataset, Digits, Samples, Split, TemporalOrder
from snnviz.experiments import AbstractArchitecture, Convolutional, FeedForward
from snnviz.heads import attach_heads, sml_loss
from snnviz.losses import AbstractRegulariser, AbstractTrainingLoss, CrossEntropy, OverTime
from snnviz.methods import BPTT, AbstractGradientMethod, Exodus, LocalZO, Slayer, SurrogateModules
from snnviz.network import SEEDING, Network, NetworkOutput, SpikingLayer
from snnviz.neurons import LIF, AbstractNeuron
from snnviz.optimisers import OPTIMISERS, SCHEDULES, SGD, AbstractOptimiser, AbstractSchedule, Adam, Constant, Cosine
from snnviz.params import Declared, param
from snnviz.records import LayerRecord, Probe
from snnviz.surrogates import Dspike
from snnviz.zeroth_order import LAWS

LOOK_EVERY = 20  # batches between two looks at the active share: a look makes its batch slower by half and more
EXPLODED = 1e4  # a layer's gradient norm over the readout's above which the layer is named
BUDGET = experiments.BUDGET


@dataclasses.dataclass(frozen=True, repr=False)
class Training(text.Written, Declared):
    """All that a training run depends on, as one frozen value; its repr is the Python that makes it.

    The architecture's inputs and outputs are taken from the data set, and so is the neuron's dt. The first weights depend
    on architecture, data set and seed alone and the batches on data set, batch and seed, so that trainings that differ in
    their method only start alike and see the same. A method with heads trains on their loss (`snnviz.heads.sml_loss`)
    with this cross entropy.
    """

    dataset: AbstractDataset = dataclasses.field(default_factory=Digits)
    architecture: AbstractArchitecture = dataclasses.field(default_factory=lambda: FeedForward(layers=2, first_gain=4.0))
    neuron: AbstractNeuron = dataclasses.field(default_factory=LIF)
    method: AbstractGradientMethod = dataclasses.field(default_factory=BPTT)
    loss: AbstractTrainingLoss = dataclasses.field(default_factory=lambda: CrossEntropy(OverTime.SUM))
    regulariser: AbstractRegulariser | None = None
    optimiser: AbstractOptimiser = dataclasses.field(default_factory=lambda: Adam(5e-3))
    schedule: AbstractSchedule = dataclasses.field(default_factory=Constant)
    epochs: int = param(10, "Epochs", low=1, high=100_000, slider=(1, 100, 1), help="How often the training half is seen.")
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

    @classmethod
    def parts(cls) -> dict[str, type]:
        return VALUES

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
        """Raise ValueError if a batch would take more memory than SNNVIZ_BUDGET bytes, saying what to lower."""
        budget = int(os.environ.get("SNNVIZ_BUDGET", BUDGET))
        entries = 2 * math.prod(samples.shape) + 10 * self.shaped(samples).units  # arrays held per step and sample
        need = 4 * samples.steps * self.batch * entries
        if need > budget:
            raise ValueError(
                f"A batch would take about {need / 2**30:.1f} GB, and {budget / 2**30:.1f} GB are allowed: lower the "
                f"batch ({self.batch}), the steps ({samples.steps}) or the network's size."
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


@dataclasses.dataclass(frozen=True)
class Seconds:
    """Wall clock: making the batch, forward with the loss, backward, the optimiser's step with recording, testing."""

    data: float = 0.0
    forward: float = 0.0
    backward: float = 0.0
    update: float = 0.0
    test: float = 0.0

    def __add__(self, other: "Seconds") -> "Seconds":
        return Seconds(*(a + b for a, b in zip(dataclasses.astuple(self), dataclasses.astuple(other), strict=True)))

    @property
    def total(self) -> float:
        return sum(dataclasses.astuple(self))


@dataclasses.dataclass(frozen=True)
class BatchRecord:
    """One step of training. epoch and batch count from 1, of `epochs` and `batches`.

    loss: what was minimised, regulariser included. rates: spikes per neuron and step of each hidden layer. active: the
    share of entries [T, B, N] with ds_du not 0 of each hidden layer, every twentieth batch, else None. norms: the 2-norm of
    dL/dW of each hidden layer (with its recurrent weights) and of the readout, before clipping. lr: the learning rate.
    problems: sentences on what went wrong in this batch.
    """

    epoch: int
    epochs: int
    batch: int
    batches: int
    loss: float
    accuracy: float
    seconds: Seconds
    rates: tuple[float, ...]
    active: tuple[float, ...] | None
    norms: tuple[float, ...]
    lr: float
    problems: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class TestRecord:
    """A batch of the test half is done: nothing to show but that the run is alive."""

    __test__ = False  # no test class, whatever its name says to pytest

    epoch: int
    epochs: int
    batch: int
    batches: int


@dataclasses.dataclass(frozen=True, eq=False)
class EpochRecord:
    """One epoch. train_loss, train_accuracy, rates, active, norms: means over its batches, while the weights moved.

    confusion: int64 [classes, classes], test samples of class i (row) taken for class j (column); classes: their names.
    sample: the layers' records of the test sample asked for, forward only, or None. problems: sentences, each naming a layer
    and a reason.
    """

    epoch: int
    epochs: int
    train_loss: float
    train_accuracy: float
    test_loss: float
    test_accuracy: float
    seconds: Seconds
    rates: tuple[float, ...]
    active: tuple[float, ...]
    norms: tuple[float, ...]
    confusion: np.ndarray
    sample: tuple[LayerRecord, ...] | None = None
    problems: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()


Record = BatchRecord | TestRecord | EpochRecord

_loaded: weakref.WeakValueDictionary = weakref.WeakValueDictionary()


def load(dataset: AbstractDataset, split: Split) -> Samples:
    """One half of a data set, shared by all who hold it at the same time."""
    key = (repr(dataset), split)
    samples = _loaded.get(key)
    if samples is None:
        samples = _loaded[key] = dataset.load(split)
    return samples


def build(training: Training, samples: Samples, backend: AbstractBackend | str | None = None) -> Network:
    """The untrained network for these samples, heads included. Its weights depend on architecture, samples' shape and seed.

    Raises:
        ValueError: the settings do not fit together. RuntimeError: the backend cannot run here, and why.
    """
    if not (training.neuron.fires and training.neuron.differentiable):
        raise ValueError(f"{training.neuron.title} cannot be trained: it has no spike to differentiate; choose another neuron.")
    if training.method.heads is not None and not isinstance(training.loss, CrossEntropy):
        raise ValueError(f"{training.method.title} train with CrossEntropy, not with {type(training.loss).__name__}.")
    backend = resolve(backend)
    architecture = training.shaped(samples)
    neuron = dataclasses.replace(training.neuron, dt=samples.dt)
    with SEEDING:
        network = architecture.build(neuron, training.method, backend, training.seed)
        if training.loss.reads_spikes:
            network.leaky = SpikingLayer(neuron, training.method, backend)
            network.leaky.number, network.leaky.label = len(network.blocks), "output"
            with torch.no_grad():
                network.readout.weight.mul_(getattr(architecture, "gain", 1.0))
        attach_heads(network, training.method, architecture.outputs, training.seed)
    return network.to("cuda" if backend.name == "cuda" else "cpu")


class _Watch:
    """What the hidden layers of a network fired in the last forward pass."""

    def __init__(self, network: Network):
        self.names = [b.spiking.label for b in network.blocks]
        self.spikes: list[torch.Tensor | None] = [None] * len(network.blocks)
        self._handles = []
        for number, block in enumerate(network.blocks):
            source = block if block.recurrent is not None else block.spiking  # a recurrent layer is called once a step
            self._handles.append(source.register_forward_hook(self._keeper(number)))

    def _keeper(self, number: int):
        def keep(module, inputs, output):
            self.spikes[number] = output

        return keep

    def close(self) -> None:
        for handle in self._handles:
            handle.remove()


class _Run:
    """One training in progress: network, optimiser, and what a step needs."""

    def __init__(self, training: Training, backend: AbstractBackend):
        self.training = training
        self.train, self.test = (load(training.dataset, split) for split in Split)
        training.check_budget(self.train)
        self.network = build(training, self.train, backend)
        self.device = next(self.network.parameters()).device
        self.watch = _Watch(self.network)
        self.network.touch_active &= training.regulariser is None  # a regulariser reads every spike
        self.network.guard = sparse.Guard(floor=-1)  # an epoch's record names what it would warn of
        self.optimiser = training.optimiser.make(self.network.parameters())
        self.targets = None if self.train.targets is None else self.train.targets.to(self.device)
        self.batches = -(-len(self.train) // training.batch)
        self.test_batches = -(-len(self.test) // training.batch)
        linear = [(b.transform, b.recurrent) for b in self.network.blocks] + [(self.network.readout,)]
        self.weights = [[m.weight for m in group if m is not None] for group in linear]
        self.names = [*self.watch.names, "the readout"]

    def clock(self) -> float:
        if self.device.type == "cuda":
            torch.cuda.synchronize()
        return time.perf_counter()

    def output(self, x: torch.Tensor) -> NetworkOutput:
        x = x.to(self.device)
        return self.network(x.flatten(2) if isinstance(self.training.architecture, FeedForward) else x)

    def loss(self, output: NetworkOutput, y: torch.Tensor) -> torch.Tensor:
        loss = self.training.loss
        if output.heads:
            reduced = NetworkOutput(loss.over_time.reduce(output.logits)[None], output.heads)
            return sml_loss(reduced, y, self.training.method.heads)
        return loss.of(output.logits, y, self.targets, self.train.dt)

    def said(self, output: NetworkOutput) -> torch.Tensor:
        """The class that the output means, [B]."""
        return self.training.loss.scores(output.logits.detach(), self.targets, self.train.dt).argmax(1)

    def step(self, epoch: int, batch: int, x: torch.Tensor, y: torch.Tensor, data: float) -> BatchRecord:
        t, start = self.training, self.clock()
        lr = t.optimiser.lr * t.schedule.factor(((epoch - 1) * self.batches + batch - 1) / (t.epochs * self.batches))
        for group in self.optimiser.param_groups:
            group["lr"] = lr
        self.network.train()
        touched = self.network.touch_active and self.network.dense_because() is None
        probe = Probe(self.network) if not touched and (batch % LOOK_EVERY == 1 or self.batches == 1) else None
        if probe is not None:
            probe.__enter__()
        try:
            output, y = self.output(x), y.to(self.device)
            loss = self.loss(output, y)
            if t.regulariser is not None:
                loss = loss + sum(t.regulariser.of(s) for s in self.watch.spikes)
            forward = self.clock()
            self.optimiser.zero_grad()
            loss.backward()
            backward = self.clock()
        finally:
            if probe is not None:
                probe.__exit__()
        parameters = [p for p in self.network.parameters() if p.grad is not None]
        with torch.no_grad():
            values = [loss.detach(), (self.said(output) == y).float().mean()]
            values += [loss.new_tensor(r) for r in self.network.rates] if touched else [s.mean() for s in self.watch.spikes]
            values += [torch.linalg.vector_norm(p.grad) for p in parameters]
            loss_, accuracy, *rest = torch.stack(values).tolist()  # one trip from the device for all of them
        hidden = len(self.network.blocks)
        rates, lengths = tuple(rest[:hidden]), dict(zip(map(id, parameters), rest[hidden:], strict=True))
        norms = tuple(math.hypot(*(lengths.get(id(w), 0.0) for w in group)) for group in self.weights)
        problems, whole = [], math.hypot(*lengths.values())
        if math.isfinite(whole):
            if t.clip and whole > t.clip:
                for p in parameters:
                    p.grad.mul_(t.clip / whole)
            self.optimiser.step()
        else:
            bad = [name for name, norm in zip(self.names, norms, strict=True) if not math.isfinite(norm)]
            problems.append(
                f"{(bad or ['A head'])[0]}: its gradient is not finite in batch {batch} of epoch {epoch}, so "
                "the weights were left as they are; it exploded on its way back through time or layers."
            )
        active = tuple(a.share for a in self.network.active) if touched else None if probe is None else self._active(probe)
        self.watch.spikes = [None] * hidden
        end = self.clock()
        return BatchRecord(
            epoch,
            t.epochs,
            batch,
            self.batches,
            loss_,
            accuracy,
            Seconds(data, forward - start, backward - forward, end - backward),
            rates,
            active,
            norms,
            lr,
            tuple(problems),
        )

    def _active(self, probe: Probe) -> tuple[float, ...]:
        shares = []
        for tap in probe.taps[: len(self.network.blocks)]:
            arrays = [step["ds_du"] for step in tap.steps if "ds_du" in step]
            entries = sum(a.numel() for a in arrays)
            shares.append(sum(int(torch.count_nonzero(a)) for a in arrays) / entries if entries else 0.0)
        return tuple(shares)

    def evaluate(self, x: torch.Tensor, y: torch.Tensor) -> tuple[float, np.ndarray]:
        """The summed loss of a test batch, and the classes said."""
        self.network.eval()
        with torch.no_grad():
            output = self.output(x)
            loss = self.loss(output, y.to(self.device)).item() * len(y)
            return loss, self.said(output).cpu().numpy()

    def look_at(self, sample: int) -> tuple[LayerRecord, ...]:
        self.network.eval()
        with torch.no_grad(), Probe(self.network) as probe:
            self.output(self.test.take([sample])[0])
        return probe.layers


def train(
    training: Training,
    backend: AbstractBackend | str | None = None,
    *,
    checkpoint: pathlib.Path | None = None,
    record_sample: int | None = None,
) -> Iterator[Record]:
    """Train: a plain generator of a `BatchRecord` after every step, a `TestRecord` after every test batch and an
    `EpochRecord` after every epoch. Not asking for more pauses it; closing it stops it.

    checkpoint: a .safetensors file, written before the first epoch and, when its record has been taken, after every one, by
    rename. If it exists, the run goes on behind its last epoch and gives the same numbers as one that was never stopped; only
    `epochs` may differ.
    record_sample: the number of a test sample whose layers every `EpochRecord` brings along.

    Raises:
        ValueError: settings that do not fit together or the checkpoint, a run over budget, or weights so large that the
            membrane left the range of numbers. FileNotFoundError: a data set that is not there. RuntimeError: the backend
            cannot run here. Each with one sentence that says why.
    """
    run = _Run(training, resolve(backend))
    if record_sample is not None and not 0 <= record_sample < len(run.test):
        raise ValueError(f"record_sample = {record_sample}: the test half has samples 0 to {len(run.test) - 1}.")
    first = 1
    if checkpoint is not None:
        checkpoint = pathlib.Path(checkpoint)
        if checkpoint.exists():
            first = 1 + _resume(run, checkpoint)
        else:
            _save(run, checkpoint, 0)
    for epoch in range(first, training.epochs + 1):
        yield from _epoch(run, epoch, record_sample, checkpoint)


def _epoch(run: _Run, epoch: int, record_sample: int | None, checkpoint: pathlib.Path | None) -> Iterator[Record]:
    training, seconds, records = run.training, Seconds(), []
    source = run.train.batches(training.batch, training.seed, epoch)
    for batch in itertools.count(1):
        start = time.perf_counter()
        x, y = next(source, (None, None))
        if x is None:
            break
        try:
            record = run.step(epoch, batch, x, y, time.perf_counter() - start)
        except ValueError as problem:
            raise ValueError(f"{training.method.label} stopped in epoch {epoch}, batch {batch}: {problem}") from problem
        records.append((len(y), record))
        seconds += record.seconds
        yield record
    confusion, total, start, testing = np.zeros((len(run.test.classes),) * 2, np.int64), 0.0, time.perf_counter(), 0.0
    for batch, (x, y) in enumerate(run.test.batches(training.batch), 1):
        loss, said = run.evaluate(x, y)
        total += loss
        np.add.at(confusion, (y.numpy(), said), 1)
        testing += time.perf_counter() - start
        yield TestRecord(epoch, training.epochs, batch, run.test_batches)
        start = time.perf_counter()
    sample = None if record_sample is None else run.look_at(record_sample)
    seconds += Seconds(test=testing + time.perf_counter() - start)
    try:
        yield _summary(run, epoch, records, total, confusion, sample, seconds)
    finally:
        # Only now that its record is told, and also where nobody asks for more: killed between the two, a run repeats the
        # epoch; the other way round its record would be missing for ever.
        if checkpoint is not None:
            _save(run, checkpoint, epoch)


def _summary(run, epoch, records, test_loss, confusion, sample, seconds) -> EpochRecord:
    n = np.array([size for size, _ in records], float)
    rows = [r for _, r in records]

    def mean(values, weights=n):
        return np.average(np.array(values, float), 0, weights)

    looked = [r.active for r in rows if r.active is not None]
    rates, norms = mean([r.rates for r in rows]), mean([r.norms for r in rows])
    active = np.mean(looked, 0)
    problems = [p for r in rows for p in r.problems][:3]
    hidden = len(run.network.blocks)
    for name, rate, share in zip(run.names, rates, active, strict=False):
        if rate == 0:
            problems.append(
                f"{name}: no spike in the whole epoch; its current stays below the threshold. Raise the weight gain, "
                "or lower the threshold."
            )
        elif share == 0:
            problems.append(
                f"{name}: no neuron was near enough to its threshold to get a gradient, so that the layer cannot "
                "learn. Widen the method's band."
            )
    if norms[-1] and np.isfinite(norms).all():
        ratio = norms[:hidden] / norms[-1]
        worst = int(ratio.argmax())
        if ratio[worst] > EXPLODED:
            problems.append(
                f"{run.names[worst]}: its gradient is {ratio[worst]:.0e} times the readout's; it explodes on its way "
                "back through time and layers."
            )
    return EpochRecord(
        epoch,
        run.training.epochs,
        float(mean([r.loss for r in rows])),
        float(mean([r.accuracy for r in rows])),
        test_loss / len(run.test),
        float(confusion.trace() / len(run.test)),
        seconds,
        tuple(rates.tolist()),
        tuple(active.tolist()),
        tuple(norms.tolist()),
        confusion,
        sample,
        tuple(problems),
        tuple(run.test.classes),
    )


def _save(run: _Run, path: pathlib.Path, epoch: int) -> None:
    """Weights, the optimiser's tensors and where the run stands, into one file, by rename."""
    from safetensors.torch import save_file

    tensors = {f"weight.{name}": t.contiguous() for name, t in run.network.state_dict().items()}
    for number, state in run.optimiser.state_dict()["state"].items():
        tensors |= {f"optimiser.{number}.{name}": t.contiguous() for name, t in state.items() if isinstance(t, torch.Tensor)}
    facts = {"training": run.training.to_toml(), "epoch": str(epoch), "passes": str(run.network.passes)}
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, fresh = tempfile.mkstemp(dir=path.parent, prefix=".new-", suffix=".safetensors")
    os.close(handle)
    try:
        save_file(tensors, fresh, facts)
        os.replace(fresh, path)
    except BaseException:
        pathlib.Path(fresh).unlink(missing_ok=True)
        raise


def _read(path: pathlib.Path) -> tuple[dict[str, torch.Tensor], dict[str, int], Training]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, "pt") as file:
            facts = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  no mapping
        training = Training.from_toml(facts["training"], str(path))
        return tensors, {"epoch": int(facts["epoch"]), "passes": int(facts["passes"])}, training
    except (SafetensorError, KeyError, ValueError, OSError) as problem:
        raise ValueError(f"{path} is no checkpoint of a training, or is damaged ({problem}); delete it to begin anew.") from None


def _resume(run: _Run, path: pathlib.Path) -> int:
    """Put the run where the checkpoint left it; the number of its last epoch."""
    tensors, facts, saved = _read(path)
    if dataclasses.replace(saved, epochs=run.training.epochs) != run.training:
        raise ValueError(f"{path} belongs to another training: {saved!r}. Choose another file, or delete it to begin anew.")
    _put(run.network, tensors, path)
    state: dict[int, dict[str, torch.Tensor]] = {}
    for name, tensor in tensors.items():
        if name.startswith("optimiser."):
            _, number, key = name.split(".", 2)
            state.setdefault(int(number), {})[key] = tensor
    run.optimiser.load_state_dict({"state": state, "param_groups": run.optimiser.state_dict()["param_groups"]})
    run.network.passes = facts["passes"]
    return facts["epoch"]


def _put(network: Network, tensors: dict[str, torch.Tensor], path: pathlib.Path) -> None:
    weights = {name.removeprefix("weight."): t for name, t in tensors.items() if name.startswith("weight.")}
    try:
        network.load_state_dict(weights)
    except RuntimeError as problem:
        reason = " ".join(str(problem).split())
        raise ValueError(f"{path} does not fit this network ({reason}); delete it to begin anew.") from None


def load_network(checkpoint: pathlib.Path, backend: AbstractBackend | str | None = None) -> tuple[Training, Network]:
    """A trained network, and the training that made it, from a checkpoint.

    Raises:
        ValueError: the file is no checkpoint, or damaged.
    """
    tensors, facts, training = _read(pathlib.Path(checkpoint))
    network = build(training, load(training.dataset, Split.TRAIN), backend)
    _put(network, tensors, pathlib.Path(checkpoint))
    network.passes = facts["passes"]
    return training, network.eval()


@dataclasses.dataclass(frozen=True)
class Failure:
    """One of several trainings could not go on; the sentence says why."""

    problem: str


def compare_training(
    trainings: Sequence[Training],
    backend: AbstractBackend | str | None = None,
    *,
    checkpoints: Sequence[pathlib.Path | None] | None = None,
    record_sample: int | None = None,
) -> Iterator[tuple[int, Record | Failure]]:
    """Several trainings at once, in turns: (number of the training, its record). In one turn each takes one batch, so that
    methods stand side by side at the same batch. One that fails yields a `Failure`; the others go on."""
    checkpoints = [None] * len(trainings) if checkpoints is None else checkpoints
    runs = {
        number: train(training, backend, checkpoint=path, record_sample=record_sample)
        for number, (training, path) in enumerate(zip(trainings, checkpoints, strict=True))
    }
    try:
        while runs:
            for number, run in list(runs.items()):
                try:
                    yield number, next(run)
                except StopIteration:
                    del runs[number]
                except (ValueError, RuntimeError, OSError) as problem:
                    del runs[number]
                    yield number, Failure(" ".join(str(problem).split()))
    finally:
        for run in runs.values():
            run.close()


def presets() -> dict[str, tuple[Training, ...]]:
    """Prepared comparisons, by title: trainings that differ in their method alone."""
    digits, sgd = Training(), SGD(0.1)
    order = Training(TemporalOrder(), FeedForward(layers=2, width=64, first_gain=3.0), optimiser=SGD(0.02), epochs=15)
    deep = Training(
        Digits(steps=10),
        FeedForward(layers=8, width=32, first_gain=4.0, gain=3.0),
        loss=CrossEntropy(OverTime.MEAN),
        schedule=Cosine(),
        epochs=15,
    )
    return {
        "Digits: four methods": tuple(dataclasses.replace(digits, method=m) for m in (BPTT(), Exodus(), Slayer(), LocalZO())),
        "Digits: SLAYER's scale without Adam": tuple(
            dataclasses.replace(digits, method=m, optimiser=sgd) for m in (Exodus(), Slayer(), Slayer(scale=0.1))
        ),
        "Temporal order: EXODUS and SLAYER": tuple(
            dataclasses.replace(order, method=m) for m in (Exodus(), Slayer(), Slayer(scale=0.1))
        ),
        "Eight layers: with and without modules": tuple(
            dataclasses.replace(deep, method=m) for m in (BPTT(Dspike()), SurrogateModules(after=(3, 6)))
        ),
    }
