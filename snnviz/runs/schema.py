"""The tables of saved runs and of classes, and how a database of an older schema becomes one of this.

`tables` describes them as they are now; the way there from version 0.1.0's is in `migrations/`, one file a schema. A database
says its schema's number in the table `snnviz`, so that an older snnviz refuses it in one sentence.
"""

import logging
import threading
from typing import Any

SCHEMA = 6
HEAD = str(SCHEMA)  # each revision is named after the schema that it leads to
LOCK = 0x736E6E76697A  # "snnviz": the number of our lock among PostgreSQL's advisory locks
_one_at_a_time = threading.Lock()  # Alembic's context belongs to the whole process
CLASS_TABLES = ("classes", "class_teachers", "class_students", "class_answers", "class_seeds")
NUMBERS = ("train_loss", "train_accuracy", "test_loss", "test_accuracy", "seconds")


class NewerSchema(Exception):
    """The database was written by a newer version; holds the schema's number."""


def tables() -> Any:
    """The tables as SQLAlchemy's MetaData: snnviz, runs, words, lines, weights, epochs, and those of classes."""
    import sqlalchemy as sa

    metadata = sa.MetaData()
    text, number, whole = sa.Text, sa.Double, sa.Integer
    sa.Table("snnviz", metadata, sa.Column("name", sa.String(32), primary_key=True), sa.Column("value", text))
    sa.Table(
        "runs",
        metadata,
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("title", text),
        sa.Column("owner", text),
        sa.Column("status", sa.String(16)),
        sa.Column("created", number, index=True),
        sa.Column("seen", number),
        sa.Column("place", text),
        sa.Column("backend", text),
        sa.Column("sample", whole),
        sa.Column("notes", text),
        sa.Column("kind", sa.String(16), nullable=False, server_default="training", index=True),
        sa.Column("work", text),
        sa.Column("share", number),
        sa.Column("doing", text),
        sa.Column("seconds", number),
        sa.Column("result", sa.LargeBinary),
        sa.Column("shared", sa.Boolean, nullable=False, server_default=sa.false()),
    )
    sa.Table(
        "words",
        metadata,
        sa.Column("run", sa.String(32), primary_key=True),
        *(sa.Column(name, text) for name in ("name", "note", "tags")),
    )
    sa.Table(
        "lines",
        metadata,
        sa.Column("run", sa.String(32), primary_key=True),
        sa.Column("line", whole, primary_key=True),
        sa.Column("settings", text),
        sa.Column("dataset", text),
        sa.Column("method", text),
        sa.Column("seed", whole),
        sa.Column("asked", whole),
        sa.Column("ended", sa.Boolean),
        sa.Column("problem", text),
        sa.Column("curve", sa.LargeBinary),
        sa.Column("spikes", sa.LargeBinary),
    )
    sa.Table(
        "weights",
        metadata,
        sa.Column("run", sa.String(32), primary_key=True),
        sa.Column("line", whole, primary_key=True, autoincrement=False),
        sa.Column("file", sa.LargeBinary),
    )
    sa.Table(
        "epochs",
        metadata,
        sa.Column("run", sa.String(32), primary_key=True),
        sa.Column("line", whole, primary_key=True),
        sa.Column("epoch", whole, primary_key=True),
        *(sa.Column(name, number) for name in NUMBERS),
        sa.Column("rest", text),
    )
    _add_classes(metadata)
    return metadata


def _add_classes(metadata: Any) -> None:
    import sqlalchemy as sa

    text, number, whole, name = sa.Text, sa.Double, sa.Integer, sa.String(32)
    sa.Table(
        "classes",
        metadata,
        sa.Column("id", name, primary_key=True),
        sa.Column("code", sa.String(16), nullable=False, unique=True),
        sa.Column("secret", sa.String(64), nullable=False, index=True),  # a hash
        sa.Column("owner", text),
        sa.Column("opened", number),
        sa.Column("until", number),
        sa.Column("joined", whole),
        sa.Column("stage", text),
    )
    room = ("room", name)
    sa.Table(
        "class_teachers",
        metadata,
        sa.Column(*room, primary_key=True),
        sa.Column("visitor", sa.String(64), primary_key=True, index=True),
    )
    sa.Table(
        "class_students",
        metadata,
        sa.Column(*room, primary_key=True),
        sa.Column("number", whole, primary_key=True, autoincrement=False),
        sa.Column("visitor", sa.String(64), index=True),
        sa.Column("nickname", text),
        sa.Column("seen", number),
        sa.Column("place", text),
        sa.Column("followed", whole),
    )
    sa.Table(
        "class_answers",
        metadata,
        sa.Column(*room, primary_key=True),
        sa.Column("ballot", sa.String(128), primary_key=True),
        sa.Column("student", whole, primary_key=True, autoincrement=False),
        sa.Column("choice", whole),
    )
    sa.Table(
        "class_seeds",
        metadata,
        sa.Column(*room, primary_key=True),
        sa.Column("experiment", whole, primary_key=True, autoincrement=False),
        sa.Column("student", whole, primary_key=True, autoincrement=False),
        sa.Column("run", name),
    )


def migrate(engine: Any) -> None:
    """Make the tables where there are none, or bring those of an older schema to this one, all of it or nothing.

    Several processes may open one database at once: a lock lets one of them migrate, and the others see what it did.

    Raises:
        NewerSchema: a newer version wrote it. sqlalchemy.exc.DatabaseError: the database cannot be used.
    """
    with engine.begin() as connection:
        if _number(connection) == SCHEMA:
            return
    with engine.connect() as connection, connection.begin():
        _lock(connection)
        number = _number(connection)
        if number < SCHEMA:
            _upgrade(connection, number)


def _number(connection: Any) -> int:
    """The schema of a database; 0 where there are no tables of ours."""
    import sqlalchemy as sa

    if not sa.inspect(connection).has_table("snnviz"):
        return 0
    number = int(connection.scalar(sa.text("SELECT value FROM snnviz WHERE name = 'schema'")) or 0)
    if number > SCHEMA:
        raise NewerSchema(number)
    return number


def _lock(connection: Any) -> None:
    """Keep every other process from migrating until this transaction ends."""
    if connection.dialect.name == "sqlite":
        # Also makes the changes of tables part of the transaction: Python's driver begins one by itself only before an INSERT.
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    elif connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")  # large tables take what they take
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")


def _upgrade(connection: Any, number: int) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.migration import MigrationContext

    config = Config()
    config.set_main_option("script_location", "snnviz.runs:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    logging.getLogger("alembic").setLevel(logging.WARNING)
    with _one_at_a_time:
        if number and MigrationContext.configure(connection).get_current_revision() is None:
            command.stamp(config, str(number))  # version 0.1.0 kept no table of Alembic's
        command.upgrade(config, HEAD)
