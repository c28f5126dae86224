"""The CUDA backend: the kernels' text compiled by NVRTC through CuPy and launched on torch's current stream.

CuPy is imported on first use only: `import snnviz` touches no device.
"""

import ctypes
import dataclasses
import functools
import importlib.util
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from snnviz.backends import source
from snnviz.backends.kernel import REALS, KernelBackend

THREADS = 128
OPTIONS = ("--std=c++17", "--fmad=false")
PROBE = 'extern "C" __global__ void answer(int* to) { *to = 42; }'


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
        return _cupy_problem()

    def prepare(self):
        _exact_convolutions()

    def launch(self, kernel, function, k, arguments):
        tensor = next(a for a in arguments if isinstance(a, torch.Tensor))
        call = compiled(kernel, f"{kernel}_{function}", tensor.dtype, tensor.device.index or 0)
        run(call, -(-k.M // THREADS), THREADS, k, arguments, tensor.device)


@functools.cache
def _cupy_problem() -> str | None:
    """Why CuPy cannot compile and launch a kernel here; None: it has done so. The kernel includes nothing, because ours include
    nothing either: NVRTC is enough, the CUDA toolkit's headers are not needed."""
    try:
        import cupy

        cupy.cuda.runtime.getDeviceCount()
        answer = torch.zeros(1, dtype=torch.int32, device="cuda")
        call = cupy.RawModule(code=PROBE, options=OPTIONS).get_function("answer")
        run(call, 1, 1, None, [answer], answer.device)
        if answer.item() != 42:
            return "a kernel was launched on the GPU, but its result is wrong."
    except Exception as problem:  # whatever a driver, a library path or a device says: it is the reason
        return f"CuPy could not use the GPU: {str(problem).splitlines()[0]}"
    return None


@functools.cache
def _exact_convolutions() -> None:
    """Have cuDNN multiply all 24 bits of a float32, once per process. By torch's default it rounds them to 11 (TF32): then the
    currents differ from the CPU's in the third digit, and spikes with them."""
    torch.backends.cudnn.allow_tf32 = False


@functools.cache
def compiled(kernel: str, name: str, dtype: torch.dtype, device: int):
    """The function `name` of kernels/<kernel>.cu for a precision, on the device of that number: a CuPy kernel."""
    import cupy

    with cupy.cuda.Device(device):
        options = (*OPTIONS, f"-DSNN_REAL={REALS[dtype][0]}")
        return cupy.RawModule(code=source.joined(f"{kernel}.cu"), options=options).get_function(name)


@dataclasses.dataclass(frozen=True)
class _Stream:
    """What CuPy reads of a stream: its handle. (`cupy.cuda.ExternalStream` is deprecated and warns at every use.)"""

    ptr: int


def run(
    call: Any,
    blocks: int,
    threads: int,
    struct: ctypes.Structure | None,
    arguments: Sequence[torch.Tensor | int | None],
    device: torch.device,
) -> None:
    """Launch a compiled kernel on torch's current stream of a device; the struct, if any, is its first argument.

    CuPy passes a struct by value as a numpy array of one element; a tensor goes as its address, None as a null pointer, a number
    as index_t. The tensors live until the launch at least. What torch does with their memory afterwards is ordered by the stream.

    Raises:
        ValueError: a tensor is on another device.
    """
    values: list[Any] = []
    if struct is not None:
        values.append(np.frombuffer(bytes(struct), dtype=np.dtype((np.void, ctypes.sizeof(struct)))))
    for a in arguments:
        if isinstance(a, torch.Tensor):
            if a.device != device:
                raise ValueError(f"an array is on {a.device}, the others are on {device}: move it with .to('{device}').")
            values.append(np.uint64(a.data_ptr()))
        else:
            values.append(np.uint64(0) if a is None else np.int64(a))
    with torch.cuda.device(device):
        call((int(blocks),), (threads,), tuple(values), stream=_Stream(torch.cuda.current_stream(device).cuda_stream))
