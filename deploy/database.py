"""PostgreSQL in a folder of its own, on this machine's loopback address, which nobody enters without the password."""

import contextlib
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import psutil

from deploy.settings import USER, Trouble, postgres

ORDERLY, AT_ONCE = signal.SIGINT, signal.SIGKILL  # the former waits for nobody, and loses nothing that was confirmed
PATIENCE = 60.0  # seconds until it answers, after a crash too


def owner() -> str:
    """Who runs the server: whoever runs this, "", unless that is root, which PostgreSQL refuses."""
    return "postgres" if os.getuid() == 0 else ""


def run_as(user: str) -> dict[str, Any]:
    """What has `subprocess` start a process as another user; nothing for ""."""
    if not user:
        return {}
    try:
        return {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}
    except KeyError:
        raise Trouble(f"There is no user {user!r} to run PostgreSQL as, which refuses to be run by root.") from None


def secret(path: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    fresh = path.with_name(f".{path.name}.new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    fresh.replace(path)


class Database:
    """A server whose data lie in `folder`/database. Its user has to be able to get to `folder`.

    Raises:
        Trouble: PostgreSQL is not installed, or its folder cannot be made.
    """

    def __init__(self, folder: Path, port: int, password: str):
        self.folder, self.port, self.password = folder, port, password
        self.data = folder / "database"

    @property
    def url(self) -> str:
        """What SNNVIZ_STORE says; the password is in the file that PGPASSFILE names."""
        return f"postgresql+psycopg://{USER}@127.0.0.1:{self.port}/{USER}"

    @property
    def environment(self) -> dict[str, str]:
        return {"SNNVIZ_STORE": self.url, "PGPASSFILE": str(self.folder / "pgpass")}

    def command(self) -> Sequence[str | Path]:
        where = ["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="]
        return [postgres("postgres"), "-D", self.data, "-p", str(self.port), *where]

    def prepare(self) -> None:
        """Make the server's folder, once, and the file with the password."""
        secret(self.folder / "pgpass", f"127.0.0.1:{self.port}:*:{USER}:{self.password}\n")
        if (self.data / "PG_VERSION").exists():
            return
        shutil.rmtree(self.data, ignore_errors=True)  # of one that was interrupted
        self.data.mkdir(mode=0o700)
        words = self.folder / "password"
        secret(words, self.password)
        user = run_as(owner())
        if user:
            for place in (self.data, words):
                shutil.chown(place, user["user"], user["group"])
        entry = ["-U", USER, "-A", "scram-sha-256", f"--pwfile={words}"]
        made = subprocess.run(
            [postgres("initdb"), "-D", self.data, *entry, "-E", "UTF8", "--locale=C"],
            capture_output=True, text=True, check=False, cwd="/", **user,
        )  # fmt: skip
        words.unlink()
        if made.returncode:
            shutil.rmtree(self.data, ignore_errors=True)
            raise Trouble(f"The database's folder cannot be made: {' '.join(made.stderr.split())[:400]}")

    def connected(self, name: str = "postgres") -> Any:
        import psycopg

        return psycopg.connect(
            host="127.0.0.1", port=self.port, user=USER, password=self.password, dbname=name, connect_timeout=3, autocommit=True
        )

    def answers(self) -> bool:
        import psycopg

        with contextlib.suppress(psycopg.OperationalError):
            self.connected().close()
            return True
        return False

    def create(self, name: str = USER) -> None:
        """Make an empty database, unless it is there."""
        with self.connected() as connection:
            if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone() is None:
                connection.execute(f'CREATE DATABASE "{name}"')


class Server:
    """A database's process, which can be ended in order or at once, and started again."""

    def __init__(self, database: Database, *options: str):
        self.database, self.options = database, options
        self._process: subprocess.Popen | None = None

    def start(self) -> None:
        """Start the process, and wait until it answers: after a crash it first goes through what it has written.

        Raises:
            Trouble: it does not answer.
        """
        end, log = time.monotonic() + PATIENCE, self.database.folder / "database.log"
        while self._process is None or not self.database.answers():
            if self._process is None or self._process.poll() is not None:  # what was killed may hold its memory a moment longer
                with log.open("ab") as file:
                    self._process = subprocess.Popen(
                        [*self.database.command(), *self.options],
                        cwd="/", stdin=subprocess.DEVNULL, stdout=file, stderr=file, start_new_session=True, **run_as(owner()),
                    )  # fmt: skip
            if time.monotonic() > end:
                raise Trouble(f"The database does not answer; the end of {log}: {log.read_text(errors='replace')[-300:]}")
            time.sleep(0.1)

    def stop(self, how: signal.Signals = ORDERLY) -> None:
        """End the process: in order, or at once with all that it has started."""
        if self._process is None:
            return
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(self._process.pid)
            family = process.children(recursive=True) if how is AT_ONCE else []
            for one in (process, *family):
                with contextlib.suppress(psutil.NoSuchProcess):
                    one.send_signal(how)
        self._process.wait(PATIENCE)
        self._process = None


@contextlib.contextmanager
def serving(folder: Path, *options: str) -> Iterator[Server]:
    """A server of its own on a free port, ended at the end. options: of the program `postgres`."""
    if os.getuid() == 0:
        folder.chmod(0o755)
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        port = door.getsockname()[1]
    server = Server(Database(folder, port, secrets.token_urlsafe(24)), *options)
    server.database.prepare()
    try:
        server.start()
        server.database.create()
        yield server
    finally:
        server.stop(AT_ONCE)
