"""An NVIDIA GPU emulated on the CPU, so that every launch of every kernel runs where there is no GPU.

    python -m pytest -p tests.emulator --require-cuda -m "cuda or emulated"         the tests of the GPU, and of this
    python -m tests.emulator -m bench.kernels --backend cuda                        any module or script

--sample runs a part of them in which each value of each parameter of a test occurs once: what `make test` takes. `make emulate`
runs all, with checks.

| part | what it emulates |
|---|---|
| torch_device.py, .cpp | torch's "cuda": tensors that do not mix with those of the CPU |
| cupy_module.py | CuPy's raw modules: argument rules, launch limits, deprecations |
| cuda.h, runtime.h | the kernels' CUDA C++: threads, barriers, ballots, shuffles, shared memory |

EMULATOR_CHECKS=1 looks at every load and store of a kernel: bounds, shared memory read before it is written, races.
EMULATOR_ORDER=forward, backward or random is the order in which blocks and threads run.

Not covered: several streams or GPUs, the numerics of cuBLAS and cuDNN, and time. Linux on x86-64 only.
"""

import re
from pathlib import Path

import pytest

from tests.emulator import torch_device  # isort: skip  before torch
from tests.emulator import cupy_module

GPUS = "cuda or emulated"  # the tests that `make test` and `make emulate` ask for
OF_A_GPU = re.compile(r"def \w+\([^)]*\bbackend\b[^.(:=]*\)|mark\.(cuda|emulated)\b")


def activate() -> None:
    """Emulate the GPU for the rest of this process. Twice is once."""
    if not _active:
        _active.append(True)
        torch_device.activate()
        cupy_module.install()


_active: list[bool] = []


def pytest_addoption(parser) -> None:
    parser.addoption("--sample", action="store_true", help="each value of each parameter of a test once, not each with each")


def pytest_configure(config) -> None:
    activate()


def pytest_ignore_collect(collection_path: Path, config) -> bool | None:
    """True for a file without a test of the GPU: to import and collect the others takes longer than to run these."""
    if config.option.markexpr != GPUS or not collection_path.match("test_*.py"):
        return None
    return None if OF_A_GPU.search(collection_path.read_text(encoding="utf-8")) else True


@pytest.hookimpl(trylast=True)  # after -m has chosen
def pytest_collection_modifyitems(config, items) -> None:
    if config.getoption("--sample"):
        chosen = sample(items)
        config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
        items[:] = chosen


def sample(items: list) -> list:
    """Tests in their order, without those whose parameters have all had their values in an earlier one of the same name."""
    seen, sampled = set(), []
    for item in items:
        parameters = getattr(getattr(item, "callspec", None), "params", {})
        new = {(item.nodeid.split("[")[0], name, repr(value)) for name, value in parameters.items()} - seen
        if new or not parameters:
            seen |= new
            sampled.append(item)
    return sampled


def pytest_terminal_summary(terminalreporter) -> None:
    if counts := cupy_module.LAUNCHES:
        terminalreporter.write_line(f"emulated: {sum(counts.values())} launches of {len(counts)} kernels (one precision each)")
