"""A folder of uploaded recordings. The name shown is not the name stored: each lies under an id, its name and class beside it.

So equal names, names that differ in a sign that no file system likes, and classes such as "<=5" and ">5" never meet.

<id>.recording    the file's bytes, as they were sent
<id>.json         {"name": ..., "label": ..., "size": ...}, written last: a recording without it does not count
"""

import contextlib
import dataclasses
import json
import os
import shutil
import time
import uuid
from pathlib import Path

UNLABELLED = "unlabelled"
MOST_BYTES = "SNNVIZ_UPLOADS", 2**30  # of one folder: the variable that says otherwise, and what holds without it
DAYS = "SNNVIZ_UPLOADS_DAYS", 7.0  # after the last look at a folder, that its recordings are kept


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
    """Keep the bytes of one recording, whatever its name.

    Raises:
        ValueError: the folder would hold more than it may; one sentence says how much it holds, and what to do.
    """
    held, most = size(folder), setting(*MOST_BYTES)
    if held + len(data) > most:
        raise ValueError(
            f"{name}: {len(data) / 1e6:.1f} MB more than the {held / 1e6:.1f} MB that are here would be over the "
            f"{most / 1e6:.1f} MB that one visitor may keep; remove some first."
        )
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


def setting(variable: str, default: float) -> float:
    """A number that an environment variable says, else the default.

    Raises:
        ValueError: the variable says no number.
    """
    value = os.environ.get(variable, "").strip()
    try:
        return float(value) if value else default
    except ValueError:
        raise ValueError(f"{variable} = {value!r} is no number; write one like {default:g}.") from None


def size(folder: Path) -> int:
    """Bytes of all files in a folder."""
    total = 0
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):  # removed meanwhile
            total += path.stat().st_size if path.is_file() else 0
    return total


def stamp(folder: Path) -> Path:
    """The file beside a folder whose time of change is when somebody last looked at the folder."""
    return folder.with_name(f"{folder.name}.looked")


def looked_at(folder: Path) -> None:
    """Note that the recordings of a folder are used: they are kept for another week."""
    if folder.is_dir():
        with contextlib.suppress(OSError):
            stamp(folder).touch()


def expire(root: Path, now: float | None = None) -> list[Path]:
    """Remove the folders in `root` that nobody has looked at for `DAYS`; return them. One that was never noted, as those of
    version 0.1.0, counts from now on."""
    before = (time.time() if now is None else now) - 86_400 * setting(*DAYS)
    removed = []
    for folder in [path for path in root.iterdir() if path.is_dir()] if root.is_dir() else []:
        with contextlib.suppress(OSError):
            if not stamp(folder).exists():
                looked_at(folder)
            elif stamp(folder).stat().st_mtime < before:
                shutil.rmtree(folder)
                stamp(folder).unlink()
                removed.append(folder)
    return removed


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
