"""Folders: where version 0.1.0 left a store, a cache and recordings on Linux they are found again, and no other module decides."""

import re
import sys
from pathlib import Path

import pytest

from snnviz import places

ROOT = Path(__file__).parents[1]
VARIABLES = ("SNNVIZ_HOME", "SNNVIZ_CACHE", "SNNVIZ_DATA", "XDG_DATA_HOME", "XDG_CACHE_HOME")


@pytest.fixture(autouse=True)
def person(monkeypatch):
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", "/home/ada")


@pytest.mark.skipif(sys.platform != "linux", reason="the places of Linux")
def test_the_places_of_linux_are_those_of_version_0_1_0(monkeypatch):
    assert places.home() == Path("/home/ada/.local/share/snnviz")
    assert places.cache() == Path("/home/ada/.cache/snnviz")
    assert places.data() == Path("/home/ada/.cache/snnviz/sets")
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    monkeypatch.setenv("XDG_CACHE_HOME", "/fast")
    assert (places.home(), places.cache()) == (Path("/data/snnviz"), Path("/fast/snnviz"))


def test_a_variable_moves_its_folder_and_a_given_folder_wins(monkeypatch):
    for name, folder in (("SNNVIZ_HOME", places.home), ("SNNVIZ_CACHE", places.cache), ("SNNVIZ_DATA", places.data)):
        monkeypatch.setenv(name, "~/there")
        assert folder() == Path("/home/ada/there")
        monkeypatch.setenv(name, "")
        assert folder().name in ("snnviz", "sets", "Cache")
    monkeypatch.setenv("SNNVIZ_CACHE", "/fast")
    assert places.data() == Path("/fast/sets")
    monkeypatch.setenv("SNNVIZ_DATA", "/sets")
    assert places.data() == Path("/sets") and places.data("~/mine") == Path("/home/ada/mine")


def test_what_comes_with_snnviz_is_there():
    assert (places.assets() / "references.bib").is_file() and (places.kernels() / "scan.cuh").is_file()


def test_no_other_module_decides_where_things_lie():
    decides = re.compile(r"""environ.*["']SNNVIZ_(HOME|CACHE|DATA)["']|Path\.home\(\)|XDG_|LOCALAPPDATA|import platformdirs""")
    for path in [*(ROOT / "snnviz").rglob("*.py"), *(ROOT / "pages").rglob("*.py"), ROOT / "app.py"]:
        if path.name != "places.py":
            assert not decides.search(path.read_text(encoding="utf-8")), path
