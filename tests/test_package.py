"""What a person gets who installs snnviz: the wheel, in an environment of its own, run from a folder that is not the clone."""

import importlib.metadata
import os
import re
import subprocess
import sys
import sysconfig
import tomllib
import venv
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.app_server import Visit, running_app
from tests.test_floors import imports

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
DECLARED = [Requirement(r) for part in (PROJECT["dependencies"], *PROJECT["optional-dependencies"].values()) for r in part]


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_the_declared_packages_are_those_that_are_pinned():
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    pinned = {plain(r.name): r for line in lines if line and line[0] != "#" for r in [Requirement(line)]}
    assert set(pinned) == {plain(r.name) for r in DECLARED}
    for declared in DECLARED:
        (pin,) = pinned[plain(declared.name)].specifier
        assert declared.specifier.contains(pin.version), f"{declared} leaves out the version {pin.version} that is tested"


def test_every_imported_package_is_declared():
    declared = {plain(r.name) for r in DECLARED}
    distributions, missing = importlib.metadata.packages_distributions(), set()
    for path in [*(ROOT / "snnviz").rglob("*.py"), *(ROOT / "pages").rglob("*.py"), ROOT / "app.py"]:
        for package in {module.split(".")[0] for module, _ in imports(path)} - {"snnviz", "app", *sys.stdlib_module_names}:
            names = {plain(name) for name in distributions.get(package, ["cupy-cuda13x"] if package == "cupy" else [package])}
            missing |= {f"{path.relative_to(ROOT)}: {package}"} if not names & declared else set()
    assert not missing, "imported, and not named in pyproject.toml"


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """The folder of programs of an environment with the wheel in it and, beside it, the requirements of this one."""
    folder = tmp_path_factory.mktemp("package")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    subprocess.run([*pip, "wheel", "--no-deps", "--no-build-isolation", "--no-index", f"--wheel-dir={folder}", ROOT], check=True)
    (wheel,) = folder.glob("snnviz-*.whl")
    venv.create(folder / "venv", with_pip=False)
    programs = folder / "venv" / ("Scripts" if os.name == "nt" else "bin")
    subprocess.run([*pip, f"--python={programs / 'python'}", "install", "--no-deps", "--no-index", wheel], check=True)
    (site,) = (folder / "venv").rglob("site-packages")
    (site / "requirements.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return programs


@pytest.fixture
def elsewhere(tmp_path, monkeypatch) -> Path:
    """A folder that is not the clone, where nothing points to the clone."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PYTHONPATH", raising=False)
    monkeypatch.setenv("SNNVIZ_HOME", str(tmp_path / "home"))
    return tmp_path


def output(*command: str | Path) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_the_file_without_a_server_is_the_same_from_the_package(installed, elsewhere):
    from snnviz.live import static

    output(installed / "snnviz", "static", "class.html")
    assert (elsewhere / "class.html").read_text(encoding="utf-8") == static.page()


def test_the_command_trains_five_epochs_and_keeps_the_run(installed, elsewhere):
    where = output(installed / "python", "-c", "import snnviz; print(snnviz.__file__)")
    assert Path(where).is_relative_to(installed.parent)
    settings = output(installed / "snnviz", "settings")
    text, changed = re.subn(r"(?m)^epochs = \d+$", "epochs = 5", settings)
    assert changed == 1
    (elsewhere / "five.toml").write_text(text, encoding="utf-8")
    table = output(installed / "snnviz", "train", "five.toml")
    epochs, loss, accuracy = re.search(r"(\d+) +([\d.]+) +([\d.]+) %", table.splitlines()[1]).groups()
    assert epochs == "5" and float(loss) < 2.3 and float(accuracy) > 20  # ten classes: chance is a loss of 2.3 and 10 %
    assert list((elsewhere / "home").iterdir())


@pytest.mark.browser
def test_the_app_opens_from_another_folder(installed, elsewhere, chromium):
    with running_app(program=[installed / "snnviz", "app", "--"], cwd=elsewhere) as url:
        page = chromium.new_page()
        visit = Visit(page, url)
        for address in ("", "neuron", "runs"):
            visit.open(address)
            assert not page.locator('[data-testid="stException"]').count() and not visit.errors and not visit.outside
        assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == "15px"  # of .streamlit/config.toml
        page.close()
