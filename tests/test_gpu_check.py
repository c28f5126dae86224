"""The check that is owed to a real GPU, in small on the emulated one: every stage ends well, and what fails is said."""

import json
import subprocess
import sys

import pytest

from tools.gpu_check import __main__ as gpu_check

pytestmark = pytest.mark.emulated  # the stages run in processes of their own; here, because the kernels are built then


ONE_AFTER_THE_OTHER = """
import sys
from tools.gpu_check import stages
folder, *names = sys.argv[1:]
for name in names:
    stages.main([name, f"{folder}/{name}.json", "--small"])
"""


def test_every_stage_runs(tmp_path, capsys, monkeypatch):
    """The first one in a process of its own, as on a GPU; the others in one, because torch takes longer to import than they do."""
    path, alone, ended = tmp_path / "gpu-check.json", gpu_check.run, []
    script = tmp_path / "stages.py"
    script.write_text(ONE_AFTER_THE_OTHER, encoding="utf-8")

    def run(stage, limit, emulated, into):
        if stage == "environment":
            return alone(stage, limit, emulated, into)
        if not ended:
            names = [name for name in gpu_check.LIMITS if name != "environment"]
            ended.append(subprocess.run([sys.executable, "-m", "tests.emulator", script, into.parent, *names], check=False))
        return json.loads(into.read_text(encoding="utf-8")) if into.is_file() else {}, ended[0].returncode or None

    monkeypatch.setattr(gpu_check, "run", run)
    assert gpu_check.main(["--emulated", "--seconds", "600", "--output", str(path)]) == 0, capsys.readouterr().out
    report = json.loads(path.read_text())
    assert report["emulated"] and not report["problems"]
    for key in ("gpu", "driver", "cuda", "cupy", "torch", "python", "numpy", "compiler", "date", "commit", "cpu"):
        assert key in report["machine"]
    assert report["tests"]["passed"] >= 4
    assert {row["threads"] for row in report["kernels"]["rows"]} == {32, 64, 128, 256}
    assert report["kernels"]["copy GB/s"] > 0 and report["overhead"]["forward us"] > 0
    assert [set(row["contenders"]) for row in report["sparsity"]["rows"]] == [{"unbind", "fused", "sparse"}]
    assert len(report["training"]["rows"]) == 4 and report["peers"]["rows"] and "skipped" in report["sanitizer"]


def test_a_stage_that_is_stopped_or_fails_is_said(tmp_path, monkeypatch):
    path = tmp_path / "gpu-check.json"
    arguments = ["--emulated", "--only", "overhead", "--output", str(path)]
    assert gpu_check.main([*arguments, "--seconds", "0"]) == 1
    assert json.loads(path.read_text())["problems"] == {"overhead": "no time was left"}
    monkeypatch.setitem(gpu_check.LIMITS, "overhead", 0.2)
    assert gpu_check.main(arguments) == 1
    assert json.loads(path.read_text())["problems"] == {"overhead": "was stopped after 0 s"}
    monkeypatch.setattr(gpu_check, "run", lambda *args: ({"failed": ["3 tests"]}, None))
    assert gpu_check.main(arguments) == 1
    assert json.loads(path.read_text())["problems"] == {"overhead": ["3 tests"]}
