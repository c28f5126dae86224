"""The README does what it says: its Python runs, its commands are run where that takes seconds, and else their options exist."""

import contextlib
import io
import re
import runpy
import shlex
import subprocess
import sys
import tomllib

import pytest
import torch

from snnviz.__main__ import _parser, main
from snnviz.datasets import YinYang
from snnviz.training import Training
from tests.app_server import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
PYTHON = re.findall(r"```python\n(.*?)```", README, re.S)
TOOLS = r"(?:[A-Z_]+=\S+ )?(?:\.venv/bin/)?(?:python3?|pip|streamlit|snnviz|make) \S"
COMMANDS = [line.split("#")[0].strip() for line in re.findall(rf"^    ({TOOLS}.*)$", README, re.M)]
COMMANDS += [span for span in re.findall(r"`([^`]+)`", re.sub(r"```.*?```", "", README, flags=re.S)) if re.match(TOOLS, span)]


def test_every_command_is_seen():
    everything = "\n".join(COMMANDS)
    some = ("make app", "snnviz app", "snnviz train", "snnviz fetch", "bench.kernels", "bench.nmnist", "streamlit run", "pytest")
    assert all(command in everything for command in some)


def test_the_examples_run():
    assert len(PYTHON) >= 2
    names: dict = {}
    for example in PYTHON:
        exec(example, names)
    record = names["record"]
    assert record.layers[0].u.shape == (200, 1, 1) and record.layers[0].spikes.sum() > 0
    bptt, slayer, exodus = names["rows"]
    assert 0 < exodus.largest_difference < 1e-12  # two ways to compute it, and not one by itself
    assert slayer.largest_difference > 0.01 and bptt.largest_difference == 0
    assert names["layer"](torch.full((50, 2, 3), 0.3)).sum() > 0


@pytest.mark.parametrize("command", dict.fromkeys(COMMANDS))
def test_a_command_exists_with_its_options(command):
    words = shlex.split(command.partition(" > ")[0])
    while "=" in words[0]:
        words.pop(0)
    tool = words[0].removeprefix(".venv/bin/")
    if tool.startswith("python") and words[1] == "-m":
        tool, words = words[2], words[2:]
    if tool == "make":
        dry = subprocess.run(["make", "--dry-run", words[1]], cwd=ROOT, capture_output=True, text=True)
        assert dry.returncode == 0, dry.stderr
    elif tool == "pip" and words[-1].startswith("."):  # this folder with an extra of its package: `.[app]`
        extra = words[-1].removeprefix(".[").rstrip("]")
        assert extra in tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    elif tool == "snnviz":
        with contextlib.redirect_stderr(io.StringIO()) as complaint:
            try:
                _parser().parse_args(words[1:])
            except SystemExit:
                pytest.fail(complaint.getvalue())
    elif tool.startswith(("bench.", "tools.")):
        text = help_of(tool)
        assert "usage" in text
        assert all(re.search(rf"(?<![\w-]){word}\b", text) for word in words if word.startswith("--")), text
    elif tool == "pip":
        assert (ROOT / words[-1]).is_file()
    elif tool == "streamlit":
        assert words[1] == "run" and (ROOT / words[2]).is_file()
    elif tool == "pytest":
        assert all(word in (ROOT / "tests" / "conftest.py").read_text(encoding="utf-8") for word in words[1:])
    else:
        assert tool == "venv"


def help_of(module: str) -> str:
    """What a benchmark prints when asked for help."""
    out, before = io.StringIO(), sys.argv
    for imported in (module, f"{module}.__main__"):  # run as a program, whoever imported it before
        sys.modules.pop(imported, None)
    sys.argv = [module, "--help"]
    try:
        with contextlib.redirect_stdout(out), pytest.raises(SystemExit) as end:
            runpy.run_module(module, run_name="__main__")
    finally:
        sys.argv = before
    assert end.value.code == 0
    return out.getvalue()


def test_the_settings_are_printed_changed_trained_and_compared(tmp_path, monkeypatch, capsys):
    """The commands under "Without a browser", in their order, with a training that takes a moment."""
    monkeypatch.setenv("SNNVIZ_HOME", str(tmp_path))
    monkeypatch.delenv("SNNVIZ_STORE", raising=False)
    monkeypatch.chdir(tmp_path)
    one, train, compare = (shlex.split(c)[3:] for c in COMMANDS if "-m snnviz" in c and "settings" in c)
    settings, sign, file = one
    assert main([settings]) == 0 and sign == ">"
    printed = capsys.readouterr().out
    assert Training.from_toml(printed) == Training()
    small = Training(YinYang(samples=60), epochs=1)
    (tmp_path / file).write_text(small.to_toml(), encoding="utf-8")
    assert main(train) == 0
    assert main(compare) == 0
    lines = (tmp_path / "results.csv").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 1 + 2 * 3  # a line for each method, seed and epoch
    assert (tmp_path / "runs.sqlite").is_file()
