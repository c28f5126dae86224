"""What a machine builds once: all parts, side by side, and nothing twice; a page that must wait for one says so at once."""

import ctypes
import errno
import os
import pathlib
import shutil
import tempfile

import pytest
from filelock import FileLock

from snnviz import places
from snnviz.__main__ import main
from snnviz.backends import prepare, source
from snnviz.neurons import NEURONS
from snnviz.ui import problems
from tests.app_server import Visit, running_app

MISSING = {"the kernel leaky (float)", "the kernel izhikevich (double)"}  # a second each


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """A cache that holds all that the app needs but for `MISSING`."""
    for _ in prepare.build_missing():
        pass
    for part in prepare.parts():
        if part.title not in MISSING:
            for file in (part.path, part.path.with_name(f"{part.path.name}.sha256")):
                shutil.copy(file, tmp_path)
    monkeypatch.setenv("SNNVIZ_CACHE", str(tmp_path))
    prepare.parts.cache_clear()
    yield tmp_path
    prepare.parts.cache_clear()


def test_what_is_missing_is_built_with_a_line_each_and_once(cache, capfd):
    assert {part.title for part in prepare.parts() if not part.built} == MISSING
    assert main(["build"]) == 0
    lines = capfd.readouterr().err.splitlines()
    assert sorted(line[:5] for line in lines if line[0] == "[") == ["[1/2]", "[2/2]"]
    assert all(any(title in line for line in lines) for title in MISSING)
    assert all(part.built and part.path.parent == cache for part in prepare.parts())
    before = {path: path.stat().st_mtime_ns for path in cache.iterdir()}
    assert main(["build"]) == 0
    assert "already" in capfd.readouterr().err and before == {path: path.stat().st_mtime_ns for path in cache.iterdir()}


def test_every_neuron_is_prepared():
    titles = {part.title for part in prepare.parts()}
    assert {f"the kernel {cls.kernel} ({real})" for cls in NEURONS.values() for real in ("float", "double")} < titles


def test_a_compiler_that_is_missing_is_named(monkeypatch, capfd):
    monkeypatch.setenv("CXX", "no-such-compiler")
    for function in (source.compiler, prepare.parts):
        function.cache_clear()
    try:
        assert main(["build"]) == 2
    finally:
        source.compiler.cache_clear()
        prepare.parts.cache_clear()
    complaint = capfd.readouterr().err
    assert "no-such-compiler" in complaint and "Traceback" not in complaint


LEAKY = '#line 1 "leaky.cu"\n#define API extern "C" __attribute__((visibility("default")))\nAPI int answer() { return 42; }\n'


@pytest.fixture
def answers(tmp_path, monkeypatch):
    """A small kernel, and what building it gives: where it is, and what it answers when it is loaded."""
    monkeypatch.setattr(source, "joined", lambda name: LEAKY)

    def build(folder: str = "cache"):
        path = source.build("answer", "float", tmp_path / folder / "answer.so")
        return path, ctypes.CDLL(str(path)).answer()

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(places, "_troubles", {})
    places.spare.cache_clear()
    yield build
    places.spare.cache_clear()


@pytest.mark.parametrize("left", [b"", b"half", None], ids=["nothing", "a part", "another byte"])
def test_a_library_that_was_damaged_is_built_anew(answers, left):
    path, answer = answers()
    assert answer == 42
    whole = path.read_bytes()
    path.unlink()  # a loaded library keeps its bytes
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]) if left is None else left)
    assert source.whole(path) is None
    assert answers() == (path, 42) and path.read_bytes() == whole


def test_a_cache_that_cannot_be_written_gives_way_to_a_temporary_folder(answers, tmp_path):
    (tmp_path / "cache").touch()
    path, answer = answers()
    assert answer == 42 and path.parent == places.spare()
    assert [str(tmp_path / "cache") in text for text in places.troubles()] == [True]
    before = path.stat().st_mtime_ns
    assert answers()[0].stat().st_mtime_ns == before, "it was built twice"


def test_a_full_disk_gives_way_to_a_temporary_folder(answers, tmp_path, monkeypatch):
    replace = os.replace

    def full(old, new):
        if pathlib.Path(new).parent == tmp_path / "cache":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(new))
        replace(old, new)

    monkeypatch.setattr(os, "replace", full)
    path, answer = answers()
    assert answer == 42 and path.parent == places.spare() and "No space left" in places.troubles()[0]


def test_where_nothing_can_be_written_the_problem_is_one_of_files(answers, monkeypatch):
    def full(old, new):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(new))

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space left") as problem:
        answers()
    assert "disk is full" in problems.sentence(problem.value)


@pytest.mark.browser
def test_a_page_that_must_build_says_so_and_then_draws(cache, chromium):
    part = next(part for part in prepare.parts() if part.title == "the kernel leaky (float)")
    with FileLock(part.path.with_suffix(".lock")) as builder, running_app() as url:  # another process is at it
        page = chromium.new_page()
        visit = Visit(page, url)
        page.goto(f"{url}/neuron?view=figure&neuron=LeakyReadout")
        says = page.get_by_text("Building the kernel leaky (float) for this machine, once")
        says.wait_for(timeout=60_000)
        builder.release()
        says.wait_for(state="detached", timeout=60_000)
        visit.settle()
        assert page.locator('[class*="st-key-figure-traces"]').is_visible() and not visit.errors
        page.close()
    assert part.built
