"""How much slower a training is while somebody watches it: `python -m bench.watching`.

Four methods train on the digits, and a real Chromium follows them. App and browser share the machine's cores, as on a laptop. The
browser is stopped and continued in turn (SIGSTOP, SIGCONT), so that the same run is watched, then not, for seconds each;
each watched stretch is compared with the two around it. Epochs are counted when saved. Needs Chromium, and Linux or macOS.
"""

import argparse
import collections
import contextlib
import pathlib
import signal
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator

import psutil

from bench.common import save
from tests.app_server import DESKTOP, Visit, browsing, find_chromium, running_app

EPOCHS = 100


def processes() -> list[psutil.Process]:
    """The browser's, all of them."""
    return [p for p in psutil.process_iter(["name"]) if "chrom" in (p.info["name"] or "")]


def let(going: bool) -> None:
    for process in processes():
        with contextlib.suppress(psutil.Error):
            process.send_signal(signal.SIGCONT if going else signal.SIGSTOP)


def cpu() -> float:
    """Seconds of processor that the browser has taken."""
    return sum(sum(p.cpu_times()[:2]) for p in processes())


def rate(saved: Callable[[], int], seconds: float) -> float:
    """Epochs a second, from the end of one epoch to the end of another."""

    def next_one() -> tuple[float, int]:
        count, give_up = saved(), time.monotonic() + 10
        while saved() == count:
            if time.monotonic() > give_up:
                raise SystemExit("The run ended before the measurement; raise EPOCHS.")
            time.sleep(0.004)
        return time.monotonic(), saved()

    start, first = next_one()
    while True:
        now, last = next_one()
        if now - start >= seconds:
            return (last - first) / (now - start)


def stretches(page, saved: Callable[[], int], turns: int, seconds: float) -> Iterator[tuple[bool, float, float]]:
    """Alone, watched, alone ... and alone: whether watched, epochs a second, cores that the browser took."""
    for turn in range(2 * turns + 1):
        watched = turn % 2 == 1
        let(watched)
        time.sleep(1.2 if watched else 0.5)  # it draws what it missed; it comes to rest
        took, start = cpu(), time.monotonic()
        speed = rate(saved, seconds)
        yield watched, speed, (cpu() - took) / (time.monotonic() - start)
    let(True)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=4)
    parser.add_argument("--turns", type=int, default=6, help="watched stretches of a run")
    parser.add_argument("--seconds", type=float, default=2.6, help="of a stretch, at least")
    parser.add_argument("--no-save", action="store_true", help="only print")
    options = parser.parse_args()
    executable = find_chromium()
    if executable is None:
        raise SystemExit("No Chromium found; on Debian: apt-get install chromium.")
    slower, speeds, cores = [], collections.defaultdict(list), []
    home = tempfile.mkdtemp()
    with running_app(environment={"SNNVIZ_HOME": home, "SNNVIZ_STORE": ""}) as url, browsing(executable) as context:
        page = context.new_page()
        visit = Visit(page, url).size(*DESKTOP)
        for number in range(options.runs):
            visit.open("training", epochs=str(EPOCHS))
            page.get_by_role("button", name="Start").last.click()
            page.wait_for_function(f"() => /[1-9]\\d* of {EPOCHS} epochs/.test(document.body.innerText)", timeout=120_000)
            with contextlib.closing(sqlite3.connect(next(pathlib.Path(home).glob("*.sqlite")))) as database:

                def saved(database=database) -> int:
                    return database.execute("select count(*) from epochs").fetchone()[0]

                measured = list(stretches(page, saved, options.turns, options.seconds))
            for before, (_, speed, used), after in zip(measured[::2], measured[1::2], measured[2::2], strict=False):
                slower.append(100 * (1 - 2 * speed / (before[1] + after[1])))
                cores.append(used)
            for watched, speed, _ in measured:
                speeds[watched].append(speed)
            page.get_by_role("button", name="Stop").last.click()
            page.get_by_text("stopped").first.wait_for()
            print(f"run {number + 1} of {options.runs}: {statistics.mean(slower[-options.turns :]):.1f} % slower while watched")
    spread = statistics.stdev(slower) / len(slower) ** 0.5
    row = {
        "slower_percent": statistics.mean(slower),
        "standard_error": spread,
        "epochs_a_second": statistics.mean(speeds[True]),
        "alone": statistics.mean(speeds[False]),
        "browser_cores": statistics.mean(cores),
    }
    print(
        f"Watching: {row['slower_percent']:.1f} % slower (standard error {spread:.1f}, {len(slower)} stretches); "
        f"the browser takes {row['browser_cores']:.2f} of a core."
    )
    if not options.no_save:
        print("saved to", save("watching", [row], runs=options.runs, turns=options.turns))


if __name__ == "__main__":
    main()
