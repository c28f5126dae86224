"""What every benchmark shares: medians of contenders that take turns, the memory's own speed, and the machine in the result."""

import json
import pathlib
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping
from typing import Any

import torch

from snnviz.studies.machine import machine as studied

RESULTS = pathlib.Path(__file__).parent / "results"


def medians(contenders: Mapping[str, Callable[[], Any]], turns: int = 9, device: str = "cpu") -> dict[str, float]:
    """Milliseconds of each contender, the median of `turns` rounds in which all take turns, after one round to warm up.

    In its turn a contender runs twice and the second run is timed: it finds its own data in the caches, as in a loop over
    batches, and not what the one before it left there.
    """
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for turn in range(turns + 1):
        for name, run in contenders.items():
            run()
            _wait(device)
            start = time.perf_counter()
            run()
            _wait(device)
            if turn:
                times[name].append(1e3 * (time.perf_counter() - start))
    return {name: statistics.median(t) for name, t in times.items()}


def gradient(x: torch.Tensor) -> torch.Tensor:
    """What a backward pass has left in x.grad, of x's shape.

    Raises:
        ValueError: it has left nothing.
    """
    if x.grad is None:
        raise ValueError("The backward pass does not reach this tensor.")
    return x.grad


def _wait(device: str) -> None:
    if device == "cuda":
        torch.cuda.synchronize()


def machine(device: str = "cpu") -> dict[str, Any]:
    """What ran this: processor, load, versions, commit and date."""
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False, cwd=RESULTS.parent
    ).stdout.strip()
    return studied(device) | {"commit": commit}


def save(name: str, rows: list[dict[str, Any]], device: str = "cpu", **more: Any) -> pathlib.Path:
    """Write bench/results/<name>-<device>.json."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}-{device}.json"
    path.write_text(json.dumps({"machine": machine(device), **more, "rows": rows}, indent=1) + "\n", encoding="utf-8")
    return path


def table(rows: list[dict[str, Any]]) -> str:
    """Rows as aligned text: numbers with three digits."""

    def cell(value: Any) -> str:
        return f"{value:.3g}" if isinstance(value, float) else str(value)

    names = list(rows[0])
    cells = [names, *([cell(row[n]) for n in names] for row in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(names))]
    return "\n".join("  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in cells)
