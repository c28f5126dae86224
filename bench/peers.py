"""A LIF layer's loop over time, forward and backward, against other libraries: `python -m bench.peers [--device cuda]`.

Each library runs its own neuron with the same decay, threshold 1 and surrogate 1 / (1 + 2 |u|)^2, from input currents
[T, batch, N] to spikes and back to the gradient of the input, as its documentation has it (spyx inside `jax.jit`). Where a
library orders decay, reset and spike in another way, our neuron is set to that order; a row counts only if spikes then differ
in at most 1e-5 of the places and gradients agree to 1e-4. Not in the requirements: those that are installed are run
(`pip install snntorch==1.0.0 spikingjelly==2.0.0 spyx==1.0.0 grain`). On a GPU SpikingJelly runs its Triton kernels, and spyx
is left out: its arrays would have to leave the GPU.
"""

import argparse
import dataclasses
import importlib.metadata
import os
import sys
from collections.abc import Callable, Iterator

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # read once, when torch is imported
os.environ.setdefault("SJ_LIF_CUDA_IMPLEMENTATION", "triton")  # of SpikingJelly, on a GPU: the others have to be built first

import torch

from bench.common import gradient, medians, save, table
from snnviz.backends import BACKENDS
from snnviz.backends.base import Upstream
from snnviz.draws import Draw
from snnviz.methods import BPTT
from snnviz.neurons import LIF
from snnviz.surrogates import FastSigmoid

STEPS, BATCH, SIZES = 500, 16, (512, 2048)
NEURON, METHOD = LIF(tau_mem=10.0), BPTT(FastSigmoid(slope=2.0))
BETA = NEURON.coefficients()["beta"]
DELAYED = dataclasses.replace(NEURON, reset_amount=NEURON.theta / BETA)  # u[t] = beta u[t-1] + x[t] - theta s[t-1]


@dataclasses.dataclass(frozen=True)
class Peer:
    """A library's run of the same neuron, and ours in its order. late: steps by which its spikes come after ours."""

    name: str
    run: Callable[[], tuple[torch.Tensor, torch.Tensor]]
    neuron: LIF = NEURON
    method: BPTT = METHOD
    late: int = 0


def snntorch(x: torch.Tensor, grad: torch.Tensor) -> Peer:
    import snntorch as snn  # pyright: ignore[reportMissingImports]  a peer, installed by hand
    from snntorch import surrogate  # pyright: ignore[reportMissingImports]  a peer, installed by hand

    leaky = snn.Leaky(beta=BETA, threshold=1.0, spike_grad=surrogate.fast_sigmoid(slope=2), reset_mechanism="subtract").to(x.device)

    def run():
        inputs, mem, spikes = x.detach().requires_grad_(), leaky.reset_mem(), []
        for x_t in inputs:
            s_t, mem = leaky(x_t, mem)
            spikes.append(s_t)
        s = torch.stack(spikes)
        s.backward(grad)
        return s.detach(), gradient(inputs)

    return Peer("snntorch", run, DELAYED, dataclasses.replace(METHOD, keep_reset=False))  # it detaches the reset


def spikingjelly(x: torch.Tensor, grad: torch.Tensor) -> Peer:
    from spikingjelly.activation_based import functional, neuron, surrogate  # pyright: ignore[reportMissingImports]  a peer, installed by hand

    node = neuron.LIFNode(
        1 / (1 - BETA),
        decay_input=False,
        v_threshold=1.0,
        v_reset=None,
        step_mode="m",
        surrogate_function=surrogate.SoftSign(alpha=2.0),
    ).to(x.device)

    def run():
        functional.reset_net(node)
        inputs = x.detach().requires_grad_()
        s = node(inputs)
        s.backward(grad)
        return s.detach(), gradient(inputs)

    return Peer("spikingjelly", run)


def spyx(x: torch.Tensor, grad: torch.Tensor) -> Peer:
    if x.is_cuda:
        raise ImportError("it is compared on the CPU only")
    import jax  # pyright: ignore[reportMissingImports]  a peer, installed by hand
    import spyx.axn  # pyright: ignore[reportMissingImports]  a peer, installed by hand
    import spyx.nn  # pyright: ignore[reportMissingImports]  a peer, installed by hand
    from flax import nnx  # pyright: ignore[reportMissingImports]  a peer, installed by hand

    layer = spyx.nn.LIF((x.shape[2],), beta=BETA, activation=spyx.axn.superspike(k=2), rngs=nnx.Rngs(0))
    inputs, upstream = jax.numpy.asarray(x.numpy()), jax.numpy.asarray(grad.numpy())

    @jax.jit
    def both(x, grad):
        s, back = jax.vjp(lambda x: spyx.nn.run(layer, x)[0], x)
        return s, back(grad)[0]

    def run():
        s, back = jax.block_until_ready(both(inputs, upstream))
        return torch.from_dlpack(s), torch.from_dlpack(back)

    return Peer("spyx", run, DELAYED, late=1)


PEERS = {"snntorch": snntorch, "spikingjelly": spikingjelly, "spyx": spyx}


def ours(
    x: torch.Tensor, grad: torch.Tensor, neuron: LIF = NEURON, method: BPTT = METHOD, late: int = 0
) -> Callable[[], tuple[torch.Tensor, torch.Tensor]]:
    """Our run on the same arrays, where they are, in the order of a peer whose spikes come `late` steps after ours."""
    backend, columns = BACKENDS["cuda" if x.is_cuda else "native"], x.shape[1] * x.shape[2]
    c = torch.tensor([float(v) for v in neuron.coefficients().values()], dtype=torch.float64)
    flat, initial = x.reshape(len(x), columns), x.new_zeros(1, columns)
    shifted = torch.cat([grad.reshape(len(x), columns)[late:], x.new_zeros(late, columns)])

    def run():
        ran = backend.forward(neuron, c, flat, initial)
        back = backend.backward(neuron, c, method.at_spike, method.reset_path, Draw(), flat, initial, ran, Upstream(shifted))
        if ran.s is None:
            raise ValueError(f"{neuron.title} never fires: there is nothing to compare.")
        return ran.s, back.x

    return run


def check(peer: Peer, x: torch.Tensor, grad: torch.Tensor) -> None:
    """Raises AssertionError where the peer computes something else."""
    (s, dx), (our_s, our_dx) = (
        tuple(a.reshape(len(x), -1) for a in run()) for run in (peer.run, ours(x, grad, peer.neuron, peer.method, peer.late))
    )
    differ = (s[peer.late :] != our_s[: len(x) - peer.late]).any(0)
    assert (s[peer.late :] != our_s[: len(x) - peer.late]).double().mean() <= 1e-5, f"{peer.name}: other spikes"
    # A spike on the very edge may fall either way; then the rest of that neuron's gradient is another's.
    error = (dx - our_dx)[:, ~differ].abs().max() / our_dx.abs().max()
    assert error <= 1e-4, f"{peer.name}: the gradient differs by {error:.2g}"


def measure(neurons: int, turns: int, device: str = "cpu", steps: int = STEPS) -> Iterator[dict]:
    g = torch.Generator().manual_seed(0)
    x = (torch.randn(steps, BATCH, neurons, generator=g) * 0.5 + 0.1).to(device)
    grad = torch.randn(steps, BATCH, neurons, generator=g).to(device)
    peers = []
    for name, make in PEERS.items():
        try:
            peers.append(make(x, grad))
        except ImportError as missing:
            print(f"{name} is left out: {missing}", file=sys.stderr)
    for peer in peers:
        check(peer, x, grad)
    times = medians({"snnviz": ours(x, grad)} | {peer.name: peer.run for peer in peers}, turns, device)
    for peer in peers:
        yield {
            "peer": f"{peer.name} {importlib.metadata.version(peer.name)}",
            "T": steps,
            "batch": BATCH,
            "N": neurons,
            "peer ms": times[peer.name],
            "snnviz ms": times["snnviz"],
            "times": times[peer.name] / times["snnviz"],
        }


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    parser.add_argument("--turns", type=int, default=5, help="rounds whose median is quoted")
    parser.add_argument("--no-save", action="store_true", help="only print")
    args = parser.parse_args()
    if args.device == "cuda" and (reason := BACKENDS["cuda"].unusable()):
        print(f"cuda cannot run here: {reason}", file=sys.stderr)
        return 2
    rows = [row for neurons in SIZES for row in measure(neurons, args.turns, args.device)]
    if not rows:
        print("None of the libraries is installed.", file=sys.stderr)
        return 2
    print(table(rows))
    if not args.no_save:
        print(save("peers", rows, args.device))
    return 0


if __name__ == "__main__":
    sys.exit(main())
