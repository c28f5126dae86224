"""A folder of uploaded recordings. The name shown is not the name stored: each lies under an id, its name and class beside it.

So equal names, names that differ in a sign that no file system likes, and classes such as "<=5" and ">5" never meet.

<id>.recording    the file's bytes, as they were sent
<id>.json         {"name": ..., "label": ..., "size": ...}, written last: a recording without it does not count
"""

import contextlib
import dataclasses
import json
import os
import uuid
from pathlib import Path

UNLABELLED = "unlabelled"


@dataclasses.dataclass(frozen=True, order=True)
class Upload:
    """One recording of a folder. label: its class. name: as its owner calls it. size: in bytes. path: where it lies."""

    label: str
    name: str
    id: str
    size: int
    path: Path

    @property
    def shown(self) -> str:
        """What messages call it: with its class, unless the name says that already."""
        return self.name if self.name == self.id else f"{self.label}/{self.name}"


def add(folder: Path, label: str, name: str, data: bytes) -> Upload:
    """Keep the bytes of one recording, whatever its name."""
    folder.mkdir(parents=True, exist_ok=True)
    one = uuid.uuid4().hex
    path, entry = folder / f"{one}.recording", {"name": name, "label": label.strip() or UNLABELLED, "size": len(data)}
    try:
        path.write_bytes(data)
        (folder / f"{one}.part").write_text(json.dumps(entry), encoding="utf-8")
        os.replace(folder / f"{one}.part", folder / f"{one}.json")
    except OSError:
        for left in (path, folder / f"{one}.part"):
            with contextlib.suppress(OSError):
                left.unlink()
        raise
    return Upload(entry["label"], name, one, len(data), path)


def listed(folder: Path) -> list[Upload]:
    """The recordings of a folder by class and name. One whose entry cannot be read has its id for a name, and no class."""
    uploads = []
    for path in folder.glob("*.json"):
        recording = path.with_suffix(".recording")
        try:
            entry = json.loads(path.read_text(encoding="utf-8"))
            name, label = str(entry["name"]), str(entry["label"])
        except (OSError, ValueError, KeyError, TypeError):
            name, label = path.stem, UNLABELLED
        with contextlib.suppress(OSError):  # removed meanwhile
            uploads.append(Upload(label, name, path.stem, recording.stat().st_size, recording))
    return sorted(uploads)


def remove(upload: Upload) -> None:
    """Forget one recording."""
    for path in (upload.path.with_suffix(".json"), upload.path):
        path.unlink(missing_ok=True)
