"""How smooth the playground is in a real page: `python -m bench.frames`. Frames and rounds a second, in Chromium.

The app's page is opened anew for each case, learns as fast as it goes while spikes run in slow motion, and is watched for seconds:
gaps between frames of the screen, what of a frame the page's own drawing takes, rounds of all methods together that the worker
makes. `--busy` keeps both cores at something else meanwhile. Needs Chromium; on a machine without a GPU it paints in software.
"""

import argparse
import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from typing import Any

from bench.common import save, table
from tests.app_server import DESKTOP, Visit, browsing, find_chromium, running_app

FOUR = "bptt-slayer-localzo-sparse"
CASES = {
    "2-8-8-3, one method": {"play.set": "yinyang", "play.methods": "bptt", "play.shown": "bptt"},
    "2-8-8-3, four methods": {"play.set": "yinyang", "play.methods": FOUR},
    "digits 64-24-10, four methods": {"play.set": "digits", "play.hidden": "24", "play.methods": FOUR},
}
SHARED = {"play.batch": "64", "play.mirrored": "false", "play.speed": "0"}
LEARNS = "e => e.stage?.training && e.stage.play.on && e.stage.frame?.updates > 30"
# Seconds, gaps between frames in ms, rounds, ms of drawing, frames that were drawn.
WATCH = """async (e, seconds) => {
  const { stage } = e, gaps = [], before = { ...stage.meter }, rounds = stage.frame.updates, start = performance.now();
  for (let last = start, now = start; now - start < 1000 * seconds; last = now) {
    now = await new Promise(requestAnimationFrame);
    gaps.push(now - last);
  }
  const took = (performance.now() - start) / 1000, { frames, drawing } = stage.meter;
  return [took, gaps.slice(1), stage.frame.updates - rounds, drawing - before.drawing, frames - before.frames];
}"""


@contextlib.contextmanager
def company(busy: int) -> Iterator[None]:
    """So many processes that never rest."""
    others = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(busy)]
    try:
        yield
    finally:
        for other in others:
            other.kill()
            other.wait()


def watched(visit: Visit, query: dict[str, str], seconds: float, busy: int) -> dict[str, Any]:
    """One case, on a page that is opened anew."""
    visit.page.goto(f"{visit.url}/?" + "&".join(f"{key}={value}" for key, value in (SHARED | query).items()))
    playground = visit.page.locator(".playground").first
    playground.locator("canvas.graph").wait_for(timeout=120_000)
    visit.page.wait_for_function(LEARNS, arg=playground.element_handle(), timeout=120_000)
    with company(busy):
        took, gaps, rounds, drawing, frames = playground.evaluate(WATCH, seconds)
    return {
        "frames a second": len(gaps) / took, "median gap, ms": statistics.median(gaps),
        "1 in 20 longer than, ms": sorted(gaps)[-len(gaps) // 20], "rounds a second": rounds / took,
        "drawing, ms a frame": drawing / max(frames, 1), "first picture, ms": int(playground.get_attribute("data-drawn") or 0),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--turns", type=int, default=3, help="pages of each case; the one with most frames counts")
    parser.add_argument("--busy", action="store_true", help="beside a process for each core that never rests")
    parser.add_argument("--no-save", action="store_true", help="only print")
    chosen = parser.parse_args()
    if (executable := find_chromium()) is None:
        raise SystemExit("No Chromium found; on Debian: apt-get install chromium.")
    busy, rows = (os.cpu_count() or 1) if chosen.busy else 0, []
    with (
        tempfile.TemporaryDirectory() as home,
        running_app(environment={"SNNVIZ_HOME": home, "SNNVIZ_STORE": ""}) as url,
        browsing(executable) as context,
    ):
        visit = Visit(context.new_page(), url).size(*DESKTOP)
        visit.page.emulate_media(reduced_motion="no-preference")
        for name, query in CASES.items():
            turns = [watched(visit, query, chosen.seconds, busy) for _ in range(chosen.turns)]
            rows.append({"case": name} | max(turns, key=lambda row: row["frames a second"]))
            print(table(rows[-1:]), flush=True)
        if visit.errors:
            raise SystemExit(f"The page complained: {visit.errors}")
    print(f"load {os.getloadavg()[0]:.1f}")
    if not chosen.no_save:
        print("saved to", save("frames", rows, load=os.getloadavg()[0], turns=chosen.turns, busy=chosen.busy))


if __name__ == "__main__":
    main()
