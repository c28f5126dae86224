"""The online methods' gradients against other libraries' own code: `python -m bench.outside`.

Three layers of LIF neurons, the weight of every output spike in the loss drawn anew for each step, float64. SpikingJelly's SLTT is
held against ours in every layer; its OTTT in the layers after the first, because there (as in the authors' code) the first layer's
weights see no trace of the input. A row counts only if all spikes are equal. Not in the requirements: what is installed is run
(`pip install spikingjelly==2.0.0`). It exits with 1 where a gradient differs by more than 1e-12 of its largest entry.
"""

import importlib.util
import sys
from collections.abc import Iterator

import torch

from bench.common import table
from snnviz.methods import OTTT, SLTT, AbstractGradientMethod
from snnviz.network import feed_forward
from snnviz.neurons import LIF, Reset
from snnviz.surrogates import FastSigmoid

STEPS, BATCH, SIZES, TAU = 50, 4, (12, 10, 9, 8), 5.0
CLOSE = 1e-12


def problem(method: AbstractGradientMethod, reset: Reset):
    """Our network, its input [T, B, N] and the weights of its output spikes in the loss [T, B, N]."""
    g = torch.Generator().manual_seed(0)
    neuron = LIF(-1 / torch.log(torch.tensor(1 - 1 / TAU, dtype=torch.float64)).item(), reset_mode=reset)
    network = feed_forward(SIZES[0], SIZES[1:], SIZES[-1], neuron, method, gain=3.5).double()
    network.readout.weight.data = torch.eye(SIZES[-1], dtype=torch.float64)
    x = torch.randint(0, 2, (STEPS, BATCH, SIZES[0]), generator=g).double()
    return network, x, torch.randn(STEPS, BATCH, SIZES[-1], generator=g, dtype=torch.float64)


def spikingjelly(network, x, g, node) -> tuple[torch.Tensor, list[torch.Tensor]]:
    """Spikes [T, B, N] and dL/dW [out, in] of each layer by SpikingJelly's node, step by step as its documentation has it."""
    from spikingjelly.activation_based import layer, surrogate  # pyright: ignore[reportMissingImports]  a peer, installed by hand

    class Slope(surrogate.SurrogateFunctionBase):
        """Ours at the spike."""

        def __init__(self):
            super().__init__(alpha=1.0, spiking=True)

        def forward(self, x):
            return Spike.apply(x)

    modules = []
    for block in network.blocks:
        linear = torch.nn.Linear(*block.transform.weight.T.shape, bias=False).double()
        linear.weight.data = block.transform.weight.detach().clone()
        reset = 0.0 if block.spiking.neuron.reset_mode is Reset.ZERO else None
        modules += [linear, node(tau=TAU, decay_input=False, v_threshold=1.0, v_reset=reset, surrogate_function=Slope())]
    net, spikes = layer.OTTTSequential(*modules), []
    for now, weights in zip(x, g, strict=True):
        out = net(now)
        s = out[0] if isinstance(out, list) else out
        (s * weights).sum().backward()
        spikes.append(s.detach())
    return torch.stack(spikes), [m.weight.grad for m in modules[::2]]


class Spike(torch.autograd.Function):
    """The step with our surrogate's derivative."""

    @staticmethod
    def forward(ctx, margin):
        ctx.save_for_backward(margin)
        return (margin >= 0).to(margin)

    @staticmethod
    def backward(ctx, grad):
        return grad * SURROGATE.derivative(ctx.saved_tensors[0])


SURROGATE = FastSigmoid(4.0)


def rows() -> Iterator[dict]:
    """One row for each method, reset and layer that a library can be held against."""
    if importlib.util.find_spec("spikingjelly") is None:
        print("SpikingJelly is not installed: SLTT and OTTT were not compared (pip install spikingjelly==2.0.0).")
        return
    from spikingjelly.activation_based import neuron  # pyright: ignore[reportMissingImports]  a peer, installed by hand

    for method, node, first in ((SLTT(SURROGATE), neuron.SLTTLIFNode, 1), (OTTT(SURROGATE), neuron.OTTTLIFNode, 2)):
        for reset in (Reset.SUBTRACT, Reset.ZERO):
            network, x, g = problem(method, reset)
            spikes = network(x).logits
            (spikes * g).sum().backward()
            theirs, gradients = spikingjelly(network, x, g, node)
            for number, (block, other) in enumerate(zip(network.blocks, gradients, strict=True), 1):
                mine = block.transform.weight.grad
                assert mine is not None
                yield {
                    "method": method.title,
                    "against": "SpikingJelly",
                    "reset": reset.value,
                    "layer": number,
                    "spikes a step": spikes.mean().item(),
                    "spikes that differ": int((spikes != theirs).sum()),
                    "difference": ((mine - other).abs().max() / other.abs().max()).item(),
                    "compared": number >= first,
                }


def main() -> int:
    lines = list(rows())
    if not lines:
        return 0
    print(table(lines))
    wrong = [r for r in lines if r["compared"] and (r["spikes that differ"] or not r["difference"] <= CLOSE)]
    print(f"{len(wrong)} rows are wrong." if wrong else f"All that is compared agrees to {CLOSE:.0e}.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
