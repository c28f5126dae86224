"""The database of saved runs and classes: its address, how long anybody waits for it, its faults in one sentence each."""

import functools
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar, cast

from snnviz.runs import schema
from snnviz.runs.limits import within

SECRET = "(?i)pass|pwd|secret|token|key"  # in the name of an option of an address
PATIENCE = 8.0  # seconds to wait for the server of a database
CONNECT = 4  # of which for a connection
Result = TypeVar("Result")
Method = TypeVar("Method", bound=Callable[..., Any])


class StoreError(ValueError):
    """The database cannot be used, said in one sentence."""


class StoreAway(StoreError):
    """The database does not answer now; it may be back in a moment."""


def limited(method: Method) -> Method:
    """A method that waits for a database's server `PATIENCE` seconds at most, and not at all where it just was silent."""

    @functools.wraps(method)
    def called(self: "Database", *arguments: Any, **named: Any) -> Any:
        if self._in_file:
            return method(self, *arguments, **named)
        if time.monotonic() < self._quiet:
            raise self._silent()
        try:
            return within(PATIENCE, lambda: method(self, *arguments, **named))
        except TimeoutError:
            self._quiet = time.monotonic() + PATIENCE
            raise self._silent() from None

    return cast(Method, called)


class Database:
    """A database with the tables of saved runs as they are now, opened by its URL.

    Raises:
        StoreError: from every method, where the database is away, no database of ours, or written by a newer version.
    """

    def __init__(self, url: str):
        import sqlalchemy as sa
        from sqlalchemy import event, exc

        self._sa, self._exc = sa, exc
        try:
            address = sa.make_url(url)
            if url.count("@") > 1 and address.get_backend_name() != "sqlite":
                raise ValueError("A part of a password would be taken for the host or the database.")
        except (exc.ArgumentError, ValueError):
            raise StoreError(
                "What SNNVIZ_STORE says is no database address (it is not shown here, as it may hold a password); write one like "
                "sqlite:////home/me/runs.sqlite or postgresql+psycopg://user@host/name, with %40 for an @ in a password."
            ) from None
        options = [text for key, value in address.query.items() if re.search(SECRET, key) for text in _texts(value)]
        self._secrets = [str(secret) for secret in (address.password, *options) if secret]
        self.name = address.set(query={}).render_as_string(hide_password=True)
        if address.get_backend_name() == "sqlite" and address.database not in (None, "", ":memory:"):
            try:
                Path(address.database).parent.mkdir(parents=True, exist_ok=True)
            except OSError as problem:
                raise StoreError(f"The folder of saved runs {Path(address.database).parent} cannot be made: {problem}.") from None
        self._in_file = address.get_backend_name() == "sqlite"
        self._quiet = 0.0  # until when a silent server is not asked
        limits: dict[str, Any] = {}
        if address.get_backend_name() == "postgresql":
            options = {"connect_timeout": CONNECT, "options": f"-c statement_timeout={1000 * PATIENCE:.0f}"}
            limits = {"pool_timeout": CONNECT, "connect_args": {k: v for k, v in options.items() if k not in address.query}}
        try:
            self._engine = sa.create_engine(address, pool_pre_ping=True, **limits)
        except (ImportError, exc.NoSuchModuleError) as problem:
            raise StoreError(f"No driver for {self.name} is installed here: {self._without_secrets(str(problem))}.") from None
        if self._in_file:
            event.listen(self._engine, "connect", _quick)
        self.tables = schema.tables().tables
        self._meta, self._runs, self._lines, self._epochs = (self.tables[n] for n in ("snnviz", "runs", "lines", "epochs"))
        try:
            self._migrate()
        except BaseException:
            self.close()
            raise

    @limited
    def _migrate(self) -> None:
        try:
            schema.migrate(self._engine)
        except schema.NewerSchema as newer:
            raise StoreError(
                f"{self.name} was written by a newer snnviz (schema {newer}; this one knows {schema.SCHEMA}); "
                "update snnviz, or name another database in SNNVIZ_STORE."
            ) from None
        except (self._exc.DBAPIError, self._exc.TimeoutError) as problem:
            raise self._unusable(problem) from problem

    @limited
    def transact(self, work: Callable[[Any], Result]) -> Result:
        """What `work` returns, done on a connection in one transaction: all of it or nothing."""
        with self._transaction() as connection:
            return work(connection)

    @contextmanager
    def _transaction(self) -> Iterator[Any]:
        try:
            with self._engine.begin() as database:
                yield database
        except (self._exc.DBAPIError, self._exc.TimeoutError) as problem:
            raise self._unusable(problem) from problem

    def _unusable(self, problem: Any) -> StoreAway:
        reason = str(getattr(problem, "orig", None) or problem).strip().splitlines()[0].rstrip(".")
        return StoreAway(f"The database of saved runs, {self.name}, cannot be used: {self._without_secrets(reason)}.")

    def _without_secrets(self, text: str) -> str:
        """What a driver says, with the address's password taken out: visitors read it."""
        for secret in sorted(self._secrets, key=len, reverse=True):
            text = text.replace(secret, "***")
        return text

    def _silent(self) -> StoreAway:
        return StoreAway(f"The database of saved runs, {self.name}, does not answer within {PATIENCE:g} s; its server is away.")

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()


def _texts(value: str | Sequence[str]) -> Sequence[str]:
    """A value of an address's query, which may be given several times."""
    return (value,) if isinstance(value, str) else value


def _quick(connection: Any, _: Any) -> None:
    """SQLite for one writer and many readers: nobody waits for a reader, and a commit does not wait for the disk's platter."""
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA busy_timeout = 5000")
