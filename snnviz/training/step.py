"""One training in progress: its network, its optimiser, and one step of both."""

import contextlib
import math
import time
from collections.abc import Iterator

import numpy as np
import torch

from snnviz import sparse
from snnviz.architectures import FeedForward
from snnviz.backends import AbstractBackend
from snnviz.datasets import Samples, Split
from snnviz.datasets.parts import parted
from snnviz.events import Events, Products
from snnviz.heads import local_loss, sml_loss
from snnviz.losses import CrossEntropy
from snnviz.network import Network, NetworkOutput
from snnviz.probe import Probe
from snnviz.records import LayerRecord
from snnviz.training.assembly import build, load, network_input
from snnviz.training.look import Look
from snnviz.training.records import BatchRecord, Seconds
from snnviz.training.value import Training

LOOK_EVERY = 20  # the active share is measured in every 20th batch: measuring makes a batch slower by half or more


class _Watch:
    """Keeps the spikes of the hidden layers from the last forward pass, one tensor per layer."""

    def __init__(self, network: Network):
        self.names = [b.spiking.label for b in network.blocks]
        self._spikes: dict[int, torch.Tensor] = {}
        self._handles = []
        for number, block in enumerate(network.blocks):
            source = block if block.recurrent is not None else block.spiking  # a recurrent block calls its layer at every step
            self._handles.append(source.register_forward_hook(self._keeper(number)))

    def _keeper(self, number: int):
        def keep(module, inputs, output):
            self._spikes[number] = output

        return keep

    @property
    def spikes(self) -> list[torch.Tensor]:
        """Of each block, in their order."""
        return [self._spikes[number] for number in range(len(self.names))]

    def forget(self) -> None:
        self._spikes.clear()

    def close(self) -> None:
        for handle in self._handles:
            handle.remove()


class RunningTraining:
    """One training in progress: its samples, network and optimiser; `step` trains one batch, `evaluate` tests one."""

    def __init__(
        self,
        training: Training,
        backend: AbstractBackend,
        touch_active: bool = False,
        products: Products = Products.DENSE,
        validation: float = 0.0,
    ):
        self.training = training
        self.train, self.test = (load(training.dataset, split) for split in Split)
        self.held: Samples | None = None
        if validation:
            self.train, self.held = parted(self.train, validation, training.seed)
        training.check_budget(self.train)
        self.network = build(training, self.train, backend)
        self.device = next(self.network.parameters()).device
        self.watch = _Watch(self.network)
        if training.regulariser is None:  # one reads every spike
            self.network.touch_active, self.network.products = touch_active, products
        self.network.guard = sparse.Guard(floor=-1)  # no warnings: the epoch's record names dead layers
        self.optimiser = training.optimiser.make(self.network.parameters())
        self.targets = None if self.train.targets is None else self.train.targets.to(self.device)
        self.batches = -(-len(self.train) // training.batch)
        linear = [(b.transform, b.recurrent) for b in self.network.blocks] + [(self.network.readout,)]
        self.weights = [[m.weight for m in group if m is not None] for group in linear]
        self.names = [*self.watch.names, "the readout"]
        self._warm_up()

    def _warm_up(self) -> None:
        """Forward and backward for one sample before any time is measured. Kernels are compiled and libraries loaded here, else
        the first of several methods would seem slower than the others. Weights and draws do not change. Errors are ignored
        here: the first batch raises them again."""
        self.network.eval()
        with contextlib.suppress(ValueError):
            x, y = self.train.take([0])
            self.loss(self.output(x), y.to(self.device)).backward()
        self.network.zero_grad(set_to_none=True)
        self.watch.forget()

    def clock(self) -> float:
        """A time in seconds, once the device has finished all that was queued."""
        if self.device.type == "cuda":
            torch.cuda.synchronize()
        return time.perf_counter()

    def in_batches(self, half: Samples, epoch: int | None = None) -> Iterator[tuple[torch.Tensor | Events, torch.Tensor]]:
        """The batches x [T, B, *inputs], y [B] of a half, in the order of an epoch (None: of the set); x as events where the
        network reads events."""
        t = self.training
        reads_events = isinstance(t.architecture, FeedForward) and self.network.reads_events
        return (half.event_batches if reads_events else half.batches)(t.batch, t.seed, epoch)

    def output(self, x: torch.Tensor | Events) -> NetworkOutput:
        """The network's output for a batch, [T, B, ...] or its events, as the data set gives it."""
        return self.network(x if isinstance(x, Events) else network_input(self.training, x.to(self.device)))

    def loss(self, output: NetworkOutput, y: torch.Tensor) -> torch.Tensor:
        """The loss of an output for the classes y, int64 [B]; with heads, theirs is included."""
        loss, heads = self.training.loss, self.training.method.heads
        if output.heads and heads is not None and isinstance(loss, CrossEntropy):  # `build` refuses heads with other losses
            reduced = NetworkOutput(loss.over_time.reduce(output.logits)[None], output.heads)
            return sml_loss(reduced, y, heads)
        own = loss.of(output.logits, y, self.targets, self.train.dt)
        return own + local_loss(output, y) if self.training.method.local else own

    def predicted(self, output: NetworkOutput) -> torch.Tensor:
        """The predicted class of each sample, int64 [B]."""
        return self.training.loss.scores(output.logits.detach(), self.targets, self.train.dt).argmax(1)

    def step(self, epoch: int, batch: int, x: torch.Tensor | Events, y: torch.Tensor, data: float) -> BatchRecord:
        """Train on one batch x [T, B, *inputs], or its events, with classes y [B]; its record. epoch, batch: counted from 1.
        data: the seconds that making the batch took."""
        t, start = self.training, self.clock()
        lr = t.optimiser.lr * t.schedule.factor(((epoch - 1) * self.batches + batch - 1) / (t.epochs * self.batches))
        for group in self.optimiser.param_groups:
            group["lr"] = lr
        self.network.train()
        counted = self.network.counts
        probe = Probe(self.network) if not counted and (batch % LOOK_EVERY == 1 or self.batches == 1) else None
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
        by_weight = {id(p): p.grad for p in self.network.parameters() if p.grad is not None}
        gradients = list(by_weight.values())
        with torch.no_grad():
            values = [loss.detach(), (self.predicted(output) == y).float().mean()]
            values += [loss.new_tensor(r) for r in self.network.rates] if counted else [s.mean() for s in self.watch.spikes]
            values += [torch.linalg.vector_norm(gradient) for gradient in gradients]
            loss_, accuracy, *rest = torch.stack(values).tolist()  # one copy from the device for all values
        hidden = len(self.network.blocks)
        rates, lengths = tuple(rest[:hidden]), dict(zip(by_weight, rest[hidden:], strict=True))
        norms = tuple(math.hypot(*(lengths.get(id(w), 0.0) for w in group)) for group in self.weights)
        problems, whole = [], math.hypot(*lengths.values())
        if math.isfinite(whole):
            if t.clip and whole > t.clip:
                for gradient in gradients:
                    gradient.mul_(t.clip / whole)
            self.optimiser.step()
            if self.network.direct is not None:
                self.network.direct.decay(self.network.readout)
        else:
            bad = [name for name, norm in zip(self.names, norms, strict=True) if not math.isfinite(norm)]
            problems.append(
                f"{(bad or ['A head'])[0]}: its gradient is not finite in batch {batch} of epoch {epoch}, so "
                "the weights were left as they are; it exploded on its way back through time or layers."
            )
        active = tuple(a.share for a in self.network.active) if counted else None if probe is None else self._active(probe)
        self.watch.forget()
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

    def evaluate(self, x: torch.Tensor | Events, y: torch.Tensor) -> tuple[float, np.ndarray]:
        """The summed loss of a test batch, and the predicted classes, int64 [B]."""
        self.network.eval()
        with torch.no_grad():
            output = self.output(x)
            loss = self.loss(output, y.to(self.device)).item() * len(y)
            return loss, self.predicted(output).cpu().numpy()

    def look_at(self, sample: int) -> tuple[tuple[LayerRecord, ...], Look]:
        """What every layer does with one sample of the test half, and the same in small with what the network says."""
        self.network.eval()
        x, y = self.test.take([sample])
        with torch.no_grad(), Probe(self.network) as probe:
            output = self.output(x)
            scores = self.training.loss.scores(output.logits, self.targets, self.train.dt)[0]
        layers = probe.layers
        return layers, Look.of(layers, scores.cpu().numpy(), int(y[0]), x[:, 0].numpy())
