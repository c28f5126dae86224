"""The emulated GPU: it launches every kernel, and faults of each kind, planted in a kernel's text or in a call, are named."""

import re
import sys

import numpy as np
import pytest
import torch

from snnviz import LIF, places, sparse
from snnviz.backends import BACKENDS, cuda, source
from snnviz.backends.kernel import scan
from snnviz.draws import Draw
from snnviz.methods import AtSpike, ResetPath, SparseGD
from snnviz.neurons import ALIF, NEURONS, CubaLIF
from snnviz.sparse import layer
from snnviz.surrogates import Given, Triangle
from tests.helpers import FOR_THE_BROWSER, close, coefficients, moved, problem, upstream
from tests.test_derivatives import DERIVATIVES

pytestmark = pytest.mark.emulated


@pytest.fixture(autouse=True)
def emulator():
    """What stands in for CuPy."""
    return sys.modules["tests.emulator.cupy_module"]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_every_kernel_is_launched_and_gives_what_the_cpu_gives(emulator, dtype, monkeypatch):
    """Forward every neuron, and backward with every derivative; the sparse pass of every neuron that it takes."""
    for constant in ("DENSE_FORWARD", "DENSE_WEIGHTS", "DENSE_BELOW"):
        monkeypatch.setattr(layer, constant, 2.0)  # lists, however many entries are active
    emulator.LAUNCHES.clear()
    for cls in NEURONS.values():
        neuron = cls()
        x, initial = problem(neuron, 7, 131, dtype)
        c, grads = coefficients(neuron), upstream(neuron, x)
        ran = BACKENDS["native"].forward(neuron, c, x, initial)
        on_gpu = moved((x, initial), "cuda")
        gpu = BACKENDS["cuda"].forward(neuron, c, *on_gpu)
        assert torch.equal(gpu.u.cpu(), ran.u) and torch.equal(gpu.last.cpu(), ran.last)
        if not neuron.differentiable:
            continue
        for derivative in (*DERIVATIVES, Given(Triangle().derivative)) if neuron.fires else (Triangle(),):
            row = (AtSpike(derivative), ResetPath.KEPT, Draw(3, 1))
            ours = BACKENDS["cuda"].backward(neuron, c, *row, *on_gpu, gpu, moved(grads, "cuda"))
            theirs = BACKENDS["native"].backward(neuron, c, *row, x, initial, ran, grads)
            close(ours.x.cpu(), theirs.x, 1e-6 if dtype is torch.float32 else 1e-14)
    for neuron in (LIF(), CubaLIF(), ALIF()):
        g = torch.Generator().manual_seed(0)
        spikes = (torch.rand(6, 2, 140, generator=g) < 0.3).to("cuda", dtype)
        w = [
            (torch.randn(shape, generator=g) * 0.2).to("cuda", dtype).requires_grad_()
            for shape in ((140, 130), (130, 140), (140, 5))
        ]
        first = sparse.spiking(sparse.pack(spikes), w[0], None, neuron, SparseGD(band=0.5)).spikes
        second = sparse.spiking(first, w[1], None, neuron, SparseGD(band=0.5)).spikes
        (sparse.product(second, w[2]).sum() + second.dense().sum()).backward()
    real = {torch.float32: "float", torch.float64: "double"}[dtype]
    launched = {name for name, precision in emulator.LAUNCHES if precision == real}
    for path in places.kernels().glob("*.cu"):
        if path.name not in FOR_THE_BROWSER:
            entries = set(emulator.build.kernels(source.joined(path.name), f"-DSNN_REAL={real}"))
            assert entries <= launched, path.name


# Faults, planted in a kernel's text -----------------------------------------------------------------------------------


def forward_alone() -> str:
    """The text of lif_forward, without the sixteen backward kernels."""
    return source.joined("lif.cu").replace("SNN_NEURON(lif, Lif, LifAdjoint)", "SNN_FORWARD(lif, Lif)")


def packing_alone() -> str:
    """The text of sparse_pack, without what it does not need."""
    products = (places.kernels() / "sparse_products.cuh").read_text(encoding="utf-8")
    packing = re.search(r"SNN_EXPORT sparse_pack.*?\n}\n", products, re.DOTALL)
    rows = (places.kernels() / "sparse_rows.cuh").read_text(encoding="utf-8")
    return "\n".join((source.joined("scan.cuh"), rows, packing[0]))


@pytest.fixture
def planted(emulator, monkeypatch):
    """Have launches take this text, with one change in it, and look at every load and store."""

    def plant(text: str, right: str, wrong: str) -> None:
        faulty, count = re.subn(right, wrong, text)
        assert count == 1, "the line to change has changed"

        def compiled(kernel, name, dtype, device):
            options = (*cuda.OPTIONS, f"-DSNN_REAL={'float' if dtype is torch.float32 else 'double'}")
            return emulator.RawModule(code=faulty, options=options, checks=True).get_function(name)

        monkeypatch.setattr(cuda, "compiled", compiled)

    return plant


def run_forward() -> None:
    x, initial = problem(LIF(), 5, 200)
    BACKENDS["cuda"].forward(LIF(), coefficients(LIF()), x.cuda(), initial.cuda())


def run_packing() -> None:
    sparse.pack((torch.rand(3, 2, 200) < 0.5).float().cuda())


AFTER_MASK = r"(word_; *\\\n *)__syncthreads\(\);"
FAULTS = {
    "a row too far": (run_forward, forward_alone, r"x\[row \+ j\]", "x[row + k.M + j]", "out of bounds, read"),
    "a column too far": (
        run_forward,
        forward_alone,
        r"put_row\(k, u, row,",
        "put_row(k, u, row + 1,",
        "out of bounds, written|race",
    ),
    "a missing barrier": (run_packing, packing_alone, AFTER_MASK, r"\1", "not initialised, read|race, read after a write"),
    "a barrier for some": (run_packing, packing_alone, AFTER_MASK, r"\1if (j < 64) __syncthreads();", "different __syncthreads"),
    "half of a mask": (run_packing, packing_alone, r"\(j & 31\) == 0", "j == 0", "not initialised, read"),
    "two who write": (run_packing, packing_alone, r"if \(\(j & 31\) == 0\)", "", "race, both write"),
    "a ballot for some": (
        run_packing,
        packing_alone,
        r"= __ballot_sync",
        "= j == 3 ? 0 : __ballot_sync",
        "reached by 31 of 32 lanes",
    ),
}


@pytest.mark.parametrize(("run", "text"), [(run_forward, forward_alone), (run_packing, packing_alone)], ids=["lif", "pack"])
def test_without_a_fault_nothing_is_reported(planted, run, text):
    planted(text(), "#ifndef SNN_SCAN\n", "#ifndef SNN_SCAN\n")
    run()


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_a_kernel_is_named(planted, emulator, fault):
    run, text, right, wrong, words = FAULTS[fault]
    planted(text(), right, wrong)
    with pytest.raises(emulator.LaunchError, match=words):
        run()


def test_a_row_that_is_not_written_fails_its_test(planted):
    """Arrays that a kernel shall fill hold NaN under test."""
    planted(forward_alone(), r"put_row\(k, s, row, spikes, n\);", "if (t) put_row(k, s, row, spikes, n);")
    x, initial = problem(LIF(), 5, 20)
    s = BACKENDS["cuda"].forward(LIF(), coefficients(LIF()), x.cuda(), initial.cuda()).s
    assert s[0].isnan().all() and not s[1:].isnan().any()


# Faults, planted in a call --------------------------------------------------------------------------------------------


def test_arrays_of_two_devices_are_refused():
    a, b = torch.ones(3), torch.ones(3, device="cuda")
    for mixed in (
        lambda: a + b,
        lambda: torch.stack([b[0], a[0]]),
        lambda: a[b.long()],
        lambda: b @ a,
        lambda: torch.where(b > 0, b, a),
    ):
        with pytest.raises(RuntimeError, match="same device"):
            mixed()
    with pytest.raises(TypeError, match="can't convert cuda:0 device type tensor to numpy"):
        np.asarray(b)
    assert (b + a[0]).device.type == "cuda"  # one number may come from the CPU


def launched(emulator, *arguments, grid=(1,), block=(32,)):
    call = emulator.RawModule(code=cuda.PROBE, options=cuda.OPTIONS).get_function("answer")
    call(grid, block, arguments)


def test_an_address_that_is_not_the_devices_is_refused(emulator):
    for address in (torch.zeros(1).data_ptr(), 8, torch.zeros(1, device="cuda").data_ptr()):  # the last one's array is gone
        with pytest.raises(emulator.LaunchError, match="ILLEGAL_ADDRESS: argument 0 points at no array on the device"):
            launched(emulator, np.uint64(address))


def test_a_launch_that_cuda_refuses_is_refused(emulator):
    a = torch.zeros(1, dtype=torch.int32, device="cuda")
    for size in ({"grid": (0,)}, {"block": (2048,)}, {"grid": (1, 2)}):
        with pytest.raises(emulator.LaunchError, match="INVALID_VALUE"):
            launched(emulator, np.uint64(a.data_ptr()), **size)
    with pytest.raises(emulator.LaunchError, match="2 arguments for 1 parameters"):
        launched(emulator, np.uint64(a.data_ptr()), np.int64(1))
    with pytest.raises(emulator.LaunchError, match="argument 0 has 4 bytes; the parameter has 8"):
        launched(emulator, np.int32(1))
    with pytest.raises(TypeError, match="Unsupported type"):
        launched(emulator, a)
    with pytest.raises(emulator.LaunchError, match="named symbol not found"):
        emulator.RawModule(code=cuda.PROBE).get_function("question")


def test_a_struct_of_another_size_is_refused(emulator):
    call = cuda.compiled("lif", "lif_forward", torch.float32, 0)
    x = torch.zeros(4, 3, device="cuda")
    k = scan(coefficients(LIF()), torch.zeros(4, 3, dtype=torch.float64))  # of the other precision
    with pytest.raises(emulator.LaunchError, match=r"argument 0 has \d+ bytes; the parameter has \d+"):
        cuda.run(call, 1, 128, k, [x, x[0], x, x, None, x[0]], x.device)


def test_a_deprecated_call_warns():
    import cupy

    with pytest.raises(DeprecationWarning, match="ExternalStream is deprecated"):
        cupy.cuda.ExternalStream(0)


def test_cupy_has_what_stands_in_for_it(emulator):
    """The installed CuPy, which needs no GPU to be read: every name, and the arguments of those that snnviz calls."""
    import importlib

    import cupy as ours

    theirs = {name: module for name, module in sys.modules.items() if name == "cupy" or name.startswith("cupy.")}
    for name in theirs:
        del sys.modules[name]
    try:
        real = importlib.import_module("cupy")
        for name in ("RawModule", "RawKernel"):
            assert hasattr(real, name)
        for name in ("Device", "ExternalStream", "runtime"):
            assert hasattr(real.cuda, name) and hasattr(ours.cuda, name)
        assert real.RawModule(code=cuda.PROBE, options=cuda.OPTIONS)  # compiled only when a function is asked for
        assert ours.__version__.split(".")[0] == real.__version__.split(".")[0]
    finally:
        for name in [name for name in sys.modules if name == "cupy" or name.startswith("cupy.")]:
            del sys.modules[name]
        sys.modules.update(theirs)


def test_the_host_waits_only_where_it_reads(emulator):
    """A layer of the sparse pass: no wait for each bit of a word, nor for each row."""
    from tests.emulator import torch_device

    packed = sparse.pack((torch.rand(40, 3, 150) < 0.2).float().cuda())
    before = torch_device.SYNCHRONISED[0]
    assert sparse.active.ones(packed.bits) > 0
    assert torch_device.SYNCHRONISED[0] - before == 1
    before = torch_device.SYNCHRONISED[0]
    sparse.spiking(packed, torch.randn(150, 40).cuda(), None, LIF(), SparseGD(band=0.5))
    assert torch_device.SYNCHRONISED[0] - before <= 8
