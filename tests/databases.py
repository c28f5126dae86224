"""A PostgreSQL of the tests' own: one server for a session, an empty database for whoever asks."""

import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from deploy import database
from deploy.settings import Trouble, postgres


@pytest.fixture(scope="session")
def empty_database() -> Iterator[Callable[[], str]]:
    """`empty_database()` makes one and gives its address. Skips where PostgreSQL, its user or its driver is not there."""
    pytest.importorskip("psycopg")
    try:
        postgres("initdb")
        database.run_as(database.owner())
    except Trouble as missing:
        pytest.skip(str(missing))
    with (
        tempfile.TemporaryDirectory(prefix="snnviz-test-database-", ignore_cleanup_errors=True) as folder,
        database.serving(Path(folder), "-c", "fsync=off") as server,
    ):

        def make() -> str:
            name = f"d{uuid.uuid4().hex[:8]}"
            server.database.create(name)
            address = sa.make_url(server.database.url).set(password=server.database.password, database=name)
            return address.render_as_string(hide_password=False)

        yield make
