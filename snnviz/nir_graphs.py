"""Networks as graphs of NIR, the Neuromorphic Intermediate Representation, which other simulators and chips read (Pedersen et al.
2024); and such graphs as networks.

save_nir(network, "network.nir")
network = load_nir("network.nir", Exodus())

NIR states differential equations. A current that stays for a step makes of tau dv/dt = -v + R I just our step u = beta v + x, where
R = 1 / (1 - beta): who solves the equation exactly at our dt gets our spikes, who takes Euler's steps gets nearly these. What NIR
has no word for stands in the metadata of a neuron's node: `dt` in ms, and `reset`, "subtract" or "zero".
"""

import itertools
import os
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from snnviz.backends import AbstractBackend
from snnviz.biased import Biased, added
from snnviz.methods import BPTT, AbstractGradientMethod
from snnviz.network import Block, Network
from snnviz.neurons import IF, LIF, AbstractNeuron, CubaLIF, LeakyReadout, Reset
from snnviz.spiking_layer import SpikingLayer

SECONDS = 1000.0  # ms in the unit of NIR
ONE = 1e-9  # how far a factor may be from 1 to be taken for it: a product of rounded numbers


def to_nir(network: Network) -> Any:
    """A fully connected network of IF, LIF or CUBA-LIF neurons as a `nir.NIRGraph`. Heads are left out: they are for training.

    Raises:
        ValueError: NIR, or this translation, has no word for a part of it.
    """
    import nir

    first = network.blocks[0].transform if len(network.blocks) else network.readout
    nodes: dict[str, Any] = {}
    for number, block in enumerate(network.blocks, 1):
        if not isinstance(block.transform, nn.Linear) or block.normalise or block.pool or block.recurrent:
            raise ValueError("Only plain fully connected layers go into NIR: no convolution, normalisation, pooling or recurrence.")
        nodes[f"linear_{number}"] = _linear(nir, block.transform)
        nodes[f"neurons_{number}"] = _neurons(nir, block.spiking, block.transform.out_features)
    nodes["linear_out"] = _linear(nir, network.readout)
    if network.leaky is not None:
        nodes["readout"] = _neurons(nir, network.leaky, network.readout.out_features)
    names = ["input", *nodes, "output"]
    nodes = {"input": nir.Input(input_type={"input": np.array([first.weight.shape[1]])})} | nodes
    nodes["output"] = nir.Output(output_type={"output": np.array([network.readout.out_features])})
    return nir.NIRGraph(nodes=nodes, edges=list(itertools.pairwise(names)))


def save_nir(network: Network, path: str | os.PathLike[str]) -> None:
    """Write a network as a file of NIR (HDF5). Raises ValueError as `to_nir`."""
    import nir

    nir.write(Path(path), to_nir(network))


def _linear(nir: Any, linear: nn.Linear) -> Any:
    weight, bias = linear.weight.detach().cpu().numpy(), added(linear)
    return nir.Linear(weight=weight) if bias is None else nir.Affine(weight=weight, bias=bias.detach().cpu().numpy())


def _neurons(nir: Any, layer: SpikingLayer, count: int) -> Any:
    neuron = layer.neuron
    if len(layer.learned):
        raise ValueError("Neurons whose parameters were learned do not go into NIR yet.")

    def each(value: float) -> np.ndarray:
        return np.full(count, value)

    c = {name: float(value) for name, value in neuron.coefficients().items()}
    facts: dict[str, Any] = {"dt": neuron.dt}
    zero = each(0.0)
    if isinstance(neuron, LeakyReadout):
        return nir.LI(tau=each(neuron.tau_mem / SECONDS), r=each(1 / (1 - c["beta"])), v_leak=zero, metadata=facts)
    if not isinstance(neuron, (IF, LIF, CubaLIF)):
        raise ValueError(f"NIR has no {neuron.title}; it has IF, LIF and CUBA-LIF.")
    if neuron.reset_mode is Reset.NONE or neuron.reset_amount != 1 or neuron.v_min > -np.inf or neuron.max_spikes != 1:
        raise ValueError("NIR has neurons with a whole reset, one spike a step and no lower bound only.")
    facts["reset"] = neuron.reset_mode.value
    fires = {"v_threshold": each(neuron.theta), "v_reset": zero, "metadata": facts}
    if isinstance(neuron, IF):
        return nir.IF(r=each(SECONDS / neuron.dt), **fires)
    leaks = {"r": each(1 / (1 - c["beta"])), "v_leak": zero}
    if isinstance(neuron, LIF):
        return nir.LIF(tau=each(neuron.tau_mem / SECONDS), **leaks, **fires)
    if neuron.early_decay:
        raise ValueError("NIR's CUBA-LIF lets an input reach the membrane at once: it has no early decay.")
    taus = {"tau_mem": each(neuron.tau_mem / SECONDS), "tau_syn": each(neuron.tau_syn / SECONDS)}
    return nir.CubaLIF(**taus, w_in=each(1 / (1 - c["alpha"])), **leaks, **fires)


def load_nir(
    path: str | os.PathLike[str],
    method: AbstractGradientMethod | None = None,
    backend: AbstractBackend | str | None = None,
    dt: float = 1.0,
) -> Network:
    """The network of a file of NIR, differentiated by a method (BPTT by default).

    dt: the length of a step in ms where the file does not say.

    Raises:
        ValueError: the file is no graph of NIR, or holds what no network here has.
    """
    import nir

    try:
        graph = nir.read(Path(path))
        nodes, edges = graph.nodes, list(graph.edges)
    except (OSError, ValueError, KeyError, AttributeError, TypeError, AssertionError) as problem:
        raise ValueError(f"{path} is no file of NIR, or is damaged: {' '.join(str(problem).split())}.") from None
    try:
        return from_nodes(_chain(nodes, edges), method or BPTT(), backend, dt)
    except ValueError as problem:
        raise ValueError(f"{path}: {problem}") from None


def _chain(nodes: dict[str, Any], edges: list[tuple[str, str]]) -> list[Any]:
    """The nodes between input and output, in order."""
    after = dict(edges)
    if len(after) < len(edges):
        raise ValueError("The graph branches or has loops; a network here is a chain of layers.")
    chain: list[Any] = []
    name = next((name for name, node in nodes.items() if type(node).__name__ == "Input"), None)
    while name is not None and len(chain) <= len(nodes):
        chain.append(nodes[name])
        name = after.get(name)
    if not chain or type(chain[-1]).__name__ != "Output" or len(chain) < len(nodes):
        raise ValueError("The graph does not lead in one chain from an input to an output.")
    return chain[1:-1]


def from_nodes(chain: list[Any], method: AbstractGradientMethod, backend: AbstractBackend | str | None, dt: float) -> Network:
    """The network of a chain of NIR's nodes: linear maps and neurons in turn; a leaky integrator may be the end.

    Raises:
        ValueError: another node, or one whose neurons differ.
    """
    blocks, linear, leaky = [], None, None
    for node in chain:
        kind = type(node).__name__
        if kind in ("Linear", "Affine"):
            if linear is not None:
                raise ValueError("Two linear maps stand one after the other; between the layers of a network are neurons.")
            linear = node
            continue
        if linear is None:
            raise ValueError(f"A {kind} stands where a linear map must be: layers are linear maps, then neurons.")
        if leaky is not None:
            raise ValueError("Something follows the leaky integrator, which must be the end.")
        neuron, factor = _neuron(node, kind, dt)
        if isinstance(neuron, LeakyReadout):
            leaky = SpikingLayer(neuron, method, backend), factor
        else:
            blocks.append(Block(_transform(linear, factor), SpikingLayer(neuron, method, backend)))
            linear = None
    if linear is None:
        raise ValueError("The chain ends in neurons that fire; a network here ends in a linear map.")
    layer, factor = (None, 1.0) if leaky is None else leaky
    return Network(blocks, _transform(linear, factor), layer).eval()


def _neuron(node: Any, kind: str, dt: float) -> tuple[AbstractNeuron, float]:
    """The neuron of a node, and what its input is multiplied by."""
    facts = node.metadata or {}
    dt = float(facts.get("dt", dt))
    reset = facts.get("reset", Reset.ZERO.value)
    reset = Reset(reset.decode() if isinstance(reset, bytes) else str(reset))
    if kind not in ("IF", "LIF", "CubaLIF", "LI"):
        raise ValueError(f"There is no {kind} here; there are IF, LIF, CubaLIF and LI, Linear and Affine.")
    if np.any(getattr(node, "v_leak", 0.0)) or np.any(getattr(node, "v_reset", 0.0)):
        raise ValueError(f"A {kind} leaks or is reset to something else than 0.")
    resistance = _one(node.r, "r")
    if kind == "IF":
        return IF(theta=_one(node.v_threshold, "v_threshold"), reset_mode=reset, dt=dt), _near(resistance * dt / SECONDS)
    if kind == "LI":
        readout = LeakyReadout(tau_mem=_ms(node.tau), dt=dt)
        return readout, _near(resistance * (1 - float(readout.coefficients()["beta"])))
    theta = _one(node.v_threshold, "v_threshold")
    if kind == "LIF":
        lif = LIF(tau_mem=_ms(node.tau), theta=theta, reset_mode=reset, dt=dt)
        return lif, _near(resistance * (1 - float(lif.coefficients()["beta"])))
    cuba = CubaLIF(tau_mem=_ms(node.tau_mem), tau_syn=_ms(node.tau_syn), theta=theta, reset_mode=reset, dt=dt)
    c = cuba.coefficients()
    return cuba, _near(resistance * (1 - float(c["beta"])) * _one(node.w_in, "w_in") * (1 - float(c["alpha"])))


def _one(values: Any, name: str) -> float:
    """The value that all neurons of a layer share."""
    values = np.asarray(values, float).ravel()
    if values.size == 0 or not np.all(values == values[0]):
        raise ValueError(f"The neurons of a layer differ in {name}; here they share it.")
    return float(values[0])


def _ms(seconds: Any) -> float:
    """A time in ms, without the last digits that came from the change of the unit."""
    return float(f"{SECONDS * _one(seconds, 'a time constant'):.12g}")


def _near(factor: float) -> float:
    return 1.0 if abs(factor - 1) < ONE else factor


def _transform(node: Any, factor: float) -> nn.Linear:
    weight = torch.from_numpy(np.asarray(node.weight, np.float32).copy())
    bias = getattr(node, "bias", None)
    outputs, inputs = weight.shape
    linear = nn.Linear(inputs, outputs, bias=False) if bias is None else Biased(inputs, outputs, 1.0)
    with torch.no_grad():
        linear.weight.copy_(weight * factor)
        if bias is not None:
            linear.bias.copy_(torch.from_numpy(np.asarray(bias, np.float32).copy()) * factor)
    return linear
