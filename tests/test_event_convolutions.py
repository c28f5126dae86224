"""Convolutions that add up the entries of their input that are not 0, against torch's."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.nn.functional import conv2d

from snnviz import events
from snnviz.events import Products
from snnviz.methods import BPTT, Slayer
from snnviz.network import convolutional
from snnviz.neurons import LIF
from tests.helpers import close, examples


@examples(15)
@given(st.integers(1, 4), st.integers(1, 3), st.integers(1, 40), st.integers(1, 17), st.integers(1, 17), st.sampled_from([1, 3, 5]))
def test_it_is_the_convolution(images, inputs, outputs, height, width, side):
    g = torch.Generator().manual_seed(0)
    x = torch.randn(images, inputs, height, width, generator=g, dtype=torch.float64)
    x = (x * (torch.rand(x.shape, generator=g) < 0.3)).requires_grad_()
    weight = torch.randn(outputs, inputs, side, side, generator=g, dtype=torch.float64, requires_grad=True)
    bias = torch.randn(outputs, generator=g, dtype=torch.float64, requires_grad=True) if outputs % 2 else None
    leaves = [x, weight] + ([] if bias is None else [bias])
    outs = [events.convolve(x, weight, bias), conv2d(x, weight, bias, padding=side // 2)]
    close(*outs, 1e-12, "map")
    target = torch.randn(outs[0].shape, generator=g, dtype=torch.float64)
    for mine, other in zip(*(torch.autograd.grad((out * target).sum(), leaves) for out in outs), strict=True):
        close(mine, other, 1e-12, "gradient")


@pytest.mark.parametrize("normalise", [False, True])
def test_a_network_has_the_same_gradients(normalise):
    x = (torch.rand(15, 4, 2, 9, 8, generator=torch.Generator().manual_seed(0)) < 0.1).double()
    results, before = {}, torch.get_num_threads()
    try:
        for products, threads in [(Products.DENSE, 1), (Products.EVENTS, 1), (Products.EVENTS, 3), (Products.MEASURED, 1)]:
            torch.set_num_threads(threads)
            network = convolutional((2, 9, 8), [5, 18], 4, LIF(), BPTT(), gain=12.0, normalise=normalise, seed=2).double()
            network.products = products
            dense = []
            for block in network.blocks:
                block.transform.register_forward_hook(lambda *_, dense=dense: dense.append(1))
            network(x).logits.square().sum().backward()
            assert len(dense) == (2 if products is Products.DENSE else 0) or products is Products.MEASURED
            results[products, threads] = {n: p.grad for n, p in network.named_parameters()}
    finally:
        torch.set_num_threads(before)
    for key, expected in results[Products.DENSE, 1].items():
        assert expected.any()
        close(results[Products.EVENTS, 1][key], expected, 1e-12, key)
        close(results[Products.MEASURED, 1][key], expected, 1e-12, key)
        assert not key.startswith("blocks.1.transform") or torch.equal(*(results[Products.EVENTS, n][key] for n in (1, 3)))


def test_what_it_cannot_do_stays_dense():
    x = torch.zeros(1, 2, 6, 6)
    x[0, 0, 0, 0] = 1.0
    plain = {"kernel_size": 3, "padding": 1}
    assert events.adds_entries(nn.Conv2d(2, 3, **plain), x, 0.1) and not events.adds_entries(nn.Conv2d(2, 3, **plain), x, 0.01)
    for other in ({"kernel_size": 3}, plain | {"stride": 2}, plain | {"groups": 2}, plain | {"padding_mode": "circular"}):
        assert not events.adds_entries(nn.Conv2d(2, 4, **other), x, 1.0)
    with pytest.raises(ValueError, match="do not fit"):
        events.convolve(x, torch.zeros(3, 1, 3, 3))
    network = convolutional((2, 8, 8), [4], 3, LIF(), Slayer(), gain=9.0)
    network.products = Products.EVENTS
    assert network.events_because() is not None and not network.counts
