"""How smooth the neuron's scope is in a real page: `python -m bench.scopes`. Frames a second while a slider is dragged.

64 neurons over 1,000 steps are computed and drawn anew at every frame: neurons of several kinds, with and without the way back.
Also how long after the page's heading the first picture stands there, the best of three visits. Needs Chromium; on a machine
without a GPU it paints in software.
"""

import argparse
import os
import tempfile
from typing import Any

from bench.common import save, table
from tests.app_server import DESKTOP, Visit, browsing, find_chromium, running_app

CASES = {
    "LIF": ("tau_mem", "LIF", False),
    "LIF and its way back": ("tau_mem", "LIF", True),
    "ALIF": ("tau_mem", "ALIF", False),
    "EIF and its way back": ("tau_mem", "EIF", True),
    "Izhikevich": ("d", "Izhikevich", False),
}
SHARED = {"run.neurons": "64", "run.steps": "1000"}
SCOPE = "document.querySelector('[data-testid=stBidiComponentIsolated]')?.shadowRoot?.querySelector('.scope')"
DRAG = f"""([name, ms]) => new Promise((done) => {{
  const scope = {SCOPE}, slider = scope.getRootNode().querySelector(`input[type=range][name=${{name}}]`);
  const start = performance.now(), before = Number(scope.dataset.frames), most = Number(slider.max);
  let i = 0;
  const move = () => {{
    slider.value = (3 * i++) % most;
    slider.dispatchEvent(new Event("input"));
    if (performance.now() - start < ms) requestAnimationFrame(move);
    else done(1000 * (Number(scope.dataset.frames) - before) / (performance.now() - start));
  }};
  move();
}})"""
# Milliseconds from the heading to the first picture.
FIRST = f"""new MutationObserver(() => {{
  if (!window.headed && document.querySelector("h1")) window.headed = performance.now();
  if (window.headed && !window.watching) window.watching = setInterval(() => {{
    if (Number({SCOPE}?.dataset.frames)) {{ window.seen = performance.now() - window.headed; clearInterval(window.watching); }}
  }}, 5);
}}).observe(document, {{ childList: true, subtree: true }})"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=4, help="seconds of dragging in each case; the best counts")
    parser.add_argument("--no-save", action="store_true", help="only print")
    chosen = parser.parse_args()
    if (executable := find_chromium()) is None:
        raise SystemExit("No Chromium found; on Debian: apt-get install chromium.")
    rows: list[dict[str, Any]] = []
    with (
        tempfile.TemporaryDirectory() as home,
        running_app(environment={"SNNVIZ_HOME": home, "SNNVIZ_STORE": ""}) as url,
        browsing(executable) as context,
    ):
        context.add_init_script(FIRST)
        for name, (slider, neuron, back) in CASES.items():
            visit = Visit(context.new_page(), url).size(*DESKTOP)
            waits = []
            for _ in range(3):
                visit.open("neuron", neuron=neuron, **SHARED)
                visit.page.wait_for_function("() => window.seen !== undefined")
                waits.append(visit.page.evaluate("() => window.seen"))
            if back:
                visit.page.get_by_label("Look back: the gradient").first.check()
            frames = max(visit.page.evaluate(DRAG, [slider, 1000]) for _ in range(chosen.turns))
            rows.append({"case": name, "frames a second": frames, "first picture, ms after the heading": min(waits)})
            if visit.errors:
                raise SystemExit(f"The page complained: {visit.errors}")
            visit.page.close()
    print(table(rows), f"load {os.getloadavg()[0]:.1f}", sep="\n")
    if not chosen.no_save:
        print("saved to", save("scopes", rows, load=os.getloadavg()[0], turns=chosen.turns))


if __name__ == "__main__":
    main()
