"""What a machine builds once: all parts, side by side, and nothing twice; a page that must wait for one says so at once."""

import shutil

import pytest

from snnviz.__main__ import main
from snnviz.backends import prepare
from snnviz.neurons import NEURONS
from tests.app_server import Visit, running_app

MISSING = {"the kernel leaky (float)", "the kernel izhikevich (double)"}  # a second each


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """A cache that holds all that the app needs but for `MISSING`."""
    for _ in prepare.build_missing():
        pass
    for part in prepare.parts():
        if part.title not in MISSING:
            shutil.copy(part.path, tmp_path)
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
    from snnviz.backends import source

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


@pytest.mark.browser
def test_a_page_that_must_build_says_so_and_then_draws(cache, chromium):
    with running_app() as url:
        page = chromium.new_page()
        visit = Visit(page, url)
        page.goto(f"{url}/neuron?view=figure&neuron=LeakyReadout")
        says = page.get_by_text("Building the kernel leaky (float) for this machine, once")
        says.wait_for(timeout=60_000)
        says.wait_for(state="detached", timeout=60_000)
        visit.settle()
        assert page.locator('[class*="st-key-figure-traces"]').is_visible() and not visit.errors
        page.close()
    assert all(part.built for part in prepare.parts() if "leaky" in part.title)
