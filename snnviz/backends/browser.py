"""The kernels for the browser: the same text, built as one WebAssembly module by the same compiler, cached like a library.

A scope in the page computes with it, so that a picture follows the hand without a trip to the server. It is no backend
that Python could call: `module()` gives the bytes, `payload()` the text that carries them to the page, and kernels/README.md
says how the functions are called. Only what a page shows is exported: every neuron forward and its adjoint for given values of
ds/du, and LIF's adjoint with every derivative, which gives those values.
"""

import base64
import functools
import hashlib
import importlib.metadata
import importlib.util
import pathlib
import sys
import zlib

from snnviz import places
from snnviz.backends import source
from snnviz.neurons import NEURONS

KERNELS = tuple(dict.fromkeys(cls.kernel for cls in NEURONS.values()))
SWEPT = tuple(dict.fromkeys(cls.kernel for cls in NEURONS.values() if cls.fires and cls.differentiable))
FLAGS = (
    "-x", "c++", "-std=c++17", "-target", "wasm32-freestanding", "-O3", "-msimd128", "-fopenmp-simd", "-ffp-contract=off",
    "-fno-math-errno", "-fno-exceptions", "-fno-rtti", "-fvisibility=hidden", "-g0", "-nostdlib", "-nostdinc++",
    "-Wl,--no-entry", "-Wl,--strip-all", "-Wl,--export-memory",
)  # fmt: skip


def exports() -> tuple[str, ...]:
    """What a page can call or read: every neuron forward and its adjoint for given slopes, LIF's adjoint with every derivative,
    where free memory begins."""
    forward, backward = (f"{name}_forward" for name in KERNELS), (f"{name}_backward_given" for name in SWEPT)
    return (*forward, *backward, *(f"lif_backward_{derivative}" for derivative in source.derivatives()), "__heap_base")


def flags() -> tuple[str, ...]:
    """The arguments of the compiler, without the files."""
    return (*FLAGS, *(f"-Wl,--export={name}" for name in exports()))


def unusable() -> str | None:
    """One sentence: why the module cannot be built here. None: it can, or the cache has it."""
    try:
        path()
    except source.NoCompiler as missing:
        return str(missing)
    return None


@functools.cache
def text() -> str:
    """What is compiled: the joined text of every neuron's file. The headers' own guards keep them from counting twice."""
    return "\n".join(source.joined(f"{name}.cu") for name in KERNELS)


def path() -> pathlib.Path:
    """Where the built module is, or will be. A system compiler is no substitute here: few can write WebAssembly.

    Raises:
        NoCompiler: the ziglang package is not installed.
    """
    if not importlib.util.find_spec("ziglang"):
        raise source.NoCompiler("The kernels cannot be built for the browser: install the ziglang package (pip install ziglang).")
    key = "\n".join((text(), *flags(), f"ziglang {importlib.metadata.version('ziglang')}"))
    return places.cache() / f"browser-{hashlib.sha256(key.encode()).hexdigest()[:16]}.wasm"


@functools.cache
def module() -> bytes:
    """The WebAssembly module, built on first use on this machine (some ten seconds) and kept.

    Raises:
        NoCompiler: there is no compiler. RuntimeError: it could not compile the text; its first complaint is quoted.
    """
    return build(path()).read_bytes()


@functools.cache
def payload() -> str:
    """The module as it is sent to the browser: deflated, in base64; a seventh of its size."""
    return packed(module())


def packed(data: bytes) -> str:
    """Bytes as text for JSON, deflated first; unpacked in the page by `unpack` of assets/scope/kernels.js."""
    return base64.b64encode(zlib.compress(data, 6)).decode("ascii")


def build(file: pathlib.Path) -> pathlib.Path:
    """Compile the module into `file`, unless it is there; return where it is."""
    command = (sys.executable, "-m", "ziglang", "c++", *flags())
    return source.compiled(file, "the kernels for the browser", "browser.cu", text(), command)
