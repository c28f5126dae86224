"""torch's "cuda" emulated: tensors that say they are on cuda:0 and keep their numbers in this machine's memory.

Arrays of two devices in one operation are refused, as a GPU refuses them; nothing else reads a device's array but `.cpu()`,
`.item()`, `.tolist()` and their like.
"""

import contextlib
import ctypes
import importlib.util
import pathlib
import sys
import threading
import weakref

from tests.emulator import build

SYNCHRONISED = [0]  # how often the host has waited for a number from the device


def _load_guard() -> ctypes.CDLL:
    """The library that torch's CPU build needs beside it, loaded before torch (torch_device.cpp says why)."""
    assert "torch" not in sys.modules, "The emulated device has to be loaded before torch."
    torch_folder = pathlib.Path(importlib.util.find_spec("torch").origin).parent
    text = (build.HERE / "torch_device.cpp").read_text(encoding="utf-8")
    version = (torch_folder / "version.py").read_text(encoding="utf-8")  # the guard's table of functions is that of one version
    text += "".join(f"\n// {line}" for line in version.splitlines())
    flags = ("-std=c++20", "-fvisibility=hidden", "-DSTRIP_ERROR_MESSAGES", f"-I{torch_folder / 'include'}")
    library = ctypes.CDLL(str(build.compiled("torch_device", text, *flags)), ctypes.RTLD_GLOBAL)
    library.emulated_guard.restype = ctypes.c_void_p
    return library


_guard = _load_guard()

import torch  # noqa: E402  after the guard
from torch.utils._python_dispatch import TorchDispatchMode  # noqa: E402

CUDA = torch.device("cuda:0")
aten = torch.ops.aten

# Where a tensor that left as an address ends: its address, its bytes, and the storage that keeps them. A launch asks.
_addresses: dict[int, tuple[int, weakref.ref]] = {}


def extent(address: int) -> int:
    """The bytes from an address that a device's tensor gave to the end of that tensor.

    Raises:
        KeyError: no such tensor gave it, or it is gone.
    """
    size, alive = _addresses[address]
    if alive() is None:
        raise KeyError(address)
    return size


class DeviceTensor(torch.Tensor):
    """A tensor on the emulated device; `host` holds its numbers."""

    host: torch.Tensor

    @staticmethod
    def __new__(cls, host: torch.Tensor):
        out = torch.Tensor._make_wrapper_subclass(
            cls, host.size(), strides=host.stride(), storage_offset=host.storage_offset(), dtype=host.dtype, device=CUDA
        )
        out.host = host
        return out

    __torch_function__ = torch._C._disabled_torch_function_impl

    @classmethod
    def __torch_dispatch__(cls, func, types, args=(), kwargs=None):
        return dispatch(func, args, kwargs or {})

    def data_ptr(self) -> int:
        address, host = self.host.data_ptr(), self.host
        if host.numel():
            steps = sum((size - 1) * stride for size, stride in zip(host.shape, host.stride(), strict=True))
            _addresses[address] = ((steps + 1) * host.element_size(), weakref.ref(host))
        return address

    def untyped_storage(self):
        return self.host.untyped_storage()

    def tolist(self):
        SYNCHRONISED[0] += 1
        return self.host.tolist()

    def numpy(self, *args, **kwargs):
        raise TypeError(
            "can't convert cuda:0 device type tensor to numpy. Use Tensor.cpu() to copy the tensor to host memory first."
        )

    __array__ = numpy

    def new_tensor(self, data, *, dtype=None, device=None, requires_grad=False):
        return _tensor(data, dtype=dtype or self.dtype).to(device or CUDA).requires_grad_(requires_grad)

    def __deepcopy__(self, memo):
        if id(self) not in memo:
            out = self.detach().clone().requires_grad_(self.requires_grad)
            memo[id(self)] = torch.nn.Parameter(out, self.requires_grad) if getattr(self, "_is_param", False) else out
        return memo[id(self)]

    def __repr__(self, **kwargs):
        return f"DeviceTensor({self.host!r})"


def is_cuda(device) -> bool:
    return device is not None and torch.device(device).type == "cuda"


COPIES = {aten.copy_.default, aten._to_copy.default, aten._foreach_copy_.default, aten.set_.source_Tensor}
INDEXED = {
    aten.index.Tensor,
    aten.index_put_.default,
    aten.index_put.default,
    aten._index_put_impl_.default,
    aten._unsafe_index.Tensor,
}
JOINED = {aten.cat.default, aten.stack.default}  # these take no number of the CPU either
READS = {aten._local_scalar_dense.default, aten.nonzero.default, aten.equal.default, aten.is_nonzero.default}  # the host waits


def refuse_mixed(func, args, kwargs) -> bool:
    """Whether an operation is one of the device. Raises RuntimeError where its arrays are on two."""
    tensors: list[torch.Tensor] = []
    for a in (*args, *kwargs.values()):
        tensors += [b for b in (a if isinstance(a, list | tuple) else (a,)) if isinstance(b, torch.Tensor)]
    others = [a for a in tensors if not isinstance(a, DeviceTensor)]
    if len(others) == len(tensors):
        return False
    if not others or func in COPIES:
        return True
    if func in INDEXED:
        if not isinstance(args[0], DeviceTensor):
            raise RuntimeError("indices should be either on cpu or on the same device as the indexed tensor (cpu)")
        others = [a for a in args[2:3] if isinstance(a, torch.Tensor) and not isinstance(a, DeviceTensor)]
    if any(a.ndim or func in JOINED for a in others):  # a tensor of one number may come from the CPU
        raise RuntimeError(
            f"Expected all tensors to be on the same device, but found at least two devices, cuda:0 and cpu! ({func})"
        )
    return True


def dispatch(func, args, kwargs):
    """An operation on the tensors' numbers; what it gives is on the device where its arrays, or its `device`, are."""
    on_device = refuse_mixed(func, args, kwargs)
    device, tensors = kwargs.get("device"), {}
    SYNCHRONISED[0] += on_device and func in READS

    def unwrapped(a):
        if isinstance(a, DeviceTensor):
            tensors[id(a.host)] = a
            return a.host
        return type(a)(map(unwrapped, a)) if type(a) in (list, tuple) else a

    def wrapped(a):
        if isinstance(a, torch.Tensor) and not isinstance(a, DeviceTensor):
            return tensors[id(a)] if id(a) in tensors else DeviceTensor(a)
        return type(a)(map(wrapped, a)) if type(a) in (list, tuple) else a

    host_args = unwrapped(tuple(args))
    host_kwargs = {name: unwrapped(value) for name, value in kwargs.items()}
    if device is not None:
        on_device = is_cuda(device)
        host_kwargs["device"] = torch.device("cpu") if on_device else device
    if host_kwargs.get("pin_memory"):
        host_kwargs["pin_memory"] = False
    out = func(*host_args, **host_kwargs)
    if func is aten.copy_.default:
        return args[0]
    return wrapped(out) if on_device else out


class _Mode(TorchDispatchMode):
    """Sees operations without an array of the device too: those that make one, and those that take one there."""

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False  # else torch imports its compiler, and asks it at every operation

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        if not types and not (kwargs and is_cuda(kwargs.get("device"))):  # the CPU's alone: most of them, of the reference
            return func(*args, **(kwargs or {}))
        return dispatch(func, args, kwargs or {})


_tensor = torch.tensor


def _tensor_on(data, *, device=None, requires_grad=False, **kwargs):
    """torch.tensor, which fills an array before any mode sees it."""
    if not is_cuda(device):
        return _tensor(data, device=device, requires_grad=requires_grad, **kwargs)
    return _tensor(data, **kwargs).to(CUDA).requires_grad_(requires_grad)


class _Stream:
    cuda_stream, device = 0, CUDA

    def synchronize(self) -> None:
        pass


class _Event:
    """An event for timing; the emulated device's times say nothing."""

    def __init__(self, enable_timing: bool = False):
        pass

    def record(self) -> None:
        pass

    def synchronize(self) -> None:
        pass

    def elapsed_time(self, end: "_Event") -> float:
        return 1.0


def activate() -> None:
    """Give torch its emulated device, in every thread that begins from now on, for the rest of this process."""
    libraries = pathlib.Path(torch.__file__).parent / "lib"
    guards = "_ZN3c104impl26device_guard_impl_registryE"  # c10::impl::device_guard_impl_registry, by type of device
    table = (ctypes.c_void_p * 2).in_dll(ctypes.CDLL(str(libraries / "libc10.so")), guards)
    table[1] = _guard.emulated_guard()  # 1: CUDA
    torch.__future__.set_swap_module_params_on_conversion(True)  # Module.to() must not put a DeviceTensor into a plain tensor
    torch.tensor = _tensor_on
    torch.version.cuda = "13.0"
    emulated = {
        "_lazy_init": lambda: None,
        "is_available": lambda: True,
        "device_count": lambda: 1,
        "current_device": lambda: 0,
        "get_device_name": lambda *args: "emulated on a CPU",
        "synchronize": lambda *args: None,
        "current_stream": lambda *args: _Stream(),
        "default_stream": lambda *args: _Stream(),
        "device": lambda *args: contextlib.nullcontext(),
        "max_memory_allocated": lambda *args: 0,
        "reset_peak_memory_stats": lambda *args: None,
        "Event": _Event,
    }
    for name, function in emulated.items():
        setattr(torch.cuda, name, function)
    run = threading.Thread.run

    def run_with_device(thread: threading.Thread) -> None:
        with _Mode():
            run(thread)

    threading.Thread.run = run_with_device
    _Mode().__enter__()
