"""The kernels for the browser: the same text, built as WebAssembly modules by the same compiler, cached like a library.

The scopes and the playground compute with them in the page, so that a picture follows the hand without a trip to the server. They
are no backend that Python could call: `module()` gives the bytes, `payload()` the text that carries them to the page, and
kernels/README.md says how the functions are called. A module exports what its page calls and no more.
"""

import base64
import dataclasses
import functools
import hashlib
import importlib.metadata
import importlib.util
import pathlib
import re
import sys
import zlib
from collections.abc import Callable

from snnviz import places
from snnviz.backends import source
from snnviz.laws import NormalLaw
from snnviz.neurons import NEURONS

FLAGS = (
    "-x", "c++", "-std=c++17", "-target", "wasm32-freestanding", "-O3", "-msimd128", "-mbulk-memory", "-fopenmp-simd",
    "-ffp-contract=off", "-fno-math-errno", "-fno-exceptions", "-fno-rtti", "-fvisibility=hidden", "-g0", "-nostdlib",
    "-nostdinc++", "-Wl,--no-entry", "-Wl,--strip-all", "-Wl,--export-memory",
)  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Module:
    """One WebAssembly module: its name, what it is for, the files of kernels/ that it is made of, and what a page can call."""

    name: str
    title: str
    files: tuple[str, ...]
    functions: Callable[[], tuple[str, ...]]

    @property
    def exports(self) -> tuple[str, ...]:
        """What a page can call or read; `__heap_base` is where free memory begins."""
        return (*self.functions(), "__heap_base")

    @property
    def text(self) -> str:
        """What is compiled: the joined text of the files. The headers' own guards keep them from counting twice."""
        return "\n".join(source.joined(file) for file in self.files)

    @property
    def flags(self) -> tuple[str, ...]:
        """The arguments of the compiler, without the files."""
        return (*FLAGS, *(f"-Wl,--export={name}" for name in self.exports))


KERNELS = tuple(dict.fromkeys(cls.kernel for cls in NEURONS.values()))
SWEPT = tuple(dict.fromkeys(cls.kernel for cls in NEURONS.values() if cls.fires and cls.differentiable))
STANDING = ("single_exponential", "fast_sigmoid", "gaussian", "triangle")  # the surrogates of the playground: those with one width
PLAYED = ("lif", "alif", "cuba")  # the neurons of the playground's hidden layers; IF is `lif`


def _of_the_scopes() -> tuple[str, ...]:
    """Every neuron forward and its adjoint for given slopes, LIF's adjoint with every derivative."""
    forward, backward = (f"{name}_forward" for name in KERNELS), (f"{name}_backward_given" for name in SWEPT)
    return (*forward, *backward, *(f"lif_backward_{derivative}" for derivative in source.derivatives()))


def _of_the_playground() -> tuple[str, ...]:
    """Its neurons forward and backward for given slopes, the slopes by every derivative, what playground.cu marks with PLAY."""
    scans = (f"{name}_{way}" for name in PLAYED for way in ("forward", "backward_given"))
    own = re.findall(r"^PLAY\(\w+\) (\w+)", (places.kernels() / "playground.cu").read_text(encoding="utf-8"), re.MULTILINE)
    slopes = (f"play_slopes_{derivative}" for derivative in (*STANDING, NormalLaw.kernel))  # the law of LocalZO in the page
    return (*scans, "leaky_forward", "leaky_backward_never", *slopes, *own)


SCOPES = Module("browser", "the kernels for the browser", tuple(f"{name}.cu" for name in KERNELS), _of_the_scopes)
PLAYGROUND = Module("playground", "the kernels for the playground", ("playground.cu",), _of_the_playground)
MODULES = (SCOPES, PLAYGROUND)


def unusable(which: Module = SCOPES) -> str | None:
    """One sentence: why the module cannot be built here. None: it can, or the cache has it."""
    try:
        path(which)
    except source.NoCompiler as missing:
        return str(missing)
    return None


def path(which: Module = SCOPES) -> pathlib.Path:
    """Where the built module is, or will be. A system compiler is no substitute here: few can write WebAssembly.

    Raises:
        NoCompiler: the ziglang package is not installed.
    """
    if not importlib.util.find_spec("ziglang"):
        raise source.NoCompiler("The kernels cannot be built for the browser: install the ziglang package (pip install ziglang).")
    key = "\n".join((which.text, *which.flags, f"ziglang {importlib.metadata.version('ziglang')}"))
    return places.cache() / f"{which.name}-{hashlib.sha256(key.encode()).hexdigest()[:16]}.wasm"


@functools.cache
def module(which: Module = SCOPES) -> bytes:
    """The WebAssembly module, built on first use on this machine (some ten seconds) and kept.

    Raises:
        NoCompiler: there is no compiler. RuntimeError: it could not compile the text; its first complaint is quoted.
    """
    return build(which, path(which)).read_bytes()


@functools.cache
def payload(which: Module = SCOPES) -> str:
    """The module as it is sent to the browser: deflated, in base64; a seventh of its size."""
    return packed(module(which))


def packed(data: bytes) -> str:
    """Bytes as text for JSON, deflated first; unpacked in the page by `unpack` of assets/scope/kernels.js."""
    return base64.b64encode(zlib.compress(data, 6)).decode("ascii")


def build(which: Module, file: pathlib.Path) -> pathlib.Path:
    """Compile a module into `file`, unless it is there; return where it is."""
    command = (sys.executable, "-m", "ziglang", "c++", *which.flags)
    return source.compiled(file, which.title, f"{which.name}.cu", which.text, command)
