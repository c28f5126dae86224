"""Run the stages one after the other, and gather what they found: `python -m tools.gpu_check [--emulated] [--only STAGE ...]`."""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
from typing import Any

from bench.common import RESULTS, machine
from tools.gpu_check import __doc__ as purpose

# What may be cut comes last. Seconds that a stage may take at most.
LIMITS = {
    "environment": 40,
    "compile": 90,
    "tests": 200,
    "kernels": 90,
    "overhead": 30,
    "sparsity": 60,
    "peers": 60,
    "training": 60,
    "sanitizer": 120,
}


def run(stage: str, limit: float, emulated: bool, into: pathlib.Path) -> tuple[dict[str, Any], str | None]:
    """What a stage found, as far as it got, and what went wrong."""
    command = [sys.executable, "-m", *(["tests.emulator", "-m"] if emulated else []), "tools.gpu_check.stages", stage, str(into)]
    child = subprocess.Popen([*command, *(["--small"] if emulated else [])])
    problem = None
    try:
        if code := child.wait(timeout=limit):
            problem = f"ended with status {code}"
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
        problem = f"was stopped after {limit:.0f} s"
    return (json.loads(into.read_text(encoding="utf-8")) if into.is_file() else {}), problem


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(purpose or "").partition("\n")[0])
    parser.add_argument("--emulated", action="store_true", help="small, on the emulated GPU")
    parser.add_argument("--only", nargs="+", choices=list(LIMITS), default=list(LIMITS), metavar="STAGE", help=", ".join(LIMITS))
    parser.add_argument("--seconds", type=float, default=470.0, help="after which no stage begins or goes on")
    parser.add_argument(
        "--output", type=pathlib.Path, default=None, help="bench/results/gpu-check.json; emulated: a temporary file"
    )
    options = parser.parse_args(arguments)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="gpu-check-"))
    path = options.output or (folder if options.emulated else RESULTS) / "gpu-check.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    # Set before any child imports torch. Waiting threads do not spin on the cores that another process needs.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    began = time.monotonic()
    report: dict[str, Any] = {"machine": machine(), "emulated": options.emulated, "problems": {}}
    for stage in options.only:
        left = options.seconds - (time.monotonic() - began)
        start, facts, problem = time.monotonic(), {}, "no time was left"
        if left > 5:
            facts, problem = run(stage, min(left, LIMITS[stage]), options.emulated, folder / f"{stage}.json")
        if stage == "environment":
            report["machine"] |= {key: value for key, value in facts.items() if key != "failed"}
        report[stage] = facts | {"seconds": round(time.monotonic() - start, 1)}
        if problem or facts.get("failed"):
            report["problems"][stage] = problem or facts["failed"]
        report["seconds"] = round(time.monotonic() - began, 1)
        path.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
        print(f"== {stage}: {report['problems'].get(stage, 'done')}, {report[stage]['seconds']} s", flush=True)
    print(f"written to {path}")
    return 1 if report["problems"] else 0


if __name__ == "__main__":
    sys.exit(main())
