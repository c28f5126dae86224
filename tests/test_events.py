"""Layers over events against the dense layers that they have to equal: spikes, gradients, whole networks and trainings."""

import dataclasses
import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn.functional import linear

from snnviz import events
from snnviz.backends import BACKENDS
from snnviz.datasets import Samples, YinYang
from snnviz.datasets.storage import Binned, Dense
from snnviz.draws import Draw
from snnviz.events import Events, Products, calls
from snnviz.heads import attach_heads
from snnviz.laws import LAWS
from snnviz.losses import Activity
from snnviz.methods import BPTT, AtSpike, LocalZO, ResetPath, Slayer, SurrogateModules
from snnviz.network import convolutional, feed_forward
from snnviz.neurons import ALIF, EIF, LIF, QIF, CubaLIF, Izhikevich, LeakyReadout, Reset
from snnviz.runs.rows import work_column
from snnviz.runs.values import Run, labels
from snnviz.runs.work import Train
from snnviz.spiking_layer import SpikingLayer
from snnviz.surrogates import SURROGATES, FastSigmoid, Given
from snnviz.training import BatchRecord, EpochRecord, Settings, Training, train
from snnviz.ui.code import of_trainings
from snnviz.zeroth_order import ZerothOrder
from tests.helpers import ALL_NEURONS, SWEPT, Chosen, close, examples, name, rounding

NATIVE = BACKENDS["native"]
NEURONS = [neuron for neuron in ALL_NEURONS if events.unsupported(neuron, NATIVE) is None]
GIVEN = Given(lambda m: torch.exp(-m.abs()))
DERIVATIVES = [cls() for cls in SURROGATES.values()] + [ZerothOrder(cls(), 0.3, 2) for cls in LAWS.values()]
DRAW = Draw(seed=3, layer=1)


def made_of(rate: float, shape: tuple[int, int, int], dtype, seed: int = 0) -> torch.Tensor:
    return (torch.rand(shape, generator=torch.Generator().manual_seed(seed)) < rate).to(dtype)


def weights(columns: int, inputs: int, scale: float, dtype, seed: int = 1) -> torch.Tensor:
    """Multiples of 2^-9: their sums are exact in float32, in whatever order they are taken, so no spike depends on it."""
    g = torch.Generator().manual_seed(seed)
    return (torch.randn(columns, inputs, generator=g) * scale * 512).round().div(512).to(dtype)


def gradients(by_events: bool, x, neuron, method, columns: int, learn=(), bias: bool = True, sum_over_time: bool = False):
    """Two layers and a readout, with one loss on the readout and one on the first layer's spikes: every gradient, by name."""
    inputs, dtype = x.shape[2], x.dtype
    scale = neuron.amplitude / LIF.amplitude
    w = {
        "first": weights(columns, inputs, 1.4 * scale / math.sqrt(float(x.mean()) * inputs + 1), dtype),
        "second": weights(columns, columns, 1.2 * scale / math.sqrt(0.2 * columns + 1), dtype, 2),
        "readout": weights(3, columns, 0.3, dtype, 3),
    } | ({"bias": weights(columns, 1, 0.1 * scale, dtype, 4)[:, 0]} if bias else {})
    w = {k: a.requires_grad_() for k, a in w.items()}
    layers = [SpikingLayer(neuron, method, "native", learn) for _ in range(2)]
    b = w.get("bias")
    if by_events:
        source = Events.of(x)
        assert source is not None
        one = events.spiking(source, w["first"], b, neuron, layers[0].coefficients(), method, DRAW)
        two = events.spiking(one.spikes, w["second"], None, neuron, layers[1].coefficients(), method, DRAW)
        logits, spikes = events.product(two.spikes, w["readout"], None), [one.spikes.dense(), two.spikes.dense()]
    else:
        one = layers[0](linear(x, w["first"], b), DRAW)
        two = layers[1](linear(one, w["second"]), DRAW)
        logits, spikes = linear(two, w["readout"]), [one, two]
    target = torch.randn(logits.shape, generator=torch.Generator().manual_seed(9)).to(dtype)
    loss = logits.sum(0).square().mean() / len(x) if sum_over_time else (logits * target).sum() / len(x)
    (loss + (spikes[0] * target.mean()).sum() / len(x)).backward()
    learned = {f"{n}.{k}": p.grad for n, layer in enumerate(layers) for k, p in layer.learned.items()}
    return spikes, {k: a.grad for k, a in w.items()} | learned


def agree(x, neuron, method, columns: int = 37, **kwargs):
    (spikes, dense), (same, sparse) = (gradients(by_events, x, neuron, method, columns, **kwargs) for by_events in (False, True))
    assert all(torch.equal(a, b) for a, b in zip(spikes, same, strict=True))
    tolerance = 1e-6 if x.dtype == torch.float32 else rounding(neuron, x.dtype, len(x))
    for key, expected in dense.items():
        if expected.any() or sparse[key].any():
            close(sparse[key], expected, tolerance, key)
    return spikes, dense


@pytest.mark.parametrize("neuron", NEURONS, ids=name)
def test_every_neuron_and_every_reset_path(neuron):
    x = made_of(0.15, (19, 3, 53), torch.float64)
    for path in SWEPT:
        spikes, dense = agree(x, neuron, Chosen(AtSpike(FastSigmoid()), path))
        assert spikes[1].any() and dense["first"].any()


@pytest.mark.parametrize("derivative", [*DERIVATIVES, GIVEN], ids=[*map(name, DERIVATIVES), "Given"])
def test_every_derivative(derivative):
    x, plain = made_of(0.15, (19, 5, 150), torch.float64), isinstance(derivative, Given)
    for at_spike in (AtSpike(derivative), AtSpike(derivative, 1.0 if plain else 0.7, math.inf if plain else 0.8, after_reset=True)):
        for neuron in (LIF(), CubaLIF()):
            _, dense = agree(x, neuron, Chosen(at_spike, ResetPath.KEPT), columns=150)
            assert dense["first"].any()
    if not plain:
        agree(x.float(), LIF(), Chosen(AtSpike(derivative, gate=0.5), ResetPath.CUT))


@examples(12)
@given(
    st.floats(0, 1), st.integers(1, 40), st.integers(1, 19), st.integers(1, 140), st.integers(1, 460), st.booleans(), st.booleans()
)
def test_any_activity_and_any_shape(rate, steps, batch, inputs, columns, double, sum_over_time):
    x = made_of(rate, (steps, batch, inputs), torch.float64 if double else torch.float32)
    agree(x, LIF(), BPTT(), columns, sum_over_time=sum_over_time, bias=double)


def test_parameters_of_the_neuron_are_learned():
    x = made_of(0.15, (19, 3, 53), torch.float64)
    for neuron in (LIF(), ALIF()):
        _, dense = agree(x, neuron, BPTT(), learn=("tau_mem", "theta"))
        assert dense["0.tau_mem"] and dense["1.theta"]


@examples(20)
@given(st.integers(1, 30), st.integers(1, 9), st.integers(1, 300), st.floats(0, 1), st.booleans())
def test_events_say_what_the_numbers_say(steps, batch, columns, rate, twice):
    x = made_of(rate / 2, (steps, batch, columns), torch.float32)
    x = x + (x * made_of(0.5, x.shape, torch.float32, 1) if twice else 0)  # some fire twice in a step
    listed = Events.of(x)
    if x.sum((0, 2)).max() > steps * columns:
        assert listed is None
        return
    assert torch.equal(listed.dense(), x) and listed.rate == pytest.approx(float(x.mean()), abs=1e-6)
    for other in (0.5, -1.0, math.nan, math.inf):
        x[-1, -1, -1] = other
        assert Events.of(x) is None


def test_results_do_not_depend_on_the_number_of_threads():
    x, before, results = made_of(0.1, (30, 41, 60), torch.float32), torch.get_num_threads(), []
    try:
        for threads in (1, 2, 3):
            torch.set_num_threads(threads)
            results.append(gradients(True, x, LIF(), BPTT(), 50)[1])
            network = feed_forward(60, [30], 3, LIF(), BPTT(), gain=3.0, recurrent=True)
            network.products = Products.EVENTS
            network(x).logits.square().sum().backward()
            results[-1] |= {key: p.grad for key, p in network.named_parameters()}
    finally:
        torch.set_num_threads(before)
    assert len(calls.by_parts(41, 30)) > 2
    for other in results[1:]:
        assert all(torch.equal(other[key], value) for key, value in results[0].items())


RECURRENT = [cls() for cls in (CubaLIF, ALIF, QIF, EIF)] + [LIF(reset_mode=Reset.ZERO)]
NETWORKS = {
    "plain": {},
    "biases": {"bias": True, "bias_start": 0.3},
    "leaky readout": {"readout": LeakyReadout()},
    "normalised": {"normalise": True},
    "recurrent": {"recurrent": True},
    "recurrent, normalised": {"recurrent": True, "normalise": True, "method": LocalZO()},
    **{f"recurrent {neuron.title}": {"recurrent": True, "neuron": neuron} for neuron in RECURRENT},
    "modules": {"method": SurrogateModules(after=(1,))},
    "modules, detached": {"method": dataclasses.replace(SurrogateModules(after=(1,)), weight=0.5)},
}


@pytest.mark.parametrize("kind", NETWORKS)
def test_a_network_of_any_kind_gives_the_same_gradients(kind):
    x, results = made_of(0.2, (25, 6, 30), torch.float64), {}
    for products in Products:
        options = {"neuron": LIF(), "method": BPTT(), "gain": 3.0, "seed": 2} | NETWORKS[kind]
        neuron = options["neuron"]
        options["gain"] *= neuron.amplitude / LIF.amplitude * (1 if neuron.linear else 2)
        network = feed_forward(30, [24, 20], 4, **options).double()
        attach_heads(network, options["method"], 4, 0)
        network.detach_heads = kind.endswith("detached")
        network.products = products
        assert network.events_because() is None and network.counts is (products is not Products.DENSE)
        out = network.train()(x)
        (out.logits.square().sum() + sum(head.square().sum() for head in out.heads)).backward()
        results[products] = {n: p.grad for n, p in network.named_parameters()}
        if products is not Products.DENSE:
            assert len(network.active) == 2 and all(0 < a.share <= 1 for a in network.active) and min(network.rates) > 0
    for key, dense in results[Products.DENSE].items():
        for products in (Products.EVENTS, Products.MEASURED):
            if dense is None:
                assert results[products][key] is None
            else:
                close(results[products][key], dense, 1e-12, key)


def test_products_are_dense_where_many_inputs_are_active_or_they_are_currents():
    network = feed_forward(30, [24], 4, LIF(), BPTT(), gain=3.0)
    for x, by_events in ((made_of(0.3, (9, 2, 30), torch.float32), True), (made_of(0.8, (9, 2, 30), torch.float32), False)):
        dense_inputs = []
        network.blocks[0].transform.register_forward_pre_hook(lambda module, x, inputs=dense_inputs: inputs.append(x))
        for products in (Products.MEASURED, Products.EVENTS):
            network.products = products
            network(x)
        assert len(dense_inputs) == (0 if by_events else 1)
    x, alike = made_of(0.3, (9, 2, 30), torch.float32), []
    for products in Products:
        network.products = products
        alike.append(torch.equal(network(Events.of(x)).logits, network(x).logits))
    assert all(alike)
    x = torch.rand(9, 2, 30)
    network.products = Products.DENSE
    dense = network(x).logits
    network.products = Products.EVENTS
    torch.testing.assert_close(network(x).logits, dense)


def test_what_cannot_read_events_says_why_and_stays_dense():
    plain = {"neuron": LIF(), "method": BPTT()}
    for network in (
        feed_forward(12, [9], 3, **plain, backend="reference"),
        feed_forward(12, [9], 3, LIF(max_spikes=30), BPTT()),
        convolutional((2, 4, 4), [3], 3, **plain),
    ):
        network.products = Products.EVENTS
        assert network.events_because().endswith(".") and not network.counts
    assert events.unsupported(Izhikevich(), NATIVE).startswith("Izhikevich has no spikes")
    few = Events.of(torch.ones(2, 1, 3))
    with pytest.raises(ValueError, match=r"weight must have the shape \[N, I\] with I = 3, not \(4, 5\)"):
        events.product(few, torch.ones(4, 5))
    with pytest.raises(ValueError, match=r"bias must have the shape \[N\] = \[4\], not \[3\]"):
        events.product(few, torch.ones(4, 3), torch.ones(3))
    with pytest.raises(TypeError, match="of one dtype"):
        events.product(few, torch.ones(4, 3).double())
    with pytest.raises(ValueError, match="The membrane left the range of numbers"):
        neuron = LIF()
        events.spiking(few, torch.full((4, 3), math.nan), None, neuron, SpikingLayer(neuron).coefficients(), BPTT())


def test_the_setting_is_of_the_run_and_travels_with_it():
    training = Training(YinYang(samples=60))
    for products in Products:
        settings = Settings((training,), "native", products=products)
        assert Settings.from_toml(settings.to_toml()) == settings and ("products" in settings.to_toml()) is (
            products.value != "dense"
        )
        work = Train((training,), products=products)
        assert Train.from_toml(work.to_toml()) == work and (work_column(work) is None) is (products is Products.DENSE)
        source, _ = of_trainings(work, "native", None)
        assert ("products" in source) is (products is not Products.DENSE)
    with pytest.raises(ValueError, match="products = 'some': choose one of dense, events, measured"):
        Settings.from_toml(settings.to_toml().replace('"measured"', '"some"'))
    runs = [Run(Train((training,), products=products), "native") for products in (Products.DENSE, Products.EVENTS)]
    assert len(set(labels(runs))) == 2 and all("roducts" in label for label in labels(runs))


@pytest.mark.parametrize("method", [BPTT(), Slayer(), LocalZO()], ids=name)
def test_a_training_over_events_is_the_training(method):
    value = Training(YinYang(samples=120, dt=1.0), method=method, epochs=2, batch=40)
    runs = {products: list(train(value, "native", products=products)) for products in Products}
    for products in (Products.EVENTS, Products.MEASURED):
        for record, dense in zip(runs[products], runs[Products.DENSE], strict=True):
            if isinstance(record, BatchRecord):
                assert record.loss == pytest.approx(dense.loss, rel=1e-3) and record.active is not None
                assert record.rates == pytest.approx(dense.rates, rel=1e-2)
                if dense.active is not None:
                    assert record.active == pytest.approx(dense.active, rel=1e-2)
            elif isinstance(record, EpochRecord):
                assert record.test_loss == pytest.approx(dense.test_loss, rel=1e-3) and record.sample is None
    watched = dataclasses.replace(value, regulariser=Activity(), epochs=1)
    assert [r.loss for r in train(watched, "native", products=Products.EVENTS) if isinstance(r, BatchRecord)] == [
        r.loss for r in train(watched, "native") if isinstance(r, BatchRecord)
    ]


@pytest.mark.parametrize("binary", [False, True])
def test_data_sets_hand_over_the_events_of_their_batches(binary):
    rng = np.random.default_rng(0)
    time = np.sort(rng.integers(0, 9_000, (5, 90)), 1).astype(np.int32)  # microseconds; some lie behind the last step
    unit = rng.integers(0, 12, time.shape).astype(np.int32)
    chosen = np.array([4, 0, 2, 3])
    binned = Binned(time.ravel(), unit.ravel(), 90 * np.arange(6), chosen, (3, 2, 2), 8, 1.0, binary=binary)
    counts = torch.from_numpy(rng.poisson(0.3, (8, 4, 3, 2, 2)).clip(0, 1 if binary else 9).astype(np.uint8))
    for storage in (binned, Dense(counts)):
        samples = Samples(storage, torch.arange(4), ("a", "b"), (3, 2, 2), 1.0, "")
        for (x, y), (listed, same) in zip(samples.batches(3, 1, 1), samples.event_batches(3, 1, 1), strict=True):
            expected = Events.of(x.flatten(2))
            assert torch.equal(y, same) and isinstance(listed, Events) and expected is not None and listed.dtype == torch.float32
            assert torch.equal(listed.first, expected.first) and (x.max() == 1) == binary
            for mine, other, end in zip(listed.places, expected.places, listed.first[:, -1].tolist(), strict=True):
                assert mine[:end].tolist() == other[:end].tolist()  # in the same order: sums have the same bits
    currents = Samples(Dense(torch.rand(8, 4, 12)), torch.arange(4), ("a", "b"), (12,), 1.0, "")
    assert isinstance(next(currents.event_batches(3))[0], torch.Tensor)
