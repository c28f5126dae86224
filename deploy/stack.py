"""The app for many, on one machine: `deploy/up`, `deploy/down`.

    deploy/up                    the app at http://127.0.0.1:8080/snnviz/, or what is missing of it
    deploy/up --port 80 --host 0.0.0.0 --path /
    deploy/down                  ends everything that `up` has started, and nothing else; runs and settings stay

Pieces, each a process of its own: PostgreSQL with the saved runs, a Dask scheduler, a worker that trains, as many processes of the
app as the machine has cores, and nginx before them. All that they keep lies in one folder, and each writes a log there. `up` starts
what does not run; it changes nothing where all runs. Nothing here needs the rights of root; for root the database runs as the user
`postgres`, because PostgreSQL insists.
"""

import argparse
import contextlib
import dataclasses
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil

from deploy.database import ORDERLY, Database, owner, run_as, secret
from deploy.settings import DOORS, HERE, Settings, Trouble, default_folder, nginx, nginx_conf, postgres
from snnviz import account

PATIENCE = 180.0  # seconds until a piece answers, or has ended
NICE = 5  # of the worker: where visitors and a training want the same core, the training gets about a quarter of it


@dataclasses.dataclass(frozen=True)
class Piece:
    """A process of its own. user: who runs it, "" for whoever runs this."""

    name: str
    command: Sequence[str | Path]
    ready: Callable[[], bool]
    environment: Mapping[str, str] = dataclasses.field(default_factory=dict)
    user: str = ""
    nice: int = 0


class Stack:
    """All pieces, and the folder in which they keep what they keep."""

    def __init__(self, folder: Path):
        self.folder = folder.expanduser().resolve()

    # What lies in the folder.

    def settings(self) -> Settings | None:
        """Those of the last `up`; None where there was none."""
        try:
            return Settings(**json.loads((self.folder / "settings.json").read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None

    def _keep(self, settings: Settings) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        if os.getuid() == 0:
            self.folder.chmod(0o755)  # the users of the database and of nginx have to get to their own folders
        for name, mode in (("home", 0o700), ("log", 0o755), ("run", 0o700), ("nginx", 0o755)):
            (self.folder / name).mkdir(mode=mode, exist_ok=True)
        secret(self.folder / "settings.json", json.dumps(dataclasses.asdict(settings), indent=1) + "\n")
        (self.folder / "nginx" / "nginx.conf").write_text(nginx_conf(settings, self.folder), encoding="utf-8")

    def database(self, settings: Settings) -> Database:
        return Database(self.folder, settings.ports["database"], settings.password)

    def environment(self, settings: Settings) -> dict[str, str]:
        """What the app's processes, the worker and the command `snnviz` are given, so that they share everything."""
        processes = settings.processes + 1
        return {
            "SNNVIZ_HOME": str(self.folder / "home"),
            **self.database(settings).environment,
            "SNNVIZ_SCHEDULER": f"tcp://127.0.0.1:{settings.ports['scheduler']}",
            # Each process knows only its own computations, so each gets its part of what one alone could take.
            "SNNVIZ_BUDGET": os.environ.get("SNNVIZ_BUDGET")
            or str(int(min(account.CEILING, account.SHARE * account.available() * 2 / processes))),
            "STREAMLIT_SERVER_COOKIE_SECRET": settings.cookie,
            "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False",
            "DASK_DISTRIBUTED__ADMIN__SYSTEM_MONITOR__GIL__ENABLED": "False",
            "OMP_WAIT_POLICY": "PASSIVE",
            "PYTHONUNBUFFERED": "1",
            "PYTHONPATH": os.pathsep.join(filter(None, (str(HERE.parent), os.environ.get("PYTHONPATH")))),
        }

    # The pieces, in the order in which they start.

    def pieces(self, settings: Settings) -> list[Piece]:
        own = self.environment(settings)
        scheduler, worker = settings.ports["scheduler"], settings.ports["worker"]
        database = self.database(settings)
        dask = [sys.executable, "-m"]
        parts = [
            Piece("database", database.command(), database.answers, user=owner()),
            Piece(
                "scheduler",
                [*dask, "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", str(scheduler),
                 "--no-dashboard", "--no-show"],
                lambda: _accepts(scheduler),
                own,
            ),
            Piece(
                "worker",
                [*dask, "distributed.cli.dask_worker", own["SNNVIZ_SCHEDULER"], "--host", "127.0.0.1", "--worker-port", str(worker),
                 "--nthreads", str(max(1, (os.cpu_count() or 1) // 2)), "--no-nanny", "--no-dashboard", "--memory-limit", "0",
                 "--local-directory", self.folder / "dask", "--preload", "snnviz.runs.worker"],
                lambda: _accepts(worker),
                own,
                nice=NICE,
            ),
        ]  # fmt: skip
        name = [f"--browser.serverAddress={settings.name}"] if settings.name else []
        parts += [
            Piece(
                app,
                [sys.executable, "-m", "snnviz.ui.serve", "--server.address=127.0.0.1", f"--server.port={settings.ports[app]}",
                 f"--server.baseUrlPath={settings.path.strip('/')}", *name],
                lambda port=settings.ports[app]: _healthy(f"http://127.0.0.1:{port}{settings.path}"),
                own,
            )
            for app in settings.apps
        ]  # fmt: skip
        here = f"http://127.0.0.1:{settings.port}{settings.path}" if settings.host in ("0.0.0.0", "::") else settings.address
        parts.append(
            Piece("nginx", [nginx(), "-p", self.folder / "nginx", "-c", self.folder / "nginx/nginx.conf"], lambda: _healthy(here))
        )
        return parts

    def running(self, name: str) -> psutil.Process | None:
        """The process of a piece, if it is the one that `up` has started: a number may have come to somebody else."""
        try:
            note = json.loads((self.folder / "run" / f"{name}.json").read_text(encoding="utf-8"))
            process = psutil.Process(note["pid"])
            same = abs(process.create_time() - note["begun"]) < 1 and process.status() != psutil.STATUS_ZOMBIE
            return process if same else None
        except (OSError, ValueError, KeyError, psutil.NoSuchProcess):
            return None

    def _start(self, piece: Piece) -> None:
        log = self.folder / "log" / f"{piece.name}.log"
        with log.open("ab") as file:
            process = subprocess.Popen(
                [*(["nice", "-n", str(piece.nice)] if piece.nice else []), *piece.command],
                cwd="/" if piece.user else HERE.parent,
                env=os.environ | dict(piece.environment),
                stdin=subprocess.DEVNULL, stdout=file, stderr=file, start_new_session=True, **run_as(piece.user),
            )  # fmt: skip
        note = {"pid": process.pid, "begun": psutil.Process(process.pid).create_time()}
        secret(self.folder / "run" / f"{piece.name}.json", json.dumps(note))

    def _wait(self, piece: Piece) -> None:
        end = time.monotonic() + PATIENCE
        while not piece.ready():
            if self.running(piece.name) is None or time.monotonic() > end:
                log = self.folder / "log" / f"{piece.name}.log"
                last = (log.read_text(encoding="utf-8", errors="replace").strip().splitlines() or [""])[-1]
                raise Trouble(f"{piece.name} does not answer; the last line of {log}: {last[:300]}")
            time.sleep(0.1)

    # Up and down.

    def up(self, changes: Mapping[str, Any], say: Callable[[str], None] = print) -> Settings:
        """Start what does not run. changes: fields of `Settings`; where they differ from the last `up`'s, all starts anew.

        Raises:
            Trouble: a program is missing, or a piece does not answer.
        """
        nginx()
        postgres("initdb")
        before = self.settings()
        settings = dataclasses.replace(before or Settings(), **changes)
        if before is not None and settings != before:
            self.down(say)
        with contextlib.ExitStack() as taken:
            port = settings.port or _free(taken, 0)
            settings = dataclasses.replace(settings, port=port, ports=self._ports(settings, taken))
        self._keep(settings)
        self.database(settings).prepare()
        pieces, waiting = self.pieces(settings), []
        if any(self.running(piece.name) is None for piece in pieces):
            self._build()
        for piece in pieces:
            if self.running(piece.name) is None:
                if piece.name == "nginx":
                    shutil.rmtree(self.folder / "nginx" / "cache", ignore_errors=True)  # files of an earlier version
                say(f"starting {piece.name}")
                self._start(piece)
            if piece.name == "database":
                self._wait(piece)
                self.database(settings).create()
            elif piece.name in ("scheduler", "nginx"):
                self._wait_all(waiting)
                self._wait(piece)
            else:
                waiting.append(piece)
        return settings

    def _wait_all(self, pieces: list[Piece]) -> None:
        while pieces:
            self._wait(pieces.pop(0))

    def down(self, say: Callable[[str], None] = print) -> None:
        """End what `up` has started, nginx first and the database last."""
        names = [file.stem for file in (self.folder / "run").glob("*.json")]
        order = ["nginx", *sorted(name for name in names if name.startswith("app-")), "worker", "scheduler", "database"]
        for name in sorted(names, key=order.index):
            process = self.running(name)
            if process is not None:
                say(f"ending {name}")
                _end(process, ORDERLY if name == "database" else signal.SIGTERM)
            (self.folder / "run" / f"{name}.json").unlink(missing_ok=True)

    def _ports(self, settings: Settings, taken: contextlib.ExitStack) -> dict[str, int]:
        """A port for each piece: the one that it had, unless another program has it now."""
        names = (*DOORS, *settings.apps)
        had = {name: settings.ports.get(name, 0) for name in names}
        return {name: had[name] if self.running(name) is not None else _free(taken, had[name]) for name in names}

    def _build(self) -> None:
        """Every kernel that pages need, once on a machine."""
        subprocess.run([sys.executable, "-m", "snnviz", "build"], cwd=HERE.parent, stderr=subprocess.DEVNULL, check=False)


def _free(taken: contextlib.ExitStack, port: int) -> int:
    """This port if nobody has it, else another; held until `taken` closes, so that two pieces do not get the same."""
    for attempt in (port, 0):
        door = taken.enter_context(socket.socket())
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with contextlib.suppress(OSError):
            door.bind(("127.0.0.1", attempt))
            return door.getsockname()[1]
    raise Trouble("This machine has no free port.")


def _accepts(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def _healthy(address: str) -> bool:
    with contextlib.suppress(OSError), urllib.request.urlopen(f"{address}_stcore/health", timeout=2) as answer:
        return answer.status == 200
    return False


def _end(process: psutil.Process, how: signal.Signals) -> None:
    """End a process and those that it has started; by force where it does not end in time."""
    with contextlib.suppress(psutil.NoSuchProcess):
        family = [process, *process.children(recursive=True)]
        process.send_signal(how)
        _, alive = psutil.wait_procs(family, timeout=20)
        for one in alive:
            with contextlib.suppress(psutil.NoSuchProcess):
                one.kill()
        psutil.wait_procs(alive, timeout=5)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="deploy/stack", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["up", "down"])
    parser.add_argument("--folder", type=Path, default=None, help=f"where everything lies; {default_folder()}")
    parser.add_argument("--host", help="the address that nginx listens on; 127.0.0.1: this machine alone, 0.0.0.0: everybody")
    parser.add_argument("--port", type=int, help="of nginx; 8080, 0: a free one")
    parser.add_argument("--path", help="the part of the address after the host; /snnviz/")
    parser.add_argument("--processes", type=int, help="of the app; as many as cores")
    parser.add_argument("--name", help="the host's name in the visitors' browsers, where it is not this machine alone")
    options = vars(parser.parse_args(arguments))
    what, stack = options.pop("what"), Stack(options.pop("folder") or default_folder())
    try:
        if what == "down":
            stack.down()
            return 0
        settings = stack.up({name: value for name, value in options.items() if value is not None})
    except (Trouble, OSError) as problem:
        print(f"deploy: {problem}", file=sys.stderr)
        return 1
    os.environ |= {"SNNVIZ_HOME": str(stack.folder / "home")}
    from snnviz.runs import rights

    print(f"The app is at {settings.address}, {settings.processes} processes; everything lies in {stack.folder}.")
    print(f"Who opens {settings.address}?key={rights.server_key()} may stop and delete everybody's runs.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
