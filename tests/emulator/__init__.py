"""An NVIDIA GPU emulated on the CPU, so that every launch of every kernel runs where there is no GPU.

    python -m pytest -p tests.emulator --require-cuda -m cuda         the tests of the GPU
    python -m tests.emulator -m bench.kernels                         any module or script

| part | what it emulates |
|---|---|
| torch_device.py, .cpp | torch's "cuda": tensors that do not mix with those of the CPU |
| cupy_module.py | CuPy's raw modules: argument rules, launch limits, deprecations |
| cuda.h, runtime.h | the kernels' CUDA C++: threads, barriers, ballots, shuffles, shared memory |

EMULATOR_CHECKS=1 looks at every load and store of a kernel: bounds, shared memory read before it is written, races.
EMULATOR_ORDER=forward, backward or random is the order in which blocks and threads run.

Not covered: several streams or GPUs, the numerics of cuBLAS and cuDNN, and time. Linux on x86-64 only.
"""

from tests.emulator import torch_device  # isort: skip  before torch
from tests.emulator import cupy_module


def activate() -> None:
    """Emulate the GPU for the rest of this process. Twice is once."""
    if not _active:
        _active.append(True)
        torch_device.activate()
        cupy_module.install()


_active: list[bool] = []


def pytest_configure(config) -> None:
    activate()


def pytest_terminal_summary(terminalreporter) -> None:
    counts = sorted(cupy_module.LAUNCHES.items())
    terminalreporter.write_line(f"emulated: {sum(n for _, n in counts)} launches of {len(counts)} kernels (one precision each)")
