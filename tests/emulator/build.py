"""Builds what the emulator is made of, once each, with the compiler that builds the kernels (the ziglang package).

Nothing here imports torch or snnviz: the first library must be loaded before torch is.
"""

import hashlib
import importlib.metadata
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import platformdirs
from filelock import FileLock

HERE = pathlib.Path(__file__).resolve().parent
COMPILER = (sys.executable, "-m", "ziglang", "c++")
FLAGS = ("-O1", "-fPIC", "-w", "-fno-sanitize=undefined", "-fno-rtti")


def cache() -> pathlib.Path:
    """The folder of built libraries: beside the kernels' own."""
    folder = os.environ.get("SNNVIZ_CACHE") or platformdirs.user_cache_path("snnviz", appauthor=False)
    return pathlib.Path(folder) / "emulator"


def compiled(name: str, text: str, *flags: str) -> pathlib.Path:
    """The library made of a C++ text; `name` is for people. Taken from the cache where the same text was built before.

    Raises:
        RuntimeError: the compiler refused it.
    """
    version = importlib.metadata.version("ziglang")
    key = hashlib.sha256("\n".join((text, *FLAGS, *flags, version)).encode()).hexdigest()[:16]
    path = cache() / f"{name}-{key}.so"
    if path.is_file():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_suffix(".lock")), tempfile.TemporaryDirectory(dir=path.parent) as folder:
        if path.is_file():
            return path
        print(f"emulator: building {path.name}", file=sys.stderr, flush=True)
        unit, part, library = (str(pathlib.Path(folder) / f"{name}{suffix}") for suffix in (".cpp", ".o", ".so"))
        pathlib.Path(unit).write_text(text, encoding="utf-8")
        _run(*COMPILER, *FLAGS, *flags, "-c", unit, "-o", part)
        _run(*COMPILER, "-nostdlib++", "-shared", part, "-o", library)  # linked apart: a sanitiser's own runtime must stay out
        os.replace(library, path)
    return path


def kernels(text: str, *flags: str) -> list[str]:
    """The names of the kernels (`__global__` functions) in a CUDA text, its macros expanded; kept in the cache like a library."""
    path = cache() / f"names-{hashlib.sha256(chr(10).join((text, *flags)).encode()).hexdigest()[:16]}.txt"
    if not path.is_file():
        expanded = _run(*COMPILER, *flags, "-D__CUDACC__", "-D__global__=EMULATED_GLOBAL", "-E", "-P", "-x", "c++", "-", given=text)
        path.parent.mkdir(parents=True, exist_ok=True)
        written = path.with_suffix(f".{os.getpid()}")
        written.write_text("\n".join(re.findall(r"EMULATED_GLOBAL void (\w+)\(", expanded)), encoding="utf-8")
        os.replace(written, path)
    return path.read_text(encoding="utf-8").split()


def _run(*command: str, given: str | None = None) -> str:
    result = subprocess.run(command, input=given, capture_output=True, text=True, check=False)
    if result.returncode:
        raise RuntimeError(f"{' '.join(command[:4])} failed:\n{result.stderr[:3000]}")
    return result.stdout
