"""Runs of trainings that come with the program: recorded once by `python -m tools.record_trainings`, and labelled so where shown.

recorded = find(Train(presets()["Digits: four methods"]))
print(recorded.about, recorded.state.lines[0].accuracy)
"""

import base64
import dataclasses
import functools
import gzip
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from snnviz.events import Products
from snnviz.places import assets
from snnviz.runs import rows
from snnviz.runs.schema import NUMBERS
from snnviz.runs.values import Run, RunState, Status
from snnviz.runs.work import Train


@dataclasses.dataclass(frozen=True)
class Recorded:
    """A finished run that came with the program. about: where and when it ran, in a few words."""

    state: RunState
    about: str


def folder() -> Path:
    """Where the files of recorded runs lie."""
    return assets() / "recordings"


@functools.cache
def everything() -> tuple[Recorded, ...]:
    """All recorded runs, in the order of their files' names."""
    return tuple(read(path) for path in sorted(folder().glob("*.json.gz")))


def find(work: Train) -> Recorded | None:
    """The recorded run of just this work, but for how layers multiply and with how many threads, which changes the order of sums
    alone; None where there is none."""
    alike = dataclasses.replace(work, products=Products.DENSE, threads=Train.threads)
    return next((one for one in everything() if one.state.run.work == alike), None)


def write(state: RunState, about: str, path: Path) -> None:
    """Write a run of trainings into a file, with the rows that the store would keep of it."""
    lines = [
        {name: _text(value) for name, value in rows.of_line(line).items()}
        | {"settings": line.training.to_toml(), "epochs": [rows.of_epoch("", number, epoch) for epoch in line.epochs]}
        for number, line in enumerate(state.lines)
    ]
    work = state.run.work
    run = {"backend": state.run.backend, "title": state.run.title, "created": state.run.created}
    if isinstance(work, Train):
        run |= {"sample": work.sample, "touch_active": work.touch_active}
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"about": about, "run": run, "lines": lines})
    path.write_bytes(gzip.compress(text.encode(), mtime=0))


def read(path: Path) -> Recorded:
    """The run in a file that `write` made."""
    data = json.loads(gzip.decompress(path.read_bytes()))
    lines = tuple(rows.line(_row(line), [dict.fromkeys(NUMBERS) | epoch for epoch in line["epochs"]]) for line in data["lines"])
    wish, name = data["run"], path.name.removesuffix(".json.gz")
    work = Train(tuple(line.training for line in lines), wish["sample"], wish.get("touch_active", False))
    run = Run(work, wish["backend"], "", wish["title"], f"recorded-{name}", wish["created"])
    return Recorded(RunState(run, Status.FINISHED, lines), data["about"])


def _text(value: Any) -> Any:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def _row(line: Mapping[str, Any]) -> dict[str, Any]:
    packed = {name: base64.b64decode(line[name]) for name in ("curve", "spikes")}
    return {"run": "recorded", "settings": line["settings"], "ended": line["ended"], "problem": line["problem"]} | packed
