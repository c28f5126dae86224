"""The sparse backward pass against the dense one, which it has to equal: spikes, active set, gradients."""

import dataclasses
import itertools
import math

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from snnviz import sparse
from snnviz.backends import BACKENDS
from snnviz.backends.base import Upstream
from snnviz.draws import Draw
from snnviz.laws import ArctanLaw, LaplaceLaw, RademacherLaw, UniformLaw
from snnviz.methods import BPTT, AtSpike, ResetPath
from snnviz.methods.localzo import GatedZO, LocalZO
from snnviz.methods.sparse import SparseGD
from snnviz.neurons import ALIF, EIF, LIF, QIF, CubaLIF, Izhikevich, LeakyReadout, Reset
from snnviz.sparse import layer
from snnviz.sparse.active import gather
from snnviz.surrogates import Boxcar, FastSigmoid, Given
from tests.helpers import ALL_NEURONS, SWEPT, Chosen, close, coefficients, moved, name, usable

NATIVE, REFERENCE = BACKENDS["native"], BACKENDS["reference"]
NEURONS = [neuron for neuron in ALL_NEURONS if neuron.dense_because() is None]
NEURONS += [LIF(reset_amount=0.7, theta=0.8)]
METHODS = [
    LocalZO(delta=0.05),
    LocalZO(delta=0.1, draws=3, keep_reset=True),
    LocalZO(LaplaceLaw(), 0.05),
    LocalZO(UniformLaw(), 0.05, keep_reset=True),
    LocalZO(RademacherLaw(), 0.05),
    LocalZO(ArctanLaw(), 0.05),
    GatedZO(peak=0.3),
    GatedZO(keep_reset=True),
    SparseGD(band=0.1),
    SparseGD(Boxcar(0.2), band=10.0),
]
DRAW = Draw(seed=3, layer=1)


def dyadic(*shape, scale: float, dtype) -> torch.Tensor:
    """Random multiples of 2^-9: their sums are exact in float32, in whatever order they are taken."""
    return (torch.randn(shape, generator=torch.Generator().manual_seed(7)) * scale * 512).round().div(512).to(dtype)


def problem(steps=23, batch=3, inputs=137, columns=150, rate=0.1, dtype=torch.float64, seed=0):
    """Input spikes, weights, bias, and the loss's gradient by the spikes."""
    g = torch.Generator().manual_seed(seed)
    x = (torch.rand(steps, batch, inputs, generator=g) < rate).to(dtype)
    weights = dyadic(inputs, columns, scale=1.4 / math.sqrt(rate * inputs + 1), dtype=dtype)
    grad = torch.randn(steps, batch, columns, generator=g).to(dtype)
    return x, weights, dyadic(columns, scale=0.1, dtype=dtype), grad


def dense(x, weights, bias, neuron, method, grad, draw=DRAW, backend=NATIVE):
    """The same layer with every entry computed: spikes, ds_du, dL/dcurrent, dL/dinput, dL/dW, dL/dbias."""
    steps, batch, columns = grad.shape
    current = (x.flatten(0, 1) @ weights + bias).reshape(steps, -1)
    c = coefficients(neuron)
    initial = current.new_zeros(len(neuron.states), batch * columns)
    out = backend.forward(neuron, c, current, initial)
    back = backend.backward(
        neuron, c, method.at_spike, method.reset_path, draw, current, initial, out, Upstream(grad.reshape(steps, -1)), record=True
    )
    delta = back.x.reshape(-1, columns)
    return (
        out.s.reshape(grad.shape),
        back.ds_du.reshape(grad.shape),
        delta.reshape(grad.shape),
        (delta @ weights.T).reshape(x.shape),
        x.flatten(0, 1).T @ delta,
        delta.sum(0),
        out,
    )


def run(x, weights, bias, neuron, method, grad, draw=DRAW, device="cpu", **kwargs):
    """The sparse layer, forward and backward, on a device: what it gave, its spikes, dL/dW and dL/dbias, all on the CPU."""
    weights, bias = weights.clone().requires_grad_(), bias.clone().requires_grad_()
    packed = moved(x, device) if isinstance(x, sparse.Packed) else sparse.pack(x.to(device))
    out = sparse.spiking(packed, weights.to(device), bias.to(device), neuron, method, draw, **kwargs)
    s = out.spikes.dense()
    (s * grad.to(device)).sum().backward()
    return moved(out, "cpu"), s.detach().cpu(), weights.grad, bias.grad


@pytest.fixture(params=["cpu", pytest.param("cuda", marks=pytest.mark.cuda)])
def device(request):
    usable({"cpu": "native", "cuda": "cuda"}[request.param], request.config)
    return request.param


@pytest.fixture(params=["lists", "products"])
def route(request, monkeypatch):
    """Both ways to take each product."""
    for constant in ("DENSE_FORWARD", "DENSE_WEIGHTS", "DENSE_BELOW"):
        monkeypatch.setattr(layer, constant, 2.0 if request.param == "lists" else -1.0)
    monkeypatch.setattr(layer, "PART", 5000)
    return request.param


@pytest.fixture
def quiet():
    """A guard that lets an empty set pass."""
    return sparse.Guard(floor=-1.0)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("method", METHODS, ids=name)
@pytest.mark.parametrize("neuron", NEURONS, ids=name)
def test_sparse_is_dense(neuron, method, dtype, route, device):
    x, weights, bias, grad = problem(dtype=dtype)
    s, ds_du, _, _, by_weights, by_bias, last = dense(x, weights, bias, neuron, method, grad)
    out, spikes, got_weights, got_bias = run(x, weights, bias, neuron, method, grad, device=device)
    assert torch.equal(spikes, s) and s.any()
    assert torch.equal(out.active.dense(), ds_du) and 0 < out.active.share < 1
    assert torch.equal(out.last.flatten(1), last.last)
    for got, expected in ((got_weights, by_weights), (got_bias, by_bias)):
        assert (got - expected).norm() <= (1e-6 if dtype == torch.float32 else 1e-13) * expected.norm()


@pytest.mark.parametrize("path", SWEPT)
@pytest.mark.parametrize("neuron", NEURONS, ids=name)
def test_delta_is_the_references(neuron, path, route, device):
    """Against autograd, for every reset path, with the gradient of every input entry: its active set is full."""
    x, weights, bias, grad = problem(11, 2, 30, 140)
    method = Chosen(AtSpike(FastSigmoid(), window=0.3), path)
    _, ds_du, _, below, by_weights, by_bias, _ = dense(x, weights, bias, neuron, method, grad, backend=REFERENCE)
    everything = sparse.ActiveSet.of(torch.ones_like(x), x)
    carrier = everything.value.clone().requires_grad_()
    packed = dataclasses.replace(sparse.pack(x), active=everything, carrier=carrier)
    out, _, got_weights, got_bias = run(packed, weights, bias, neuron, method, grad, device=device)
    assert torch.equal(out.active.dense() != 0, ds_du != 0)
    got = torch.zeros_like(x)
    got[everything.places()] = carrier.grad
    close(got, below, 1e-12, "dL/dinput")
    close(got_weights, by_weights, 1e-12, "dL/dW")
    close(got_bias, by_bias, 1e-12, "dL/dbias")


@pytest.mark.parametrize("neuron", [LIF(), LIF(reset_mode=Reset.ZERO), ALIF()], ids=name)
def test_the_derivative_may_be_read_after_the_reset(neuron, route, device):
    x, weights, bias, grad = problem()
    method = Chosen(AtSpike(FastSigmoid(), window=0.3, after_reset=True))
    _, ds_du, _, _, by_weights, by_bias, out = dense(x, weights, bias, neuron, method, grad, backend=REFERENCE)
    spikes, _, got_weights, got_bias = run(x, weights, bias, neuron, method, grad, device=device)
    close(spikes.active.dense(), ds_du, 1e-12, "ds_du")
    assert (ds_du.flatten(1)[out.s > 0] != 0).sum() != ((out.u - 1).abs() < 0.3)[out.s > 0].sum()  # it matters which
    close(got_weights, by_weights, 1e-12, "dL/dW")
    close(got_bias, by_bias, 1e-12, "dL/dbias")


SHAPES = [(1, 1, 1, 1), (1, 4, 3, 129), (7, 1, 128, 127), (5, 2, 257, 63), (3, 5, 64, 300), (300, 1, 9, 1)]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("band", [1e-12, 0.1, math.inf], ids=["empty", "some", "full"])
@pytest.mark.parametrize("reset", Reset)
def test_odd_shapes_and_every_size_of_the_active_set(shape, band, reset, route, quiet, device):
    method, neuron = SparseGD(band=band), LIF(tau_mem=10.0, reset_mode=reset)
    x, weights, bias, grad = problem(*shape, rate=0.3)
    s, ds_du, _, _, by_weights, by_bias, _ = dense(x, weights, bias, neuron, method, grad)
    if math.isinf(band):
        assert (ds_du != 0).all()
        with pytest.raises(ValueError, match="no active set"):
            run(x, weights, bias, neuron, method, grad, device=device)
        method = SparseGD(band=1e9)
    out, spikes, got_weights, got_bias = run(x, weights, bias, neuron, method, grad, device=device, guard=quiet)
    assert torch.equal(spikes, s) and torch.equal(out.active.dense(), ds_du)
    assert out.active.number == int((ds_du != 0).sum()) == int(out.active.per_step().sum())
    close(got_weights, by_weights, 1e-13)
    close(got_bias, by_bias, 1e-13)


def test_one_active_entry(route, quiet):
    x, weights, bias, grad = problem()
    neuron = LIF()
    u = torch.empty(grad.shape, dtype=x.dtype)
    sparse.spiking(sparse.pack(x), weights, bias, neuron, SparseGD(band=1e9), DRAW, record_u=u)
    nearest = (u - neuron.theta).abs().flatten().sort().values
    method = SparseGD(band=(nearest[0] + nearest[1]).item() / 2 + 1e-15)
    *_, by_weights, by_bias, _ = dense(x, weights, bias, neuron, method, grad)
    out, _, got_weights, got_bias = run(x, weights, bias, neuron, method, grad)
    assert out.active.number == int((nearest < method.band).sum()) >= 1
    close(got_weights, by_weights, 1e-13)
    close(got_bias, by_bias, 1e-13)


def test_the_published_layer():
    """Five steps by hand, all values dyadic, so exact in float32: the published order of operations adds the input one
    step later and subtracts the reset after the decay: ours with the input moved and the amount divided by beta."""
    beta = 0.5
    neuron = LIF(tau_mem=-1 / math.log(beta), reset_amount=1 / beta)
    x = torch.tensor([[[1.0, 0]], [[1, 1]], [[0, 1]], [[1, 0]], [[0, 0]]])
    weights = torch.tensor([[0.75, 0.5], [0.5, -0.25]])
    g = torch.tensor([[0.0, 0], [2.5, 0], [0, 0], [6, 0], [2, 8]])[:, None]
    grad = torch.tensor([[1.0, 1], [1, -1], [2, 1], [-1, 1], [0.5, 2]])[:, None]
    moved = torch.cat((torch.zeros(1, 1, 2), x[:-1]))
    u = torch.empty(5, 1, 2)
    out = sparse.spiking(sparse.pack(moved), weights, None, neuron, SparseGD(band=1e9), DRAW, record_u=u)
    assert torch.equal(u[:, 0], torch.tensor([[0.0, 0], [0.75, 0.5], [1.625, 0.5], [0.3125, 0], [0.90625, 0.5]]))
    assert out.spikes.dense().nonzero().tolist() == [[2, 0, 0]]
    active = sparse.ActiveSet.of(g, out.spikes.dense())
    assert active.number == 4
    everything = sparse.ActiveSet.of(torch.ones_like(x), moved)
    packed = dataclasses.replace(sparse.pack(moved), active=everything)
    one = layer._Layer(neuron, SparseGD().at_spike, ResetPath.CUT, DRAW, packed)
    entries = gather(active, grad, range(1), torch.empty_like(active.value), active.starts())
    below, by_weights, by_bias = sparse.gradients(one, active, weights, entries, below=True, weights_too=True, bias_too=True)
    got = torch.zeros_like(x)
    got[everything.places()] = below
    epsilon = torch.tensor([[1.125, 2], [-2.75, 4], [-5.5, 8], [1, 16]])
    assert torch.equal(got[1:, 0], torch.tensor([[1.84375, 0.0625], [-0.0625, -2.375], [-0.125, -4.75], [8.75, -3.5]]))
    assert torch.equal(by_weights, torch.tensor([[-0.625, 22], [-8.25, 12]]))
    assert by_bias[0] == epsilon[:, 0].sum() + 1.125 / 2  # and at the step that is not theirs


@pytest.mark.parametrize("method", [LocalZO(delta=0.05), SparseGD(band=0.1), GatedZO(peak=0.5)], ids=name)
def test_a_network_of_two_layers_and_a_readout(method, route):
    """The gradient goes down through the active entries alone and reaches the first weights as in the dense network."""
    dtype = torch.float64
    x, first, bias, _ = problem(dtype=dtype)
    second, third = dyadic(150, 140, scale=0.3, dtype=dtype), dyadic(140, 10, scale=0.3, dtype=dtype)
    neurons = (LIF(tau_mem=10.0), ALIF(tau_mem=10.0))
    target = torch.randn(23, 3, 10, dtype=dtype)

    with torch.enable_grad():
        leaves = [w.clone().requires_grad_() for w in (first, second, third)]
        h = sparse.spiking(sparse.pack(x), leaves[0], bias, neurons[0], method, Draw(3, 0)).spikes
        h = sparse.spiking(h, leaves[1], None, neurons[1], method, Draw(3, 1)).spikes
        logits = sparse.product(h, leaves[2])
        (logits * target).sum().backward()

    s1, *_ = dense(x, first, bias, neurons[0], method, torch.zeros(23, 3, 150, dtype=dtype), Draw(3, 0))
    grad2 = target @ third.T
    none = torch.zeros(140, dtype=dtype)
    s2, _, _, below, by_second, *_ = dense(s1, second, none, neurons[1], method, grad2, Draw(3, 1))
    *_, by_first, _, _ = dense(x, first, bias, neurons[0], method, below, Draw(3, 0))
    close(logits.detach(), s2 @ third, 1e-13, "logits")
    close(leaves[2].grad, s2.flatten(0, 1).T @ target.flatten(0, 1), 1e-13, "third")
    close(leaves[1].grad, by_second, 1e-13, "second")
    close(leaves[0].grad, by_first, 1e-13, "first")


def test_numbers_as_input_and_a_state_to_start_from():
    x, weights, bias, grad = problem()
    x = x * torch.rand_like(x)
    neuron, method = CubaLIF(), LocalZO(delta=0.1)
    by_weights = dense(x, weights, bias, neuron, method, grad)[4]
    w = weights.clone().requires_grad_()
    out = sparse.spiking(x, w, bias, neuron, method, DRAW)
    (out.spikes.dense() * grad).sum().backward()
    close(w.grad, by_weights, 1e-13)
    packed = sparse.pack((x > 0).to(x))
    whole = sparse.spiking(packed, weights, bias, neuron, method, DRAW)
    halves = packed.bits[:11], packed.bits[11:]
    first, second = (dataclasses.replace(packed, bits=bits.contiguous()) for bits in halves)
    one = sparse.spiking(first, weights, bias, neuron, method, DRAW)
    two = sparse.spiking(second, weights, bias, neuron, method, dataclasses.replace(DRAW, first=11), initial=one.last)
    assert torch.equal(torch.cat((one.spikes.bits, two.spikes.bits)), whole.spikes.bits)
    assert torch.equal(torch.cat((one.active.dense(), two.active.dense())), whole.active.dense())
    assert torch.equal(two.last, whole.last)


def test_weights_of_either_layout_get_gradients_of_their_own():
    x, weights, bias, grad = problem()
    neuron, method = LIF(), SparseGD(band=0.1)
    _, _, expected, _ = run(x, weights, bias, neuron, method, grad)
    linear = torch.nn.Linear(*weights.shape, dtype=weights.dtype)
    with torch.no_grad():
        linear.weight.copy_(weights.T)
        linear.bias.copy_(bias)
    out = sparse.spiking(sparse.pack(x), linear.weight.T, linear.bias, neuron, method, DRAW)
    (out.spikes.dense() * grad).sum().backward()
    assert torch.equal(linear.weight.grad, expected.T) and linear.weight.grad.is_contiguous()


def test_the_result_depends_on_no_thread_and_no_turn(route):
    x, weights, bias, grad = problem(60, 9, 300, 400, dtype=torch.float32)
    results, threads = [], torch.get_num_threads()
    try:
        for number in (1, 2, 5, 2):
            torch.set_num_threads(number)
            out, _, by_weights, by_bias = run(x, weights, bias, LIF(), LocalZO(delta=0.1), grad)
            active = out.active
            results.append((active.index, active.value, active.counts, out.spikes.bits, by_weights, by_bias))
    finally:
        torch.set_num_threads(threads)
    exact = len(results[0]) if route == "lists" else 4  # torch's own products may differ with the number of threads
    for result in results[1:]:
        assert all(torch.equal(a, b) for a, b in itertools.islice(zip(results[0], result, strict=True), exact))


class Largest(TorchDispatchMode):
    """Notes the largest array of real numbers that any operation gives."""

    def __init__(self):
        super().__init__()
        self.numbers = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        out = function(*args, **(kwargs or {}))
        if isinstance(out, torch.Tensor) and out.is_floating_point():
            self.numbers = max(self.numbers, out.numel())
        return out


def test_no_dense_array_is_written_and_little_is_kept():
    """At about 1 %: lists and bits are at least 20 times smaller than u and x; no array of T B N numbers comes up."""
    steps, batch, inputs, columns = 200, 16, 256, 256
    x, weights, _, _ = problem(steps, batch, inputs, columns, rate=0.02, dtype=torch.float32)
    packed = sparse.pack(x)
    with Largest() as largest:
        w = [weights.clone().requires_grad_() for _ in range(3)]
        h = sparse.spiking(packed, w[0], None, LIF(tau_mem=5.0), LocalZO(delta=0.15), DRAW)
        out = sparse.spiking(h.spikes, w[1], None, LIF(tau_mem=5.0), LocalZO(delta=0.15), DRAW)
        sparse.product(out.spikes, w[2][:, :10]).sum().backward()
    assert 0.005 < out.active.share < 0.015
    assert largest.numbers < steps * batch * columns / 4
    size = out.active.bytes + h.spikes.bits.numel() * 8
    assert 20 * size < 2 * 4 * steps * batch * columns


@pytest.mark.parametrize(
    ("method", "words"),
    [
        (LocalZO(delta=1e-9), r"Raise the width delta \(now 1e-09\)"),
        (SparseGD(band=1e-9), r"Widen the band \(now 1e-09\)"),
        (GatedZO(peak=1e-9), "Raise the gate's probability"),
    ],
    ids=["LocalZO", "SparseGD", "gate"],
)
def test_an_empty_layer_is_named_with_a_remedy(method, words):
    x, weights, bias, _ = problem()
    weights = weights * 0.9871  # else a sum may be exactly at the threshold
    with pytest.warns(sparse.DeadLayer, match="layer 2: no neuron is active.*" + words):
        sparse.spiking(sparse.pack(x), weights, bias, LIF(), method, DRAW, label="layer 2")


def test_a_share_under_the_floor_is_named():
    x, weights, bias, _ = problem()
    guard = sparse.Guard(0.5)
    with pytest.warns(sparse.DeadLayer, match=r"layer 1: only \d+ of 10350 entries .* below the floor of 50 %"):
        sparse.spiking(sparse.pack(x), weights, bias, LIF(), SparseGD(band=0.1), DRAW, label="layer 1", guard=guard)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_weights_that_are_not_finite_are_named(bad):
    x, weights, bias, _ = problem()
    weights[3, 4] = bad
    words = f"layer 3: 1 of {weights.numel()} weights are not finite. .*learning rate"
    with pytest.raises(sparse.NonFiniteWeights, match=words):
        sparse.spiking(sparse.pack(x), weights, bias, LIF(), SparseGD(band=0.1), DRAW, label="layer 3")


@pytest.mark.parametrize(
    ("neuron", "method", "words"),
    [
        (LeakyReadout(), SparseGD(), "no spikes"),
        (Izhikevich(), SparseGD(), "no spikes"),
        (QIF(), SparseGD(), "depends on the membrane at every step"),
        (EIF(), SparseGD(), "depends on the membrane at every step"),
        (LIF(), BPTT(), "no active set"),
        (LIF(v_min=-1.0), SparseGD(), "lower bound"),
        (LIF(max_spikes=3), SparseGD(), "several spikes"),
        (LIF(), SparseGD(Given(lambda m: torch.exp(-m * m))), "Given"),
    ],
    ids=["leaky", "izhikevich", "qif", "eif", "bptt", "v_min", "spikes", "given"],
)
def test_what_has_to_be_dense_says_why(neuron, method, words):
    x, weights, bias, _ = problem()
    assert words in sparse.unsupported(neuron, method)
    with pytest.raises(ValueError, match=words):
        sparse.spiking(sparse.pack(x), weights, bias, neuron, method)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda x, w, b: (x, w[:-1], b), r"\[N_in, N\] with N_in = 137"),
        (lambda x, w, b: (x, w, b[:-1]), r"\[N\] = \[150\]"),
        (lambda x, w, b: (x[0], w, b), r"\[T, B, N_in\]"),
        (lambda x, w, b: (x * math.nan, w, b), "not finite"),
    ],
    ids=["weights", "bias", "input", "nan"],
)
def test_bad_arguments_are_named(change, words):
    x, weights, bias, _ = problem()
    x, weights, bias = change(x, weights, bias)
    with pytest.raises(ValueError, match=words):
        sparse.spiking(x, weights, bias, LIF(), SparseGD(), DRAW)


def test_mixed_precision_is_refused():
    x, weights, bias, _ = problem()
    with pytest.raises(TypeError, match="both be float32 or both float64"):
        sparse.spiking(x, weights.float(), bias.float(), LIF(), SparseGD(), DRAW)
    with pytest.raises(ValueError, match="0 or 1"):
        sparse.pack(x * 2)


@pytest.mark.parametrize("columns", [1, 63, 64, 65, 128, 129, 300])
def test_packing_is_reversible(columns):
    s = (torch.rand(5, 3, columns) < 0.3).float()
    packed = sparse.pack(s)
    assert packed.bits.shape == (5, 3, 2 * -(-columns // 128)) and torch.equal(packed.dense(), s)
    assert packed.rate == pytest.approx(s.mean().item())
    ds_du = s * torch.rand_like(s)
    active = sparse.ActiveSet.of(ds_du, s)
    assert torch.equal(active.dense(), ds_du) and torch.equal(active.per_step(), (ds_du != 0).sum((1, 2)))
