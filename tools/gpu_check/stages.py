"""The stages of `python -m tools.gpu_check`: each yields facts, a dictionary that grows. Times are medians, in microseconds."""

import argparse
import concurrent.futures
import functools
import importlib.util
import json
import multiprocessing
import os
import pathlib
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch

from bench import kernels as kernels_bench
from bench import peers as peers_bench
from bench import sparsity as sparsity_bench
from bench.common import RESULTS
from snnviz import places, sparse
from snnviz.architectures import FeedForward
from snnviz.backends import BACKENDS, cuda, report
from snnviz.backends.base import Upstream
from snnviz.datasets import Digits
from snnviz.draws import Draw
from snnviz.methods import BPTT, AbstractGradientMethod, Exodus, LocalZO, Slayer
from snnviz.network import SpikingLayer
from snnviz.neurons import ALIF, LIF, AbstractNeuron, CubaLIF
from snnviz.sparse.active import ones
from snnviz.surrogates import FastSigmoid
from snnviz.training import EpochRecord, Training, train

Facts = Iterator[dict[str, Any]]
DTYPES = {"float": torch.float32, "double": torch.float64}
ELSEWHERE = {"playground", "event_layer"}  # in the browser; on the CPU
ON_A_GPU = sorted(path.stem for path in places.kernels().glob("*.cu") if path.stem not in ELSEWHERE)
FIRST = {"sparse_backward": "sparse_pack"}  # a function of each file; of the others <file>_forward
OPTIONS = ("--kernel-name", "--kernel-regex")
NEURON, METHOD = LIF(tau_mem=10.0), BPTT(FastSigmoid(slope=2.0))


def emulated() -> bool:
    return "tests.emulator" in sys.modules


def lines(*command: str, timeout: float = 20, env: dict[str, str] | None = None) -> list[str]:
    """What a program says, or why it could not be asked."""
    try:
        run = subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False, env=env)
        return [*run.stdout.strip().splitlines(), *run.stderr.strip().splitlines()]
    except (OSError, subprocess.TimeoutExpired) as problem:
        return [str(problem)]


# What runs ------------------------------------------------------------------------------------------------------------


def environment(small: bool) -> Facts:
    """Device, driver and versions; a backend that cannot run is a failure."""
    import cupy

    reasons = {r.name: r.reason for r in report()}
    query = "name,driver_version,clocks.max.sm,clocks.max.mem,memory.total"
    yield {
        "gpu": torch.cuda.get_device_name(),
        "driver": lines("nvidia-smi", f"--query-gpu={query}", "--format=csv,noheader"),
        "cuda": torch.version.cuda,
        "cupy": cupy.__version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
        "failed": reasons["cuda"],
    }


def compiled(kernel: str, real: str) -> tuple[str, dict[str, Any]]:
    name = FIRST.get(kernel, f"{kernel}_forward")
    function = cuda.compiled(kernel, name, DTYPES[real], 0)
    return f"{name} {real}", {key: getattr(function, key, None) for key in ("num_regs", "local_size_bytes")}


def compile_(small: bool) -> Facts:
    """Every kernel in both precisions, into CuPy's cache; registers of a thread, and what spills."""
    tasks = [("lif", "float")] if small else [(kernel, real) for kernel in ON_A_GPU for real in DTYPES]
    if emulated():
        yield {"functions": dict(compiled(*task) for task in tasks)}
        return
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(min(8, os.cpu_count() or 1), context) as pool:
        functions, failed = {}, []
        for task, job in {task: pool.submit(compiled, *task) for task in tasks}.items():
            try:
                functions |= dict([job.result()])
            except Exception as problem:  # whatever NVRTC says: it is what this stage is for
                failed.append(f"{task}: {str(problem)[:400]}")
            yield {"functions": functions, "failed": failed}


def tests(small: bool) -> Facts:
    """The project's tests of the GPU, as they stand."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--require-cuda", "-m", "cuda", "--tb=line", "-rfE"]
    files = sorted(pathlib.Path("tests").glob("test_*.py"))
    files = [str(file) for file in files if re.search(r"\(backend\b|mark\.cuda", file.read_text(encoding="utf-8"))]
    if emulated():
        command += ["-p", "tests.emulator", "tests/test_backends.py", "tests/test_cuda.py", "-k", "absent or refused or pointer"]
    elif importlib.util.find_spec("xdist"):
        command += ["-n", str(min(6, os.cpu_count() or 1)), *files]
    else:
        command += files
    try:
        out = subprocess.run(command, capture_output=True, text=True, timeout=190, check=False).stdout.splitlines()
    except subprocess.TimeoutExpired as stopped:
        out = [*(stopped.stdout or b"").decode(errors="replace").splitlines(), "ERROR: the time was up"]
    failed = [line[:300] for line in out if line.startswith(("FAILED", "ERROR"))]
    passed = re.search(r"(\d+) passed", "\n".join(out[-3:]))
    yield {"summary": out[-1:], "passed": int(passed[1]) if passed else 0, "failed": failed[:20] if passed else failed or out[-5:]}


# Times ----------------------------------------------------------------------------------------------------------------


def clock(run: Callable[[], Any], small: bool, times: int = 15, batch: int = 1) -> float:
    """Microseconds of a call by the device's own clock, the median over `times` batches of calls."""
    for _ in range(1 if small else 3):
        run()
    torch.cuda.synchronize()
    taken = []
    for _ in range(1 if small else times):
        begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        begin.record()
        for _ in range(1 if small else batch):
            run()
        end.record()
        end.synchronize()
        taken.append(1e3 * begin.elapsed_time(end) / batch)
    return statistics.median(taken)


def wall(run: Callable[[], Any], small: bool, times: int = 200) -> float:
    """Microseconds of a call by the host's clock, the device's work included: the mean."""
    run()
    torch.cuda.synchronize()
    count = 2 if small else times
    start = time.perf_counter()
    for _ in range(count):
        run()
    torch.cuda.synchronize()
    return 1e6 * (time.perf_counter() - start) / count


class Launches:
    """Remembers how kernels were launched, so that one can be launched again with nothing around it."""

    def __init__(self):
        self.last: tuple = ()
        self.run, cuda.run = cuda.run, self

    def __call__(self, *arguments):
        self.last = arguments
        self.run(*arguments)

    def again(self) -> Callable[[], None]:
        arguments = self.last
        return lambda: self.run(*arguments)


def digest(array: torch.Tensor | None) -> int:
    return 0 if array is None else int(array.view(torch.int32).long().sum())


def kernels(small: bool) -> Facts:
    """Kernels alone over sizes, methods and threads a block, beside what a copy moves; each must give the same bits."""
    launches, rows, first, failed = Launches(), [], {}, []
    source = torch.randn(1 << (14 if small else 28), device="cuda")
    copy = 8 * source.numel() / clock(functools.partial(torch.empty_like(source).copy_, source), small)  # bytes per us
    del source
    sizes = [(10, 200)] if small else [(100, 128), (500, 2048), (500, 8192), (500, 32768), (500, 65536), (500, 262144)]

    def row(steps: int, columns: int, neuron: AbstractNeuron = NEURON, method: AbstractGradientMethod = METHOD) -> None:
        g = torch.Generator().manual_seed(0)
        x = (torch.randn(steps, columns, generator=g) * 0.5 + 0.1).cuda()
        grad = torch.randn(steps, columns, generator=g).cuda()
        initial = torch.zeros(len(neuron.states), columns, device="cuda")
        c = torch.tensor([float(v) for v in neuron.coefficients().values()], dtype=torch.float64)
        backend = BACKENDS["cuda"]

        def backward(ran):
            return backend.backward(neuron, c, method.at_spike, method.reset_path, Draw(), x, initial, ran, Upstream(grad))

        ran = backend.forward(neuron, c, x, initial)
        forward_us = clock(launches.again(), small, batch=8)
        back = backward(ran)
        backward_us = clock(launches.again(), small, batch=8)
        both_us = clock(lambda: backward(backend.forward(neuron, c, x, initial)), small)
        bits = (digest(ran.u), digest(ran.s), digest(back.x))
        case = (steps, columns, type(neuron).__name__, method.label)
        if first.setdefault(case, bits) != bits:
            failed.append(f"{case}: other bits with {cuda.THREADS} threads a block")
        moved = 12 * steps * columns
        rows.append(
            {
                "neuron": type(neuron).__name__,
                "method": method.label,
                "threads": cuda.THREADS,
                "T": steps,
                "M": columns,
                "forward us": forward_us,
                "backward us": backward_us,
                "calls us": both_us,
                "share of a copy": 2 * moved / (forward_us + backward_us) / copy,
            }
        )

    for size in sizes:
        row(*size)
        yield {"copy GB/s": copy / 1e3, "rows": rows, "failed": failed}
    for size in sizes[2:5:2]:
        row(*size, ALIF(), METHOD)
        row(*size, NEURON, LocalZO(delta=0.5))
    for threads in (32, 64, 256):
        cuda.THREADS = threads
        for size in sizes[:1] if small else sizes[1:5]:
            row(*size)
        yield {"copy GB/s": copy / 1e3, "rows": rows, "failed": failed}


def overhead(small: bool) -> Facts:
    """What the host pays for a call of a small layer, and what counting spikes costs."""
    x = torch.randn(10, 1, 64, device="cuda", requires_grad=True)
    layer = SpikingLayer(LIF(), None, "cuda")
    bits = torch.zeros(50, 4, 16, dtype=torch.int64, device="cuda")
    yield {
        "forward us": wall(lambda: layer(x.detach()), small),
        "forward and backward us": wall(lambda: layer(x).sum().backward(), small),
        "count of spikes us": wall(lambda: ones(bits), small, 50),
        "an empty array us": wall(lambda: torch.empty_like(x), small),
    }


def sparsity(small: bool) -> Facts:
    """bench.sparsity on the GPU. A real one's result lies beside the CPU's, where the Sparsity page finds it."""
    with tempfile.TemporaryDirectory() as folder:
        path = (pathlib.Path(folder) if emulated() else RESULTS) / "sparsity-cuda.json"
        size = ["F-MNIST", "--hidden", "40", "--steps", "60", "--batch", "8", "--percent", "10", "--repeats", "1"]
        if not small:
            size = ["SHD", "--hidden", "1000", "--percent", "100", "30", "10", "3", "1", "0.1", "--repeats", "3"]
        sparsity_bench.main(["--workloads", *size, "--naive-repeats", "0", "--device", "cuda", "--output", str(path)])
        cases = json.loads(path.read_text(encoding="utf-8"))["cases"]
    rows = []
    for case in cases:
        times = {name: {key: row[key] for key in ("forward_ms", "backward_ms")} for name, row in case["contenders"].items()}
        rows.append({"active": case["active"], "contenders": times})
    yield {"rows": rows}


def peers(small: bool) -> Facts:
    """Other libraries that are installed here, and torch eager, beside our layer."""
    sizes, steps = ((20,), 10) if small else ((512, 4096, 16384), peers_bench.STEPS)
    rows = []
    for neurons in sizes:
        eager = kernels_bench.measure(steps, peers_bench.BATCH * neurons, BACKENDS["cuda"], "cuda", 1 if small else 3)
        rows.append(eager)
        rows += peers_bench.measure(neurons, 1 if small else 5, "cuda", steps)
        yield {"rows": rows}


def training(small: bool) -> Facts:
    """Four methods on the digits, on the GPU and on the CPU: seconds, and where they end."""
    rows = []
    data = Digits(steps=6, samples=96) if small else Digits(steps=25)
    shape = FeedForward(layers=2, width=16 if small else 128, first_gain=4.0)
    for method in (BPTT(), Exodus(), Slayer(), LocalZO()):
        value = Training(data, shape, method=method, epochs=1 if small else 3, batch=48 if small else 64)
        row: dict[str, Any] = {"method": method.label}
        for backend in ("cuda", "native"):
            start = time.perf_counter()
            last = [record for record in train(value, backend) if isinstance(record, EpochRecord)][-1]
            row |= {f"{backend} s": time.perf_counter() - start, f"{backend} accuracy": last.test_accuracy}
            row[f"{backend} loss"] = last.train_loss
        rows.append(row)
        yield {"rows": rows}


# Memory ---------------------------------------------------------------------------------------------------------------


def tiny(small: bool) -> Facts:
    """Every kind of launch once, for a tool that watches each access."""
    g = torch.Generator().manual_seed(0)
    for neuron in (LIF(), ALIF(), CubaLIF()):
        x = torch.randn(7, 3, 43, generator=g).cuda().requires_grad_()
        SpikingLayer(neuron, BPTT(), "cuda")(x).sum().backward()
        method = LocalZO(delta=0.5)
        w = [(torch.randn(shape, generator=g) * 0.2).cuda().requires_grad_() for shape in ((150, 140), (140, 131), (131, 10))]
        first = sparse.spiking(sparse.pack((torch.rand(6, 3, 150, generator=g) < 0.3).float().cuda()), w[0], None, neuron, method)
        second = sparse.spiking(first.spikes, w[1], None, neuron, method)
        (sparse.product(second.spikes, w[2]).square().sum() + second.spikes.dense().sum()).backward()
    torch.cuda.synchronize()
    print("tiny is done", flush=True)
    yield {}


def sanitizer(small: bool) -> Facts:
    """compute-sanitizer's memcheck, racecheck and initcheck, the latter two on our kernels alone. In emulation: the emulator's."""
    if emulated() or not shutil.which("compute-sanitizer"):
        yield {"skipped": "compute-sanitizer is not installed here, or there is no GPU: `make emulate` has checks of its own"}
        return
    results, failed = {}, []
    environment = os.environ | {"PYTORCH_NO_CUDA_MEMORY_CACHING": "1"}
    target = [sys.executable, "-m", "tools.gpu_check.stages", "tiny", os.devnull]
    for tool in ("memcheck", "racecheck", "initcheck"):
        # The name of the option that chooses kernels differs between versions; torch's own kernels are not ours to judge.
        by_name = [[part for name in (*ON_A_GPU, "sparse_") for part in (option, f"kns={name}")] for option in OPTIONS]
        for chosen in [[]] if tool == "memcheck" else [*by_name, []]:
            options = ["--tool", tool, "--error-exitcode", "9", "--print-limit", "5", *chosen]
            start = time.monotonic()
            out = lines("compute-sanitizer", *options, *target, timeout=45, env=environment)
            words = [line[:200] for line in out if "=====" in line or "Error" in line][-8:]
            results[tool] = {"filter": chosen[:1], "seconds": time.monotonic() - start, "words": words or out[-3:]}
            if "tiny is done" in out:
                if not any("ERROR SUMMARY: 0 errors" in line or "RACECHECK SUMMARY: 0" in line for line in out):
                    failed.append(f"{tool}: {words}")
                break
        else:
            failed.append(f"{tool} did not run to the end: {out[-3:]}")
        yield {"tools": results, "failed": failed}


STAGES = {
    stage.__name__.strip("_"): stage
    for stage in (environment, compile_, tests, kernels, overhead, sparsity, peers, training, sanitizer, tiny)
}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("stage", choices=list(STAGES))
    parser.add_argument("into", type=pathlib.Path, help="the file of the facts")
    parser.add_argument("--small", action="store_true")
    options = parser.parse_args(arguments)
    for facts in STAGES[options.stage](options.small):
        written = options.into.with_suffix(".part")
        if options.into != pathlib.Path(os.devnull):
            written.write_text(json.dumps(facts), encoding="utf-8")
            os.replace(written, options.into)  # the parent may stop this process at any moment
    return 0


if __name__ == "__main__":
    sys.exit(main())
