"""The CUDA backend: the kernels' text compiled by NVRTC through CuPy and launched on torch's current stream.

CuPy is imported on first use only: `import snnviz` touches no device.
"""

import ctypes
import functools
import importlib.util
from typing import Any

import numpy as np
import torch

from snnviz.backends import source
from snnviz.backends.kernel import REALS, KernelBackend

THREADS = 128
OPTIONS = ("--std=c++17", "--fmad=false")


class Cuda(KernelBackend):
    """Runs on an NVIDIA GPU, one thread per neuron."""

    name = "cuda"
    title = "GPU (CUDA through CuPy)"
    device = "cuda"

    def unusable(self):
        if not torch.cuda.is_available():
            if torch.version.cuda is None:
                return "this torch was built for the CPU only; install torch's CUDA build to use an NVIDIA GPU."
            return "no NVIDIA GPU answered."
        if importlib.util.find_spec("cupy") is None:
            return "there is a GPU, but CuPy is missing: pip install cupy-cuda13x."
        return self._cupy_problem()

    @staticmethod
    @functools.cache
    def _cupy_problem() -> str | None:
        try:
            import cupy

            cupy.cuda.runtime.getDeviceCount()
            cupy.zeros(1).sum().item()
        except Exception as problem:  # whatever a driver, a library path or a device says: it is the reason
            return f"CuPy could not use the GPU: {str(problem).splitlines()[0]}"
        return None

    @staticmethod
    @functools.cache
    def _function(kernel: str, name: str, dtype: torch.dtype, device: int):
        import cupy

        with cupy.cuda.Device(device):
            options = (*OPTIONS, f"-DSNN_REAL={REALS[dtype][0]}")
            return cupy.RawModule(code=source.joined(f"{kernel}.cu"), options=options).get_function(name)

    def launch(self, kernel, function, k, arguments):
        import cupy

        tensor = next(a for a in arguments if isinstance(a, torch.Tensor))
        index = tensor.device.index or 0
        call = self._function(kernel, f"{kernel}_{function}", tensor.dtype, index)
        # CuPy passes a numpy array of one element by value, whatever its type; None is a null pointer
        values: list[Any] = [np.frombuffer(bytes(k), dtype=np.dtype((np.void, ctypes.sizeof(k))))]
        for a in arguments:
            values.append(cupy.from_dlpack(a.detach()) if isinstance(a, torch.Tensor) else None if a is None else np.int64(a))
        blocks = -(-k.M // THREADS)
        with cupy.cuda.Device(index), cupy.cuda.ExternalStream(torch.cuda.current_stream(index).cuda_stream, index):
            call((int(blocks),), (THREADS,), tuple(values))
