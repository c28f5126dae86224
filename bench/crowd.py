"""A crowd before the app as `deploy/up` starts it: `python -m bench.crowd`. Sixty visitors who each move a control every four
seconds, while a training goes.

It starts a stack of its own in a temporary folder, and ends it. A training goes alone, then among the visitors; they leave, and
a minute later the memory of the app's processes is held against what it was before they came. Then some come back, each with a run
of their own, and one process of the app is killed: those that it served come back to another, and look for their runs. Visitors
speak Streamlit's protocol through nginx; they share the machine's cores with the servers. `--address` visits an app that runs
already, without the training, the memory and the kill.
"""

import argparse
import asyncio
import contextlib
import os
import signal
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from bench.common import save
from bench.visitors import PAGES, Visitor
from deploy.settings import Settings
from deploy.stack import Stack
from snnviz.datasets import Digits
from snnviz.methods import BPTT, Exodus
from snnviz.runs import client, rights, store
from snnviz.runs.values import Run, Status
from snnviz.runs.work import Train
from snnviz.training import Training

MIB = 1 << 20
AT_ONCE = 6  # visitors who open their page at the same moment
COOKIE = "snnviz-visitor"


class Speed:
    """When each epoch of a run was saved, seen ten times a second."""

    def __init__(self, run: str):
        self.run, self.seen, self._over = run, [(time.monotonic(), 0)], threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        while not self._over.wait(0.1):
            epochs = sum(row.epochs for row in store.default().list() if row.run == self.run)
            if epochs != self.seen[-1][1]:
                self.seen.append((time.monotonic(), epochs))

    def between(self, start: float, end: float) -> float:
        """Epochs a second, from the first that ended in that time to the last."""
        seen = [(at, epochs) for at, epochs in self.seen if start <= at <= end]
        if len(seen) < 2:
            return 0.0
        return (seen[-1][1] - seen[0][1]) / (seen[-1][0] - seen[0][0])

    def close(self) -> None:
        self._over.set()
        self._thread.join()


def resident(stack: Stack, settings: Settings) -> float:
    """MiB of the app's processes."""
    processes = [stack.running(name) for name in settings.apps]
    return sum(process.memory_info().rss for process in processes if process is not None) / MIB


def percentile(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))] if values else float("nan")


async def opened(address: str, count: int, every: float) -> list[Visitor]:
    """Visitors of all four pages, each with its page drawn."""
    names, gate = list(PAGES), asyncio.Semaphore(AT_ONCE)
    visitors = [Visitor(address, names[i % len(names)], i, every) for i in range(count)]

    async def open_one(visitor: Visitor) -> None:
        async with gate:
            await visitor.open()

    await asyncio.gather(*(open_one(visitor) for visitor in visitors))
    return visitors


async def left(visitors: Sequence[Visitor]) -> None:
    await asyncio.gather(*(visitor.leave() for visitor in visitors))


async def warm(address: str, processes: int) -> None:
    """Have every process draw every page twice: kernels, libraries and caches are there."""
    for number in range(1, processes + 1):
        visitors = [Visitor(address, page, i) for i, page in enumerate(PAGES)]
        for visitor in visitors:
            visitor.remember("snnviz_process", str(number))
            await visitor.open()
            await visitor.move()
        await left(visitors)


async def moving(visitors: Sequence[Visitor], seconds: float) -> list[str]:
    """All move their controls for so long; what broke."""
    moves = max(1, round(seconds / visitors[0].every))
    ends = await asyncio.gather(*(visitor.visit(moves) for visitor in visitors), return_exceptions=True)
    return [f"{type(end).__name__}: {end}" for end in ends if isinstance(end, BaseException)]


def answers(visitors: Sequence[Visitor], broken: Sequence[str]) -> dict[str, Any]:
    waited = [seconds for visitor in visitors for seconds in visitor.waited]
    problems = [*broken, *(problem for visitor in visitors for problem in visitor.problems)]
    for problem in problems[:10]:
        print("   ", problem, flush=True)
    return {
        "visitors": len(visitors),
        "moves": len(waited),
        "median s": statistics.median(waited) if waited else float("nan"),
        "95 % s": percentile(waited, 0.95),
        "worst s": max(waited, default=float("nan")),
        "errors": len(problems),
    }


def submitted(epochs: int, owner: str) -> str:
    return client.submit(
        Run(Train(tuple(Training(Digits(), method=m, epochs=epochs) for m in (BPTT(), Exodus())), None), "native", owner)
    )


def before(condition: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.2)
    return True


async def killed(stack: Stack, address: str, count: int) -> dict[str, Any]:
    """Visitors with a run each; one process of the app is killed; how many come back to another and find their run."""
    visitors, finished = [], 0
    for number in range(count):
        owner = f"crowd{number:011d}"
        run = submitted(1, owner)
        visitor = Visitor(address, "training", number)
        visitor.remember(COOKIE, rights.signed(owner))
        visitors.append(visitor)
        finished += await asyncio.to_thread(client.wait, run, lambda state: state.status is Status.FINISHED, 60)
    for visitor in visitors:
        await visitor.look()
    victim = visitors[0].process
    process = stack.running(f"app-{victim}")
    assert process is not None
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    lost = [visitor for visitor in visitors if visitor.process == victim]
    begun = time.perf_counter()

    async def back(visitor: Visitor) -> bool:
        with contextlib.suppress(Exception):
            await visitor.look()
        return visitor.process not in ("", victim) and any("1 of 1 epochs" in text for text in visitor.texts)

    at_home = await asyncio.gather(*(back(visitor) for visitor in lost))
    took = time.perf_counter() - begun
    problems = sum(len(visitor.problems) for visitor in visitors)
    await left(visitors)
    return {
        "with a run": finished,
        "of the killed process": len(lost),
        "find their run": sum(at_home),
        "seconds": took,
        "errors": problems,
    }


@contextlib.contextmanager
def own_stack(processes: int) -> Iterator[tuple[Stack, Settings]]:
    """A stack in a folder of its own, ended at the end; this process uses its store and scheduler."""
    with tempfile.TemporaryDirectory(prefix="snnviz-crowd-", ignore_cleanup_errors=True) as folder:
        stack, earlier = Stack(Path(folder)), dict(os.environ)
        try:
            settings = stack.up({"port": 0, "processes": processes}, lambda _: None)
            os.environ.update(stack.environment(settings))
            yield stack, settings
        finally:
            client.close()
            stack.down(lambda _: None)
            os.environ.clear()
            os.environ.update(earlier)


def campaign(arguments: argparse.Namespace) -> dict[str, Any]:
    def say(what: str) -> None:
        print(f"{time.perf_counter() - begun:4.0f} s  {what}", flush=True)

    begun = time.perf_counter()
    with own_stack(arguments.processes) as (stack, settings):
        address, result = settings.address, {"processes": settings.processes, "every s": arguments.every}
        say(f"{address} is up; every process draws every page")
        asyncio.run(warm(address, settings.processes))
        say("a training alone")
        run = submitted(100_000, "crowd-training")
        if not before(lambda: sum(row.epochs for row in store.default().list() if row.run == run) >= 2, 60):
            raise SystemExit("The training does not begin.")
        speed = Speed(run)
        start = time.monotonic()
        time.sleep(arguments.alone)
        alone = speed.between(start, time.monotonic())
        result["MiB before"] = resident(stack, settings)
        say(f"{alone:.2f} epochs a second; {arguments.visitors} visitors come")

        async def crowd() -> dict[str, Any]:
            visitors = await opened(address, arguments.visitors, arguments.every)
            say(f"all are there, on {sorted({v.process: None for v in visitors})}; they move")
            start = time.monotonic()
            broken = await moving(visitors, arguments.seconds)
            among = speed.between(start, time.monotonic())
            on = [sum(v.process == str(n) for v in visitors) for n in range(1, settings.processes + 1)]
            answered = answers(visitors, broken) | {"visitors by process": on, "MiB with them": resident(stack, settings)}
            await left(visitors)
            share = among / alone if alone else 0.0
            return answered | {"epochs a second alone": alone, "among them": among, "share of speed": share}

        result |= asyncio.run(crowd())
        speed.close()
        share = result["share of speed"]
        say(f"median {result['median s']:.2f} s, worst {result['worst s']:.2f} s, training at {share:.2f}; they leave")
        time.sleep(arguments.after)
        result["MiB after"] = resident(stack, settings)
        memory = ", ".join(f"{result[when]:.0f}" for when in ("MiB before", "MiB with them", "MiB after"))
        say(f"memory {memory} MiB; a process is killed")
        client.cancel(run)
        client.wait(run, lambda state: not state.status.live, 20)
        result["killed"] = asyncio.run(killed(stack, address, arguments.back))
        say(f"{result['killed']}")
    result["minutes"] = (time.perf_counter() - begun) / 60
    return result


def verdicts(result: dict[str, Any]) -> list[tuple[str, str, str, bool]]:
    """What was wanted: name, wanted, measured, met."""
    grown = result["MiB after"] / result["MiB before"] - 1
    back = result["killed"]
    return [
        ("median answer", "< 0.6 s", f"{result['median s']:.2f} s", result["median s"] < 0.6),
        ("worst answer", "< 3 s", f"{result['worst s']:.2f} s", result["worst s"] < 3),
        ("errors", "0", str(result["errors"]), result["errors"] == 0),
        ("training, of its speed alone", ">= 1/3", f"{result['share of speed']:.2f}", result["share of speed"] >= 1 / 3),
        ("memory after they left", "within 10 %", f"{100 * grown:+.1f} %", grown <= 0.1),
        (
            "one process killed, runs found again",
            f"{back['of the killed process']}",
            f"{back['find their run']} in {back['seconds']:.1f} s",
            back["find their run"] == back["of the killed process"] > 0 and not back["errors"],
        ),
    ]  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--visitors", type=int, default=60)
    parser.add_argument("--every", type=float, default=4.0, help="seconds between two moves of a visitor")
    parser.add_argument("--seconds", type=float, default=60.0, help="for which they move")
    parser.add_argument("--alone", type=float, default=20.0, help="seconds for which the training goes alone")
    parser.add_argument("--after", type=float, default=60.0, help="seconds from their leaving to the look at memory")
    parser.add_argument("--back", type=int, default=12, help="visitors of whom some lose their process")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--address", help="visit the app there instead: answers and errors only")
    parser.add_argument("--no-save", action="store_true", help="only print")
    arguments = parser.parse_args()
    if arguments.address:

        async def visited() -> dict[str, Any]:
            visitors = await opened(arguments.address.rstrip("/") + "/", arguments.visitors, arguments.every)
            answered = answers(visitors, await moving(visitors, arguments.seconds))
            await left(visitors)
            return answered

        print(asyncio.run(visited()))
        return 0
    result = campaign(arguments)
    rows = verdicts(result)
    print("\n| | wanted | measured | |\n|---|---|---|---|")
    print("\n".join(f"| {name} | {target} | {measured} | {'yes' if met else '**no**'} |" for name, target, measured, met in rows))
    print(f"\n{result['moves']} moves of {result['visitors']} visitors, {result['minutes']:.1f} minutes in all.")
    if not arguments.no_save:
        print("saved to", save("crowd", [result]))
    return int(not all(met for *_, met in rows))


if __name__ == "__main__":
    sys.exit(main())
