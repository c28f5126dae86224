"""Folders: where version 0.1.0 left a store, a cache and recordings on Linux they are found again, and no other module decides."""

import re
import sys
import tempfile
from pathlib import Path

import pytest

from snnviz import places

ROOT = Path(__file__).parents[1]
VARIABLES = ("SNNVIZ_HOME", "SNNVIZ_CACHE", "SNNVIZ_DATA", "XDG_DATA_HOME", "XDG_CACHE_HOME")


@pytest.fixture(autouse=True)
def ada(monkeypatch, tmp_path):
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "ada"))
    return tmp_path / "ada"


@pytest.mark.skipif(sys.platform != "linux", reason="the places of Linux")
def test_the_places_of_linux_are_those_of_version_0_1_0(monkeypatch, ada, tmp_path):
    assert places.home() == ada / ".local/share/snnviz"
    assert places.cache() == ada / ".cache/snnviz"
    assert places.data() == ada / ".cache/snnviz/sets"
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", "/fast")
    assert (places.home(), places.cache()) == (tmp_path / "data/snnviz", Path("/fast/snnviz"))


def test_a_variable_moves_its_folder_and_a_given_folder_wins(monkeypatch, ada):
    for name, folder in (("SNNVIZ_HOME", places.home), ("SNNVIZ_CACHE", places.cache), ("SNNVIZ_DATA", places.data)):
        monkeypatch.setenv(name, "~/there")
        assert folder() == ada / "there"
        monkeypatch.setenv(name, "")
        assert folder().name in ("snnviz", "sets", "Cache")
    monkeypatch.setenv("SNNVIZ_CACHE", "/fast")
    assert places.data() == Path("/fast/sets")
    monkeypatch.setenv("SNNVIZ_DATA", "/sets")
    assert places.data() == Path("/sets") and places.data("~/mine") == ada / "mine"


def test_what_comes_with_snnviz_is_there():
    assert (places.assets() / "references.bib").is_file() and (places.kernels() / "scan.cuh").is_file()


def test_no_other_module_decides_where_things_lie():
    decides = re.compile(r"""environ.*["']SNNVIZ_(HOME|CACHE|DATA)["']|Path\.home\(\)|XDG_|LOCALAPPDATA|import platformdirs""")
    for path in [*(ROOT / "snnviz").rglob("*.py"), *(ROOT / "pages").rglob("*.py"), ROOT / "app.py"]:
        if path.name != "places.py":
            assert not decides.search(path.read_text(encoding="utf-8")), path


@pytest.fixture
def troubled(monkeypatch, tmp_path):
    """A machine of its own as far as folders are concerned: nothing noted, and a temporary folder that is this test's."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(places, "_troubles", {})
    for asked_once in (places.spare, places._writable):
        asked_once.cache_clear()
    yield tmp_path
    for asked_once in (places.spare, places._writable):
        asked_once.cache_clear()


def test_a_home_that_cannot_be_written_is_said_and_a_temporary_folder_takes_its_place(troubled, monkeypatch, capfd):
    (troubled / "file").touch()
    monkeypatch.setenv("SNNVIZ_HOME", str(troubled / "file" / "home"))
    spare = places.home()
    assert spare.parent == troubled / "temporary" and spare == places.home() and spare.stat().st_mode & 0o077 == 0
    (sentence,) = places.troubles()
    assert str(troubled / "file" / "home") in sentence and str(spare) in sentence and "SNNVIZ_HOME" in sentence
    assert capfd.readouterr().err.count("cannot be written") == 1


def test_a_temporary_folder_that_others_may_write_is_not_taken(troubled):
    theirs = places.spare()
    theirs.chmod(0o777)
    places.spare.cache_clear()
    assert places.spare() != theirs and places.spare().stat().st_mode & 0o077 == 0
