"""The samples and the untrained network of a training."""

import dataclasses
import weakref

import torch

from snnviz.architectures import FeedForward
from snnviz.backends import AbstractBackend, resolve
from snnviz.datasets import AbstractDataset, Samples, Split
from snnviz.heads import attach_heads
from snnviz.losses import CrossEntropy
from snnviz.network import SEEDING, Network
from snnviz.spiking_layer import SpikingLayer
from snnviz.training.value import Training

_loaded: weakref.WeakValueDictionary = weakref.WeakValueDictionary()


def load(dataset: AbstractDataset, split: Split) -> Samples:
    """One half of a data set. Callers that use it at the same time share one copy in memory."""
    key = (repr(dataset), split)
    samples = _loaded.get(key)
    if samples is None:
        samples = _loaded[key] = dataset.load(split)
    return samples


def network_input(training: Training, x: torch.Tensor) -> torch.Tensor:
    """A batch [T, B, *shape] as the training's network takes it: fully connected layers read [T, B, inputs]."""
    return x.flatten(2) if isinstance(training.architecture, FeedForward) else x


def build(training: Training, samples: Samples, backend: AbstractBackend | str | None = None) -> Network:
    """The untrained network for these samples, heads included. Its weights depend on architecture, samples' shape and seed.

    Raises:
        ValueError: the settings do not fit together. RuntimeError: the backend cannot run here, and why.
    """
    if not (training.neuron.fires and training.neuron.differentiable):
        raise ValueError(f"{training.neuron.title} cannot be trained: it has no spike to differentiate; choose another neuron.")
    if training.method.heads is not None and not isinstance(training.loss, CrossEntropy):
        raise ValueError(f"{training.method.title} train with CrossEntropy, not with {type(training.loss).__name__}.")
    if training.method.feedback is not None and training.loss.reads_spikes:
        raise ValueError(
            f"{training.method.title} needs a readout that does not fire; choose another loss than {training.loss.title}."
        )
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
