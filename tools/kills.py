"""Kill -9 at random moments of a training: is what was finished still there, and nothing finished that is not?

    python -m tools.kills --times 20
    python -m tools.kills --times 5 database worker

Trains again and again in a home of its own, kills the process of that role at a random moment, one time in four at the end of a
run, goes on, and checks after each kill that every epoch the store had is still there, without a gap, and that no run is finished
with fewer epochs than asked for; and of each run that ends, that its numbers are those of an undisturbed one to the bit. The
database is a PostgreSQL of its own; it is stopped or killed, and stays away for some seconds or until the run has ended, which
then is killed too at times. Ends with status 1 where something is not as it should be.
"""

import argparse
import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from deploy import database as own_database
from deploy.settings import Trouble
from snnviz.architectures import FeedForward
from snnviz.datasets import YinYang
from snnviz.methods import Exodus, LocalZO
from snnviz.runs import client, store
from snnviz.runs.journal import Journal
from snnviz.runs.values import Run, RunState, Status
from snnviz.runs.work import Train
from snnviz.training import EpochRecord, Training, train

EPOCHS = 60
TRAININGS = tuple(
    Training(YinYang(samples=240), FeedForward(layers=2, width=16), method=m, epochs=EPOCHS, batch=32)
    for m in (Exodus(), LocalZO())
)
LONGEST = 4.0  # seconds from the first epoch to a kill
AT_THE_END = 0.25  # of the kills: when the last epochs are saved
AWAY = 3.0  # seconds at most that the database is away, where it does not stay away until the run has ended
PATIENCE = 180.0  # seconds until a run goes, or has ended


def saved(run: str) -> RunState:
    """What the store has of a run.

    Raises:
        LookupError: it has no such run.
    """
    if (state := store.default().open(run)) is None:
        raise LookupError(f"{run}: not in the store")
    return state


def followed(run: str) -> RunState:
    """How far a run has come, as a page sees it.

    Raises:
        LookupError: there is no such run.
    """
    if (state := client.follow(run)) is None:
        raise LookupError(f"{run}: nobody knows this run")
    return state


def numbers(state: RunState) -> list[list[tuple[float, ...]]]:
    return [[(e.epoch, e.train_loss, e.test_loss, e.test_accuracy) for e in line.epochs] for line in state.lines]


class Campaign:
    """What was tried and what failed."""

    def __init__(self, draws: random.Random):
        self.draws, self.kills, self.at_the_end, self.ended = draws, 0, 0, 0
        self.failures: list[str] = []
        alone = [[r for r in train(t, "native") if isinstance(r, EpochRecord)] for t in TRAININGS]
        self.undisturbed = [[(e.epoch, e.train_loss, e.test_loss, e.test_accuracy) for e in records] for records in alone]

    def check(self, run: str, before: list) -> None:
        """What the store has after a kill, against what it had before it."""
        state = store.default().open(run)
        if state is None:
            self.failures.append(f"{run}: gone")
            return
        for epochs, earlier, reference in zip(numbers(state), before, self.undisturbed, strict=True):
            if epochs != reference[: len(epochs)]:
                self.failures.append(f"{run}: not the epochs of an undisturbed run")
            if len(epochs) < len(earlier):
                self.failures.append(f"{run}: {len(earlier)} epochs before the kill, {len(epochs)} after it")
            if state.status is Status.FINISHED and len(epochs) < EPOCHS:
                self.failures.append(f"{run}: finished with {len(epochs)} of {EPOCHS} epochs")

    def end(self, run: str) -> None:
        self.ended += 1
        if numbers(saved(run)) != self.undisturbed:
            self.failures.append(f"{run}: finished, but not as an undisturbed run")

    def moment(self, run: str) -> list:
        """Wait for the moment of a kill, and return what the store has then."""
        if self.draws.random() < AT_THE_END:
            self.at_the_end += 1
            wait_for(lambda: min(map(len, numbers(saved(run)))) >= EPOCHS - 2)
            time.sleep(self.draws.uniform(0, 0.3))
        else:
            time.sleep(self.draws.uniform(0, LONGEST))
        return numbers(saved(run))

    def campaign(self, count: int, going: Callable[[str | None], str], kill: Callable[[str], None]) -> None:
        """Kill `count` times. going: submit a run, or go on with one, and return its id. kill: end what it is to end."""
        run: str | None = None
        while self.kills < count:
            run = going(run)
            before = self.moment(run)
            kill(run)
            self.kills += 1
            self.check(run, before)
            if followed(run).status is Status.FINISHED:
                self.end(run)
                run = None
        run = going(run)
        if not client.wait(run, lambda s: not s.status.live, PATIENCE) or followed(run).status is not Status.FINISHED:
            self.failures.append(f"{run}: does not finish: {followed(run).status} {followed(run).notes[-3:]}")
        else:
            wait_for(lambda: saved(run).status is Status.FINISHED)
            self.end(run)


def wait_for(what: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not what():
        if time.monotonic() > end:
            raise TimeoutError("nothing happens any more")
        time.sleep(0.02)


def submitted(run: str | None) -> str:
    """Submit a run, or go on with one; return when it works, or has ended."""
    if run is None:
        fresh = Run(Train(TRAININGS, None), "native", "kills")
        run = fresh.id
        wait_for(lambda: _done(lambda: client.submit(fresh)))
    else:
        wait_for(lambda: _done(lambda: client.go_on(run)))
    wait_for(lambda: followed(run).status is not Status.WAITING)
    return run


def _done(request: Callable[[], object]) -> bool:
    """Whether a request was taken: on a busy machine a scheduler that has just started answers late."""
    with contextlib.suppress(client.JobError):
        request()
        return True
    return False


class Server:
    """A process that submits and works, as the app does."""

    def __init__(self):
        self.process: subprocess.Popen[str] | None = None
        self.output: IO[str] | None = None

    def going(self, run: str | None) -> str:
        if run is not None and self.process is not None and self.process.poll() is None:
            return run
        self.kill()
        code = f"import time; from tools.kills import submitted; print(submitted({run!r}), flush=True); time.sleep(3600)"
        self.process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
        self.output = self.process.stdout
        return self.output.readline().strip() if self.output else ""

    def kill(self, run: str = "") -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            if self.output is not None:
                self.output.close()
            self.process = None


def server(campaign: Campaign, count: int) -> None:
    """The process that submits and works is killed."""
    process = Server()
    try:
        campaign.campaign(count, process.going, process.kill)
    finally:
        process.kill()


def database(campaign: Campaign, count: int) -> None:
    """PostgreSQL is killed, or stopped, while a process works; and that process too at times, when it waits for the database."""
    process, draws = Server(), campaign.draws
    with (
        tempfile.TemporaryDirectory(prefix="snnviz-kills-database-", ignore_cleanup_errors=True) as folder,
        own_database.serving(Path(folder)) as postgres,
    ):
        os.environ.update(postgres.database.environment)

        def kill(run: str) -> None:
            postgres.stop(draws.choice((own_database.AT_ONCE, own_database.AT_ONCE, own_database.ORDERLY)))
            if draws.random() < 0.5:
                wait_for(lambda: _has_ended(run))
                if draws.random() < 0.5:
                    process.kill()
            else:
                time.sleep(draws.uniform(0, AWAY))
            postgres.start()

        try:
            campaign.campaign(count, process.going, kill)
        finally:
            process.kill()
            store.default().close()
            store.at.cache_clear()
            for name in postgres.database.environment:
                del os.environ[name]


def _has_ended(run: str) -> bool:
    """Whether a run has written into its folder that it has ended, as it does where the database is away; or is over already."""
    folder = client.checkpoints(run)
    return not folder.exists() or Journal(folder).read().columns.get("status") == Status.FINISHED.value


@contextlib.contextmanager
def cluster() -> Iterator[dict[str, subprocess.Popen]]:
    """A scheduler and a worker as processes, by role; SNNVIZ_SCHEDULER names it."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        os.environ["SNNVIZ_SCHEDULER"] = address = f"tcp://127.0.0.1:{s.getsockname()[1]}"
    processes: dict[str, subprocess.Popen] = {}
    try:
        start("scheduler", address, processes)
        start("worker", address, processes)
        yield processes
    finally:
        client.close()
        for process in processes.values():
            process.kill()
            process.wait()
        del os.environ["SNNVIZ_SCHEDULER"]


def start(role: str, address: str, processes: dict[str, subprocess.Popen]) -> None:
    own = ["--host", address, "--no-show"] if role == "scheduler" else [address, "--no-nanny", "--nthreads", "1"]
    code = f"from distributed.cli.dask_{role} import main; main()"
    command = [sys.executable, "-c", code, *own, "--no-dashboard"]
    processes[role] = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if role == "scheduler":
        wait_for(lambda: _accepts(address))


def _accepts(address: str) -> bool:
    host, _, port = address.removeprefix("tcp://").rpartition(":")
    with contextlib.suppress(OSError), socket.create_connection((host, int(port)), 1):
        return True
    return False


def of_cluster(role: str) -> Callable[[Campaign, int], None]:
    def run_campaign(campaign: Campaign, count: int) -> None:
        with cluster() as processes:

            def kill(run: str) -> None:
                processes[role].send_signal(signal.SIGKILL)
                processes[role].wait()
                if role == "scheduler":
                    client.close()
                    processes["worker"].wait(PATIENCE)  # it ends by itself when its scheduler stays away
                start(role, os.environ["SNNVIZ_SCHEDULER"], processes)
                if role == "scheduler":
                    start("worker", os.environ["SNNVIZ_SCHEDULER"], processes)

            campaign.campaign(count, submitted, kill)

    return run_campaign


ROLES = {"server": server, "worker": of_cluster("worker"), "scheduler": of_cluster("scheduler"), "database": database}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("roles", nargs="*", choices=[[], *ROLES], help="what is killed; without one, each")
    parser.add_argument("--times", type=int, default=20, help="kills of each role")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    print("| killed | times | at the end of a run | runs finished | failures | seconds |\n|---|---|---|---|---|---|", flush=True)
    failures = []
    for role in arguments.roles or ROLES:
        with tempfile.TemporaryDirectory(prefix="snnviz-kills-") as home:
            os.environ["SNNVIZ_HOME"] = home
            campaign, begun = Campaign(random.Random(f"{arguments.seed} {role}")), time.monotonic()
            try:
                ROLES[role](campaign, arguments.times)
            except (TimeoutError, Trouble, client.JobError, store.StoreError) as problem:
                campaign.failures.append(f"after {campaign.kills} kills: {problem}")
            print(
                f"| {role} | {campaign.kills} | {campaign.at_the_end} | {campaign.ended} | {len(campaign.failures)} "
                f"| {time.monotonic() - begun:.0f} |",
                flush=True,
            )
            failures += [f"{role}: {failure}" for failure in campaign.failures]
            client.close()
            store.default().close()
            store.at.cache_clear()
    print(*failures, sep="\n")
    return int(bool(failures))


if __name__ == "__main__":
    sys.exit(main())
