"""From kernels/*.cu to something that runs: joins the text, names it by its content, and compiles it as C++ once.

The cache's key is the SHA-256 of the joined text, the flags, the compiler's version and the processor's abilities; the
library is written under a lock, by rename, into the user's cache directory (SNNVIZ_CACHE overrides it). Beside it lies the
SHA-256 of its bytes: one that a power cut or a full disk has left in part is built anew. Where the cache cannot be written,
the library goes to a temporary folder.
"""

import contextlib
import contextvars
import ctypes
import errno
import functools
import hashlib
import importlib.metadata
import importlib.util
import os
import pathlib
import platform
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator

from snnviz import places

FLAGS = (
    "-x",
    "c++",
    "-std=c++17",
    "-O3",
    "-fopenmp-simd",
    "-ffp-contract=off",
    "-fno-math-errno",
    "-fno-exceptions",
    "-fno-rtti",
    "-fvisibility=hidden",
    "-g0",  # what a debugger would read takes zig as long to write as the code itself
    "-shared",
)
SUFFIX = {"Windows": ".dll", "Darwin": ".dylib"}.get(platform.system(), ".so")


class NoCompiler(RuntimeError):
    """There is nothing here to compile C++ with."""


@functools.cache
def joined(name: str) -> str:
    """The text of kernels/<name> with its local headers pasted in once each, so that one string is source, cache key and
    error position (#line keeps it)."""
    folder, included = places.kernels(), set()

    def text(file: str) -> str:
        included.add(file)
        lines = [f'#line 1 "{file}"']
        for number, line in enumerate((folder / file).read_text(encoding="utf-8").splitlines(), 1):
            include = re.match(r'\s*#include "(.+)"', line)
            if not include:
                lines.append(line)
            elif include[1] not in included:
                lines += [text(include[1]), f'#line {number + 1} "{file}"']
            else:
                lines.append("")
        return "\n".join(lines)

    return text(name) + "\n"


@functools.cache
def derivatives() -> dict[str, str]:
    """Every derivative that the kernels can compute themselves: its name and its functor, in the order of SNN_DERIVATIVES
    in kernels/spike_derivative.cuh, the one table of them."""
    text = (places.kernels() / "spike_derivative.cuh").read_text(encoding="utf-8")
    table = re.search(r"#define SNN_DERIVATIVES\(.*\n(?:.*\\\n)*.*", text)
    assert table, "spike_derivative.cuh holds no SNN_DERIVATIVES"
    return dict(re.findall(r"X\(__VA_ARGS__, (\w+), (\w+<\w+>)\)", table[0]))


@functools.cache
def compiler() -> tuple[tuple[str, ...], str]:
    """The C++ compiler's command and version: $CXX, else the ziglang wheel's clang, else the system's c++.

    Raises:
        NoCompiler: there is none.
    """
    if chosen := os.environ.get("CXX"):
        command = tuple(shlex.split(chosen))
        if not shutil.which(command[0]):
            raise NoCompiler(f"CXX names '{chosen}', which is not there.")
    elif importlib.util.find_spec("ziglang"):
        return (sys.executable, "-m", "ziglang", "c++"), f"ziglang {importlib.metadata.version('ziglang')}"
    else:
        executable = next((path for name in ("c++", "g++", "clang++") if (path := shutil.which(name))), None)
        if not executable:
            raise NoCompiler("There is no C++ compiler: install the ziglang package (pip install ziglang) or a system c++.")
        command = (executable,)
    version = subprocess.run([*command, "--version"], capture_output=True, text=True, check=False).stdout.splitlines()
    return command, version[0] if version else command[0]


@functools.cache
def processor() -> str:
    """What this processor can do: a library built for one must not run on another."""
    try:
        info = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8")
        flags = re.search(r"^(?:flags|Features)\s*:(.*)$", info, re.MULTILINE)
        return platform.machine() + (flags[1] if flags else "")
    except OSError:
        return platform.machine() + platform.processor()


def flags(command: tuple[str, ...], real: str) -> tuple[str, ...]:
    """The compiler's flags for one kernel; real: "float" or "double", the kernels' number type."""
    extra = [f"-DSNN_REAL={real}"]
    if platform.machine().lower() in ("x86_64", "amd64"):
        extra.append("-march=native")
    if platform.system() != "Windows":
        extra.append("-fPIC")
    if "ziglang" in command:
        extra += ["-nostdinc++", "-nostdlib++"]  # kernels need no C++ library; building zig's takes a minute
    return (*FLAGS, *extra)


def library_path(name: str, real: str) -> pathlib.Path:
    """Where the built library of kernels/<name>.cu is, or will be."""
    command, version = compiler()
    key = "\n".join((joined(f"{name}.cu"), *flags(command, real), version, processor()))
    return places.cache() / f"{name}-{real}-{hashlib.sha256(key.encode()).hexdigest()[:16]}{SUFFIX}"


@functools.cache
def library(name: str, real: str) -> ctypes.CDLL:
    """The library of kernels/<name>.cu for real = float or double, built on first use on this machine.

    Raises:
        NoCompiler: there is no compiler. RuntimeError: it could not compile the text; its first complaint is quoted.
    """
    return ctypes.CDLL(str(build(name, real, library_path(name, real))))


def build(name: str, real: str, path: pathlib.Path) -> pathlib.Path:
    """Compile kernels/<name>.cu into `path`, unless it is there; return where it is."""
    command, _ = compiler()
    return compiled(path, f"the kernel {name} ({real})", f"{name}.cu", joined(f"{name}.cu"), (*command, *flags(command, real)))


def compiled(path: pathlib.Path, title: str, name: str, text: str, command: tuple[str, ...]) -> pathlib.Path:
    """Compile `text`, called `name` in messages, into `path`, unless it is there or another process is at it: then wait for that.

    Return where it is: `path`, or a file of a temporary folder where that of `path` cannot be written.

    Raises:
        RuntimeError: the compiler refused it; its first complaint is quoted. OSError: no folder can be written.
    """
    if (present := whole(path)) is not None:
        return present
    with _announce.get()(title):
        try:
            return _compile(path, name, text, command)
        except OSError as problem:
            places.cannot_write(path.parent, problem, "built kernels")
            return _compile(places.spare() / path.name, name, text, command)


def whole(path: pathlib.Path) -> pathlib.Path | None:
    """Where a compiled file is with all its bytes: `path`, or the temporary folder; None if it must be built."""
    return next((place for place in (path, places.spare() / path.name) if _is_whole(place)), None)


def _is_whole(path: pathlib.Path) -> bool:
    try:
        return _digest(path).read_text(encoding="ascii") == hashlib.sha256(path.read_bytes()).hexdigest()
    except (OSError, ValueError):
        return False


def _digest(path: pathlib.Path) -> pathlib.Path:
    return path.with_name(f"{path.name}.sha256")


def _compile(path: pathlib.Path, name: str, text: str, command: tuple[str, ...]) -> pathlib.Path:
    from filelock import FileLock

    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_suffix(".lock")), tempfile.TemporaryDirectory(dir=path.parent) as folder:
        if _is_whole(path):
            return path
        unit, out = pathlib.Path(folder) / name, pathlib.Path(folder) / path.name
        unit.write_text(text, encoding="utf-8")
        environment = os.environ | places.of_compiler(path.parent)
        result = subprocess.run([*command, str(unit), "-o", str(out)], capture_output=True, text=True, check=False, env=environment)
        if result.returncode:
            if re.search(r"no ?space ?left", result.stderr, re.IGNORECASE):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path.parent))
            complaint = next((line for line in result.stderr.splitlines() if "error" in line), result.stderr[:300])
            raise RuntimeError(f"The C++ compiler ({shlex.join(command[:4])}) could not build kernels/{name}: {complaint}")
        with out.open("rb+") as file:
            os.fsync(file.fileno())  # else a power cut may keep the name and lose the bytes
        _digest(out).write_text(hashlib.sha256(out.read_bytes()).hexdigest(), encoding="ascii")
        os.replace(out, path)
        os.replace(_digest(out), _digest(path))
    return path


@contextlib.contextmanager
def _on_stderr(title: str) -> Iterator[None]:
    print(f"snnviz: building {title} for this machine, once ...", file=sys.stderr, flush=True)
    start = time.perf_counter()
    yield
    print(f"snnviz: {title} was built in {time.perf_counter() - start:.1f} s", file=sys.stderr, flush=True)


Announce = Callable[[str], contextlib.AbstractContextManager[None]]
_announce: contextvars.ContextVar[Announce] = contextvars.ContextVar("announce", default=_on_stderr)


@contextlib.contextmanager
def announced(announce: Announce) -> Iterator[None]:
    """Within this context, and on this thread, `announce(title)` is entered while something is built: who waits is told so."""
    token = _announce.set(announce)
    try:
        yield
    finally:
        _announce.reset(token)
