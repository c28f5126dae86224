"""The kernels' text as CUDA: every instance compiles for every architecture, with NVRTC, on a machine without a GPU."""

import ctypes
import importlib.util
import pathlib
import re

import pytest

from snnviz import places
from snnviz.backends import source
from snnviz.neurons import NEURONS
from tests.helpers import FOR_THE_BROWSER

FILES = sorted(path.name for path in places.kernels().glob("*.cu"))
SWEPT = sorted({f"{n.kernel}.cu" for n in NEURONS.values() if n.differentiable and n.fires})  # those with an adjoint for spikes


@pytest.fixture(scope="module")
def nvrtc():
    package = importlib.util.find_spec("nvidia")
    assert package, "the nvidia-cuda-nvrtc wheel of requirements-dev.txt is missing"
    libraries = [p for folder in package.submodule_search_locations for p in pathlib.Path(folder).rglob("libnvrtc.so*")]
    libraries = [p for p in libraries if "builtins" not in p.name and ".alt" not in p.name]
    return ctypes.CDLL(str(libraries[0]))


def ptx(nvrtc, text: str, name: str, architecture: int, real: str, *more: str) -> str:
    """Compile as CuPy does, and give the PTX."""
    program = ctypes.c_void_p()
    options = [
        f"--gpu-architecture=compute_{architecture}",
        "--std=c++17",
        "--fmad=false",
        "-ftz=true",
        f"-DSNN_REAL={real}",
        *more,
    ]
    assert nvrtc.nvrtcCreateProgram(ctypes.byref(program), text.encode(), name.encode(), 0, None, None) == 0
    failed = nvrtc.nvrtcCompileProgram(program, len(options), (ctypes.c_char_p * len(options))(*map(str.encode, options)))
    size = ctypes.c_size_t()
    nvrtc.nvrtcGetProgramLogSize(program, ctypes.byref(size))
    log = ctypes.create_string_buffer(size.value)
    nvrtc.nvrtcGetProgramLog(program, log)
    assert not failed, f"{name}, sm_{architecture}: {log.value.decode()[:2000]}"
    nvrtc.nvrtcGetPTXSize(program, ctypes.byref(size))
    out = ctypes.create_string_buffer(size.value)
    nvrtc.nvrtcGetPTX(program, out)
    nvrtc.nvrtcDestroyProgram(ctypes.byref(program))
    return out.value.decode()


@pytest.mark.parametrize("architecture", [80, 90, 120])
@pytest.mark.parametrize("file", [file for file in FILES if file not in FOR_THE_BROWSER])
def test_every_instance_compiles(nvrtc, file, architecture):
    """In float a fused multiply-add would round otherwise than the CPU; arrays of one thread must stay in registers, which is seen
    where the optimiser has done all it can: on the first architecture."""
    real = "float" if architecture != 90 else "double"
    out = ptx(nvrtc, source.joined(file), file, architecture, real, *(["--Ofast-compile=max"] if architecture != 80 else []))
    entries = set(re.findall(r"\.entry (\w+)", out))
    expected = {f"{n.kernel}_forward" for n in (cls() for cls in NEURONS.values()) if f"{n.kernel}.cu" == file}
    assert expected <= entries
    if file in SWEPT:
        stem = file.removesuffix(".cu")
        assert {f"{stem}_backward_{derivative}" for derivative in (*source.derivatives(), "given")} <= entries
    assert (architecture != 80 or ".local" not in out) and (real == "double" or "fma" not in out)


@pytest.mark.parametrize("file", sorted(FOR_THE_BROWSER))
def test_what_no_gpu_runs_is_cuda_all_the_same(nvrtc, file):
    """Without the optimiser, which has nothing to say of it."""
    assert ".func" in ptx(nvrtc, source.joined(file), file, 80, "float", "-G")


def test_joined_keeps_places_and_pastes_each_header_once():
    text = source.joined("lif.cu")
    assert "#include" not in text and text.count("struct Scan {") == 1 and text.count("SNN_APART void draw_words(") == 1
    assert re.search(r'#line 3 "lif.cu"\n// c = \{beta', text)


def test_a_broken_kernel_is_reported_with_its_place(tmp_path, monkeypatch):
    monkeypatch.setattr(source, "joined", lambda name: '#line 7 "broken.cu"\nint f( {\n')
    with pytest.raises(RuntimeError, match=r"could not build kernels/broken.cu: .*broken.cu:7"):
        source.build("broken", "float", tmp_path / "broken.so")


def test_the_cache_is_keyed_by_text_flags_and_precision(monkeypatch):
    path = source.library_path("lif", "float")
    assert path != source.library_path("lif", "double")
    monkeypatch.setattr(source, "joined", lambda name: "// changed")
    assert path != source.library_path("lif", "float")
