"""The contenders of `bench.training_step`: one training step each, of ours and of other libraries."""

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.nn.functional import avg_pool2d, conv2d, cross_entropy

from snnviz.events import Events, Products
from snnviz.methods import BPTT, SparseGD
from snnviz.network import Network, convolutional, feed_forward
from snnviz.neurons import LIF
from snnviz.surrogates import FastSigmoid

BETA = 0.9
NEURON = LIF(tau_mem=-1 / math.log(BETA))
DELAYED = dataclasses.replace(NEURON, reset_amount=NEURON.theta / BETA)  # u[t] = beta u[t-1] + x[t] - theta s[t-1]
LR = 1e-4


@dataclasses.dataclass(frozen=True)
class Shape:
    """Widths from the inputs to the classes; recurrent: the hidden layers feed themselves one step later. side: of a square image;
    then widths are channels of 3 x 3 convolutions, each followed by 2 x 2 average pooling; 0: layers are linear."""

    widths: tuple[int, ...]
    steps: int
    batch: int
    recurrent: bool = False
    side: int = 0

    @property
    def inputs(self) -> tuple[int, ...]:
        """The shape of one sample at one step."""
        return (self.widths[0], self.side, self.side) if self.side else self.widths[:1]

    def neurons(self) -> list[int]:
        """How many each hidden layer has."""
        sides = [self.side >> number for number in range(len(self.widths) - 2)]
        return [width * side * side if self.side else width for width, side in zip(self.widths[1:-1], sides, strict=True)]


@dataclasses.dataclass(frozen=True)
class Problem:
    """One batch x [T, B, *inputs], its classes y [B], and the weights that all begin with: [N, I] of each layer, or [N, I, 3, 3],
    then the recurrent ones [N, N] of each hidden layer."""

    shape: Shape
    x: torch.Tensor
    y: torch.Tensor
    weights: tuple[torch.Tensor, ...]
    loops: tuple[torch.Tensor, ...]

    @classmethod
    def of(cls, shape: Shape, rate: float) -> "Problem":
        """A problem whose inputs are active with probability `rate`."""
        g = torch.Generator().manual_seed(0)
        x = (torch.rand(shape.steps, shape.batch, *shape.inputs, generator=g) < rate).float()
        y = torch.randint(shape.widths[-1], (shape.batch,), generator=g)

        def drawn(inputs: int, outputs: int, gain: float, *field: int) -> torch.Tensor:
            return (torch.rand(outputs, inputs, *field, generator=g) * 2 - 1) * gain / (inputs * math.prod(field)) ** 0.5

        gains = (4.0, *[4.5] * (len(shape.widths) - 3))
        field, last = ((3, 3), (shape.side >> len(gains)) ** 2) if shape.side else ((), 1)
        weights = [drawn(a, b, gain, *field) for a, b, gain in zip(shape.widths, shape.widths[1:], gains, strict=False)]
        weights.append(drawn(shape.widths[-2] * last, shape.widths[-1], 1.0))
        weights[0] *= (0.03 / rate) ** 0.5  # the hidden layers fire alike at each activity
        loops = [drawn(b, b, 1.0) for b in shape.widths[1:-1]] if shape.recurrent else []
        return cls(shape, x, y, tuple(weights), tuple(loops))

    def parameters(self) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
        """Weights and recurrent weights of one contender's own."""
        return [[w.clone().requires_grad_() for w in group] for group in (self.weights, self.loops)]  # pyright: ignore[reportReturnType]

    def current(self, layer: int, h: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        """What a layer's neurons get, or the readout: h [B, ...] of one step, or of all of them."""
        if self.shape.side and layer < len(self.shape.widths) - 2:
            return conv2d(h, weight, padding=1)
        return (h.flatten(1) if self.shape.side else h) @ weight.T

    def pooled(self, spikes: torch.Tensor) -> torch.Tensor:
        """What the next layer reads of spikes [B, ...]."""
        return avg_pool2d(spikes, 2) if self.shape.side else spikes


@dataclasses.dataclass(frozen=True)
class Contender:
    """name; step: train once, the loss; first_loss: the loss before that. neuron: ours in its order; peer: not ours."""

    name: str
    step: Callable[[], Any]
    first_loss: Callable[[], float]
    neuron: LIF = NEURON
    peer: bool = True
    rates: Callable[[], tuple[float, ...]] = tuple


def _trained(name: str, logits: Callable[[], torch.Tensor], parameters, y, **more) -> Contender:
    """A contender made of torch: logits() [B, classes], the sum over time."""
    optimiser = torch.optim.Adam(parameters, LR)

    def step():
        optimiser.zero_grad()
        cross_entropy(logits(), y).backward()
        optimiser.step()

    @torch.no_grad()
    def first_loss():
        return cross_entropy(logits(), y).item()

    return Contender(name, step, first_loss, **more)


def network_of(problem: Problem, neuron: LIF, method: Any) -> Network:
    """Our network with the problem's weights."""
    inputs, *hidden, outputs = problem.shape.widths
    if problem.shape.side:
        network = convolutional((inputs, problem.shape.side, problem.shape.side), hidden, outputs, neuron, method)
    else:
        network = feed_forward(inputs, hidden, outputs, neuron, method, recurrent=problem.shape.recurrent)
    with torch.no_grad():
        for block, weight in zip(network.blocks, problem.weights, strict=False):
            block.transform.weight.copy_(weight)
        for block, weight in zip(network.blocks, problem.loops, strict=False):
            assert block.recurrent is not None
            block.recurrent.weight.copy_(weight)
        network.readout.weight.copy_(problem.weights[-1])
    return network


def ours(problem: Problem, how: str, neuron: LIF = NEURON) -> Contender:
    """Our step, in one of four ways; "active entries" has another gradient, the others the same."""
    network = network_of(problem, neuron, SparseGD() if how == "active entries" else BPTT(FastSigmoid(slope=2.0)))
    network.touch_active = how == "active entries"
    network.products = Products.MEASURED if how.startswith("events") else Products.DENSE
    x = Events.of(problem.x) if how == "events, given as events" else problem.x
    return _trained(
        f"snnviz, {how}", lambda: network(x).logits.sum(0), network.parameters(), problem.y, peer=False, rates=lambda: network.rates
    )


def _loop(problem: Problem, step: Callable[[int, torch.Tensor, Any], tuple[torch.Tensor, Any]], start: Callable[[], list]):
    """logits() of a network whose neurons are stepped one by one: step(layer, current, state) -> spikes, state."""
    weights, loops = problem.parameters()

    def logits():
        states: list[Any] = start()
        before: list[Any] = [None] * len(loops)
        out: Any = 0
        for h in problem.x:
            for k in range(len(weights) - 1):
                h = problem.current(k, h, weights[k])
                if loops and before[k] is not None:
                    h = h + before[k] @ loops[k].T
                h, states[k] = step(k, h, states[k])
                if loops:
                    before[k] = h
                h = problem.pooled(h)
            out = out + problem.current(len(weights) - 1, h, weights[-1])
        return out

    return logits, [*weights, *loops]


class _Spike(torch.autograd.Function):
    @staticmethod
    def forward(ctx, margin):
        ctx.save_for_backward(margin)
        return (margin >= 0).to(margin.dtype)

    @staticmethod
    def backward(ctx, grad):
        (margin,) = ctx.saved_tensors
        return grad / (1 + 2 * margin.abs()) ** 2


def torch_eager(problem: Problem) -> Contender:
    """Torch step by step, its own autograd."""

    def step(layer, current, v):
        u = BETA * v + current
        s = _Spike.apply(u - 1)
        return s, u - s

    logits, parameters = _loop(problem, step, lambda: [0.0] * (len(problem.shape.widths) - 2))
    return _trained("torch eager", logits, parameters, problem.y)


def snntorch(problem: Problem) -> Contender:
    """snnTorch's Leaky, step by step as its documentation has it."""
    import snntorch as snn  # pyright: ignore[reportMissingImports]  a peer, installed by hand
    from snntorch import surrogate  # pyright: ignore[reportMissingImports]  a peer, installed by hand

    leaky = snn.Leaky(beta=BETA, threshold=1.0, spike_grad=surrogate.fast_sigmoid(slope=2), reset_mechanism="subtract")

    def start():
        return [leaky.reset_mem() for _ in problem.shape.widths[1:-1]]

    logits, parameters = _loop(problem, lambda k, current, mem: leaky(current, mem), start)
    return _trained("snntorch", logits, parameters, problem.y, neuron=DELAYED)


def norse(problem: Problem) -> Contender:
    """norse's feed-forward LIF box, step by step; its current is scaled by the step, ours by nothing."""
    from norse.torch.functional import lif_box, reset  # pyright: ignore[reportMissingImports]  a peer, installed by hand

    rate = 1 - BETA
    p = lif_box.LIFBoxParameters(
        tau_mem_inv=torch.tensor(rate),
        v_th=torch.tensor(1.0),
        alpha=torch.tensor(2.0),
        reset_method=reset.reset_subtract,
    )

    def step(layer, current, state):
        state = lif_box.LIFBoxFeedForwardState(torch.zeros_like(current)) if state is None else state
        return lif_box.lif_box_feed_forward_step(current / rate, state, p, dt=1.0)

    logits, parameters = _loop(problem, step, lambda: [None] * (len(problem.shape.widths) - 2))
    return _trained("norse", logits, parameters, problem.y)


def spikingjelly(problem: Problem) -> Contender:
    """SpikingJelly's LIFNode over all steps; where the network is recurrent, step by step."""
    from spikingjelly.activation_based import functional, neuron, surrogate  # pyright: ignore[reportMissingImports]  a peer

    mode = "s" if problem.loops else "m"
    nodes = nn.ModuleList(
        neuron.LIFNode(
            1 / (1 - BETA),
            decay_input=False,
            v_threshold=1.0,
            v_reset=None,
            step_mode=mode,
            surrogate_function=surrogate.SoftSign(alpha=2.0),
        )
        for _ in problem.shape.widths[1:-1]
    )

    def start():
        functional.reset_net(nodes)
        return [None] * len(nodes)

    if problem.loops:
        logits, parameters = _loop(problem, lambda k, current, state: (nodes[k](current), state), start)
        return _trained("spikingjelly", logits, parameters, problem.y)
    weights, _ = problem.parameters()

    def over_time():
        start()
        h = problem.x
        for k, (node, weight) in enumerate(zip(nodes, weights, strict=False)):
            h = node(problem.current(k, h.flatten(0, 1), weight).unflatten(0, h.shape[:2]))
            h = problem.pooled(h.flatten(0, 1)).unflatten(0, h.shape[:2])
        return problem.current(len(nodes), h.flatten(0, 1), weights[-1]).unflatten(0, h.shape[:2]).sum(0)

    return _trained("spikingjelly", over_time, weights, problem.y)


def spyx(problem: Problem) -> Contender:
    """spyx in one `jax.jit`; its spikes come one step late in each layer, so for the first loss it gets that many steps more."""
    import jax  # pyright: ignore[reportMissingImports]  a peer, installed by hand
    import optax  # pyright: ignore[reportMissingImports]  a peer, installed by hand
    import spyx.axn  # pyright: ignore[reportMissingImports]  a peer, installed by hand
    import spyx.nn  # pyright: ignore[reportMissingImports]  a peer, installed by hand
    from flax import nnx  # pyright: ignore[reportMissingImports]  a peer, installed by hand

    if problem.loops:
        raise ImportError("its spikes come one step late, so a recurrent layer of it is another one")
    numpy, shape = jax.numpy, problem.shape
    sides = [shape.side >> number for number in range(len(shape.widths) - 2)]
    sizes = [(n, s, s) if s else (n,) for n, s in zip(shape.widths[1:-1], sides, strict=True)]
    layers = [spyx.nn.LIF(size, beta=BETA, activation=spyx.axn.superspike(k=2), rngs=nnx.Rngs(0)) for size in sizes]
    weights = [numpy.asarray(w.numpy().T if w.ndim == 2 else w.numpy()) for w in problem.weights]
    x, y = numpy.asarray(problem.x.numpy()), numpy.asarray(problem.y.numpy())
    optimiser = optax.adam(LR)

    def current(h, weight):
        if not shape.side:
            return h @ weight
        out = jax.lax.conv(h.reshape(-1, *h.shape[2:]), weight, (1, 1), "SAME")
        return out.reshape(*h.shape[:2], *out.shape[1:])

    def pooled(s):
        if not shape.side:
            return s
        window = (1, 1, 1, 2, 2)
        return jax.lax.reduce_window(s, 0.0, jax.lax.add, window, window, "VALID") / 4

    def loss(weights, x):
        h = x
        for layer, weight in zip(layers, weights, strict=False):
            h = pooled(spyx.nn.run(layer, current(h, weight))[0])
        h = h.reshape(*h.shape[:2], -1)
        return optax.softmax_cross_entropy_with_integer_labels((h @ weights[-1]).sum(0), y).mean()

    @jax.jit
    def update(weights, state, x):
        value, gradients = jax.value_and_grad(loss)(weights, x)
        changes, state = optimiser.update(gradients, state, weights)
        return optax.apply_updates(weights, changes), state, value

    held: dict[str, Any] = {"weights": weights, "state": optimiser.init(weights)}

    def step():
        held["weights"], held["state"], value = update(held["weights"], held["state"], x)
        jax.block_until_ready(value)

    def first_loss():
        # The steps behind the end are read too, so the input there keeps every neuron from firing.
        silent = numpy.zeros((len(layers), *x.shape[1:]), x.dtype)
        return float(loss(weights, numpy.concatenate([x, silent])))

    return Contender("spyx", step, first_loss, DELAYED)


PEERS = {
    "spyx": spyx,
    "spikingjelly": spikingjelly,
    "snntorch": snntorch,
    "norse": norse,
    "torch eager": torch_eager,
}
