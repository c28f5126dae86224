"""Kill -9 at random moments of a training: is what was finished still there, and nothing finished that is not?

    python -m tools.kills 20 server worker scheduler

Trains again and again in a home of its own, kills the process of that role at a random moment, goes on, and checks after each
kill that every epoch the store had is still there, without a gap, and that no run is finished with fewer epochs than asked for;
and of each run that ends, that its numbers are those of an undisturbed one to the bit. Ends with status 1 where one is not.
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

from snnviz.architectures import FeedForward
from snnviz.datasets import YinYang
from snnviz.methods import Exodus, LocalZO
from snnviz.runs import client, store
from snnviz.runs.values import Run, RunState, Status
from snnviz.runs.work import Train
from snnviz.training import EpochRecord, Training, train

EPOCHS = 60
TRAININGS = tuple(
    Training(YinYang(samples=240), FeedForward(layers=2, width=16), method=m, epochs=EPOCHS, batch=32)
    for m in (Exodus(), LocalZO())
)
LONGEST = 4.0  # seconds from the first epoch to a kill
PATIENCE = 180.0  # seconds until a run goes, or has ended
QUIET: dict[str, int] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def numbers(state: RunState) -> list[list[tuple[float, ...]]]:
    return [[(e.epoch, e.train_loss, e.test_loss, e.test_accuracy) for e in line.epochs] for line in state.lines]


class Campaign:
    """What was tried and what failed."""

    def __init__(self, draws: random.Random):
        self.draws, self.kills, self.ended, self.failures = draws, 0, 0, []
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
        if numbers(store.default().open(run)) != self.undisturbed:
            self.failures.append(f"{run}: finished, but not as an undisturbed run")

    def campaign(self, count: int, going: Callable[[str | None], str], kill: Callable[[str], None]) -> None:
        """Kill `count` times. going: submit a run, or go on with one, and return its id. kill: end what it is to end."""
        run = None
        while self.kills < count:
            run = going(run)
            time.sleep(self.draws.uniform(0, LONGEST))
            before = numbers(store.default().open(run))
            kill(run)
            self.kills += 1
            self.check(run, before)
            if client.follow(run).status is Status.FINISHED:
                self.end(run)
                run = None
        run = going(run)
        if not client.wait(run, lambda s: not s.status.live, PATIENCE) or client.follow(run).status is not Status.FINISHED:
            self.failures.append(f"{run}: does not finish: {client.follow(run).status} {client.follow(run).notes[-3:]}")
        else:
            wait_for(lambda: store.default().open(run).status is Status.FINISHED)
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
        run = client.submit(Run(Train(TRAININGS, None), "native", "kills"))
    else:
        wait_for(lambda: _gone_on(run))
    wait_for(lambda: client.follow(run).status is not Status.WAITING)
    return run


def _gone_on(run: str) -> bool:
    with contextlib.suppress(client.JobError):
        client.go_on(run)
        return True
    return False


def server(campaign: Campaign, count: int) -> None:
    """A process that submits and works, as the app does."""
    process: list[subprocess.Popen] = []

    def going(run: str | None) -> str:
        if not (process and process[0].poll() is None):
            code = f"import time; from tools.kills import submitted; print(submitted({run!r}), flush=True); time.sleep(3600)"
            process[:] = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)]
            return process[0].stdout.readline().strip()
        return run

    def kill(run: str) -> None:
        process[0].send_signal(signal.SIGKILL)
        process[0].wait()

    campaign.campaign(count, going, kill)
    process[0].kill()
    process[0].wait()


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
    processes[role] = subprocess.Popen([sys.executable, "-c", code, *own, "--no-dashboard"], **QUIET)


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


ROLES = {"server": server, "worker": of_cluster("worker"), "scheduler": of_cluster("scheduler")}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("count", type=int, help="kills of each role")
    parser.add_argument("roles", nargs="*", choices=[[], *ROLES], default=["server", "worker"], help="what is killed")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    failed = 0
    for role in arguments.roles:
        with tempfile.TemporaryDirectory(prefix="snnviz-kills-") as home:
            os.environ["SNNVIZ_HOME"] = home
            campaign, begun = Campaign(random.Random(arguments.seed)), time.monotonic()
            ROLES[role](campaign, arguments.count)
            print(
                f"{role}: {campaign.kills} kills in {time.monotonic() - begun:.0f} s, {campaign.ended} runs finished, "
                f"{len(campaign.failures)} failures",
                *campaign.failures,
                sep="\n  ",
                flush=True,
            )
            failed += len(campaign.failures)
            client.close()
            store.default().close()
            store.at.cache_clear()
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
