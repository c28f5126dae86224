"""The weights of a run's trainings: in the store once the run has ended, before that in its checkpoints.

of("a1b2", 0)      ->  the bytes of a .safetensors file, or None where there are none
file("a1b2", 0)    ->  the same as a file of this machine, for what opens a trained network
"""

import hashlib
import logging
from pathlib import Path
from typing import Any

from snnviz import places
from snnviz.runs import store
from snnviz.runs.database import Database
from snnviz.runs.work import Train
from snnviz.training.checkpoints import weights_alone

_LOG = logging.getLogger(__name__)
MOST = 64 * 2**20  # bytes of one training's weights that a database takes
MISSING = (
    "There are no weights of this training: no epoch of it has ended, an earlier version made it, or they take more than "
    f"{MOST >> 20} MB."
)


def checkpoints(run: str) -> Path:
    """The folder with the files that a run needs until it has finished: the checkpoints of its trainings."""
    return places.home() / "checkpoints" / run


def save(database: Database, run: str, number: int, checkpoint: Path) -> None:
    """Put the weights of a checkpoint into the store, in the place of those of an earlier end; nothing of a deleted run.

    A checkpoint that is not there or damaged has none to keep. Raises StoreError.
    """
    try:
        data = weights_alone(checkpoint)
    except ValueError as problem:
        _LOG.info("no weights of run %s, training %d: %s", run, number, problem)
        return
    if len(data) > MOST:
        _LOG.warning("the weights of run %s, training %d take %d bytes: not kept", run, number, len(data))
        return
    put(database, run, number, data)


def put(database: Database, run: str, number: int, data: bytes) -> None:
    """Put the bytes of a .safetensors file into the store as the weights of a run's training; nothing of a deleted run."""
    table, runs = database.tables["weights"], database.tables["runs"]

    def write(connection: Any) -> None:
        if connection.execute(runs.select().with_only_columns(runs.c.id).where(runs.c.id == run)).first() is None:
            return
        connection.execute(table.delete().where(table.c.run == run, table.c.line == number))
        connection.execute(table.insert(), {"run": run, "line": number, "file": data})

    database.transact(write)


def of(run: str, number: int) -> bytes | None:
    """The weights of a run's training as the bytes of a .safetensors file, after its last epoch; None where there are none."""
    database = store.default()
    table = database.tables["weights"]
    query = table.select().with_only_columns(table.c.file).where(table.c.run == run, table.c.line == number)
    if (row := database.transact(lambda connection: connection.execute(query).first())) is not None:
        return bytes(row.file)
    checkpoint = Train.checkpoint(checkpoints(run), number)
    try:
        return weights_alone(checkpoint) if database.has(run) and checkpoint.exists() else None
    except ValueError:
        return None


def available(run: str, trainings: int) -> list[int]:
    """The numbers of those of a run's trainings that have weights, from 0."""
    database = store.default()
    table = database.tables["weights"]
    query = table.select().with_only_columns(table.c.line).where(table.c.run == run)
    saved = set(database.transact(lambda connection: connection.execute(query).scalars().all()))
    return [n for n in range(trainings) if n in saved or Train.checkpoint(checkpoints(run), n).exists()]


def file(run: str, number: int) -> Path:
    """The weights of a run's training as a file in the cache, named after run, training and content.

    Raises:
        ValueError: there are none.
    """
    data = of(run, number)
    if data is None:
        raise ValueError(MISSING)
    path = _folder() / f"{run}-{number}-{hashlib.sha256(data).hexdigest()[:12]}.safetensors"
    if not path.exists():
        with places.replacement(path) as fresh:
            fresh.write_bytes(data)
    return path


def forget(run: str) -> None:
    """Remove the files that `file` made of a run."""
    for path in _folder().glob(f"{run}-*.safetensors"):
        path.unlink(missing_ok=True)


def _folder() -> Path:
    return places.cache() / "weights"
