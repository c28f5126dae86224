"""Depth measurements that come with the program: made once by `python -m tools.record_depth`, and labelled so where shown.

found = find(DepthStudy())
print(found.about, found.record.checkpoints[-1].errors.rows)
"""

import dataclasses
import functools
import gzip
import json
from pathlib import Path

from snnviz import text
from snnviz.places import assets
from snnviz.runs.work import MeasureDepth
from snnviz.studies.depth import DepthRecord, DepthStudy


@dataclasses.dataclass(frozen=True)
class RecordedDepth:
    """A whole measurement that came with the program. about: where and when it was made, in a few words."""

    record: DepthRecord
    about: str


def folder() -> Path:
    """Where the files of recorded measurements lie."""
    return assets() / "recordings" / "depth"


@functools.cache
def everything() -> tuple[RecordedDepth, ...]:
    """All recorded measurements, in the order of their files' names."""
    return tuple(read(path) for path in sorted(folder().glob("*.json.gz")))


def find(study: DepthStudy) -> RecordedDepth | None:
    """The recorded measurement of just this study; None where there is none."""
    return next((one for one in everything() if one.record.study == study), None)


def write(record: DepthRecord, about: str, path: Path) -> None:
    """Write a measurement into a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(json.dumps({"about": about, "record": text.to_json(record)}).encode(), mtime=0))


def read(path: Path) -> RecordedDepth:
    """The measurement in a file that `write` made."""
    data = json.loads(gzip.decompress(path.read_bytes()))
    return RecordedDepth(text.from_json(data["record"], MeasureDepth.result_parts()), data["about"])
