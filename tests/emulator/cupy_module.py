"""Stands in for the part of CuPy 14 that snnviz uses: raw modules, compiled as C++ and run by the emulated device.

It is as strict as CuPy and CUDA are, and stricter: a struct must have the size that the kernel's parameter has, a pointer must
point into an array on the device, a deprecated call warns, and what CuPy has but this has not is an error.
"""

import collections
import contextlib
import ctypes
import functools
import importlib.machinery
import os
import sys
import threading
import types
import warnings

import numpy as np

from tests.emulator import build, torch_device

CHECKS = os.environ.get("EMULATOR_CHECKS") == "1"  # look at every load and store
ORDERS = {"forward": 0, "backward": 1, "random": 2}  # in which the blocks and threads run
ORDER = ORDERS[os.environ.get("EMULATOR_ORDER", "forward")]
LAUNCHES: collections.Counter[tuple[str, str]] = collections.Counter()  # of each kernel and precision
FLAGS = ("-std=c++17", "-ffp-contract=off", "-fno-math-errno", "-nostdinc++", "-fno-exceptions")
# A compiler may read early what a loop is going to write first; such a read would be reported.
CHECKED = ("-DEMULATED_CHECKS", "-Xclang", "-fsanitize=thread", "-mllvm", "-disable-licm-promotion")
_turn = threading.Lock()  # one launch at a time: the runtime has one set of threads


class LaunchError(RuntimeError):
    """What CUDA would refuse, or what the checks found."""


class _Array(ctypes.Structure):
    _fields_ = (("begin", ctypes.c_size_t), ("end", ctypes.c_size_t), ("grain", ctypes.c_long))


@functools.cache
def _library(code: str, options: tuple[str, ...], checks: bool) -> ctypes.CDLL:
    unknown = [o for o in options if not o.startswith(("-D", "--std=", "--fmad="))]
    if unknown:
        raise LaunchError(f"nvrtc: error: invalid value for {unknown[0]}")
    defines = [o for o in options if o.startswith("-D")]
    names = build.kernels(code, *defines)
    first, last = ((build.HERE / name).read_text(encoding="utf-8") for name in ("cuda.h", "runtime.h"))
    text = "\n".join((first, code, '#line 1 "runtime.h"', last, *(f"EMULATED_ENTRY({name})" for name in names)))
    return ctypes.CDLL(str(build.compiled(names[0], text, *FLAGS, *defines, *(CHECKED if checks else ()))))


class RawModule:
    """A module of kernels, compiled when one of them is asked for."""

    def __init__(self, *, code: str, options: tuple[str, ...] = (), checks: bool = CHECKS):
        if not isinstance(options, tuple):
            raise TypeError("options must be a tuple.")
        self.code, self.options, self.checks = code, options, checks

    def get_function(self, name: str) -> "RawKernel":
        return RawKernel(self, name)


class RawKernel:
    """A kernel. Called with grid, block and arguments it is launched, and has run when the call returns."""

    def __init__(self, module: RawModule, name: str):
        self.library, self.name = _library(module.code, module.options, module.checks), name
        try:
            self.entry = getattr(self.library, f"run_{name}")
        except AttributeError:
            raise LaunchError(f"CUDA_ERROR_NOT_FOUND: named symbol not found ({name})") from None
        self.real = next((o.split("=")[1] for o in module.options if o.startswith("-DSNN_REAL=")), "float")
        sizes = (ctypes.c_int * 64)()
        count = getattr(self.library, f"parameters_{name}")(sizes)
        self.parameters = list(sizes[:count])  # of a value its size; of a pointer minus the size of what it points at

    def __call__(self, grid, block, args, *, shared_mem=0, stream=None):
        if stream is not None and not isinstance(stream.ptr, int):
            raise TypeError("stream.ptr must be an integer.")
        if len(args) != len(self.parameters):
            raise LaunchError(f"{self.name}: {len(args)} arguments for {len(self.parameters)} parameters")
        (blocks, *more_blocks), (threads, *more_threads) = grid, block
        if not 1 <= blocks < 2**31 or not 1 <= threads <= 1024 or any(n != 1 for n in (*more_blocks, *more_threads)):
            raise LaunchError(f"{self.name}: CUDA_ERROR_INVALID_VALUE: grid {grid}, block {block}")
        arrays, values = [], []
        for number, (value, size) in enumerate(zip(args, self.parameters, strict=True)):
            data, expected = _bytes(value), 8 if size < 0 else size
            if len(data) != expected:
                raise LaunchError(f"{self.name}: argument {number} has {len(data)} bytes; the parameter has {expected}")
            if size < 0 and (address := int.from_bytes(data, "little")):
                arrays.append(_Array(address, self._end(number, address), min(-size, 4)))
            values.append((ctypes.c_char * len(data)).from_buffer_copy(data))
        problem = ctypes.create_string_buffer(4096)
        with _turn:
            LAUNCHES[self.name, self.real] += 1
            failed = self.library.launch(
                self.entry,
                (ctypes.c_void_p * len(values))(*map(ctypes.addressof, values)),
                ctypes.c_uint(blocks),
                ctypes.c_uint(threads),
                ctypes.c_int(self.real == "float"),
                ctypes.c_int(ORDER),
                (_Array * len(arrays))(*arrays),
                ctypes.c_int(len(arrays)),
                problem,
                ctypes.c_int(len(problem)),
            )
        if failed:
            raise LaunchError(f"{self.name} <{self.real}>, {blocks} blocks of {threads}: {problem.value.decode()}")

    def _end(self, number: int, address: int) -> int:
        try:
            return address + torch_device.extent(address)
        except KeyError:
            raise LaunchError(
                f"{self.name}: CUDA_ERROR_ILLEGAL_ADDRESS: argument {number} points at no array on the device"
            ) from None


def _bytes(value) -> bytes:
    """An argument as CuPy hands it to CUDA."""
    if value is None:
        return bytes(8)
    if isinstance(value, np.ndarray):
        if value.size != 1:
            raise TypeError("Only numpy.ndarrays of size one can be passed by value.")
        return value.tobytes()
    if isinstance(value, np.generic):
        return value.tobytes()
    if isinstance(value, bool | int | float):
        return np.asarray(value).tobytes()
    raise TypeError(f"Unsupported type {type(value)}")


class _Context(contextlib.nullcontext):
    """A device or a stream that is made the current one."""


class Device(_Context):
    def __init__(self, device: int = 0):
        super().__init__()
        if device != 0:
            raise LaunchError("CUDA_ERROR_INVALID_DEVICE: invalid device ordinal")


class ExternalStream(_Context):
    def __init__(self, ptr: int, device_id: int = -1):
        super().__init__()
        self.ptr = ptr
        warnings.warn("ExternalStream is deprecated. Use Stream.from_external() instead.", DeprecationWarning, stacklevel=2)


def install() -> None:
    """Be the module `cupy`, from now on."""
    cupy, cuda = types.ModuleType("cupy"), types.ModuleType("cupy.cuda")
    cupy.__spec__ = importlib.machinery.ModuleSpec("cupy", None)
    cupy.__version__ = "14.2.0"
    cupy.RawModule, cupy.RawKernel, cupy.cuda = RawModule, RawKernel, cuda
    cuda.Device, cuda.ExternalStream = Device, ExternalStream
    cuda.runtime = types.SimpleNamespace(getDeviceCount=lambda: 1, runtimeGetVersion=lambda: 13000, driverGetVersion=lambda: 13000)
    sys.modules["cupy"], sys.modules["cupy.cuda"] = cupy, cuda
