"""Each preset of the playground over ten seeds, in node: `python -m tools.presets`. Its sentence says what came.

python -m tools.presets [UPDATES] [TITLE ...]        600 updates of all presets; needs node
"""

import json
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile

from snnviz import places
from snnviz.backends import browser
from snnviz.live import playground

SEEDS = range(1, 11)
SCRIPT = """
import fs from "node:fs";
import { Engine } from "./playground/engine.js";
import { PRESETS } from "./playground/presets.js";
import { touched, twins } from "./playground/sayings.js";
import { Trainer } from "./playground/trainer.js";
const { defaults, seeds, updates, titles } = JSON.parse(fs.readFileSync(0, "utf-8"));
const module = new WebAssembly.Module(fs.readFileSync("module.wasm"));
for (const { title, settings, then } of PRESETS) {
  if (titles.length && !titles.includes(title)) continue;
  const variants = [["", settings], ...(then ? [["then", { ...settings, ...then }]] : [])];
  for (const [which, chosen] of variants) for (const seed of seeds) {
    const trainer = new Trainer(new Engine(module), { ...defaults, ...chosen, seed }), reached = {};
    for (let i = 1; i <= updates; i++) {
      trainer.step();
      if (i % 10) continue;
      for (const [key, net] of Object.entries(trainer.nets)) {
        if (!reached[key] && trainer.examine(net).accuracy >= 0.95) reached[key] = i;
      }
    }
    const methods = Object.fromEntries(Object.entries(trainer.nets).map(([key, net]) => [key, { weights: net.flat() }]));
    for (const [key, net] of Object.entries(trainer.nets)) {
      const accuracy = trainer.examine(net).accuracy, norms = [...net.length], { loss, spikes } = net;
      console.log(JSON.stringify({ title, which, seed, key, accuracy, touched: touched(net), norms, spikes, loss,
        reached: reached[key] ?? null, twins: twins(methods) }));
    }
  }
}
"""


def runs(updates: int, titles: list[str]) -> list[dict]:
    """A row for each preset, seed and method, as the page's own engine gives it."""
    request = {
        "defaults": {field["name"]: field["default"] for field in playground.data()["fields"]},
        "seeds": list(SEEDS),
        "updates": updates,
        "titles": titles,
    }
    with tempfile.TemporaryDirectory() as folder:
        here = pathlib.Path(folder)
        for name in ("playground", "scope"):
            shutil.copytree(places.assets() / name, here / name)
        (here / "package.json").write_text('{"type": "module"}')
        (here / "module.wasm").write_bytes(browser.module(browser.PLAYGROUND))
        (here / "presets.js").write_text(SCRIPT)
        done = subprocess.run(
            ["node", "presets.js"], cwd=here, input=json.dumps(request), stdout=subprocess.PIPE, text=True, check=True
        )
    return [json.loads(line) for line in done.stdout.splitlines()]


def main() -> None:
    updates, titles = int(sys.argv[1]) if len(sys.argv) > 1 else 600, sys.argv[2:]
    rows = runs(updates, titles)
    for title, which in dict.fromkeys((row["title"], row["which"]) for row in rows):
        print(f"\n{title}{', then' if which else ''}: {updates} updates, ten seeds")
        mine = [row for row in rows if (row["title"], row["which"]) == (title, which)]
        for key in dict.fromkeys(row["key"] for row in mine):
            of = [row for row in mine if row["key"] == key]
            right = sorted(100 * row["accuracy"] for row in of)
            reached = [row["reached"] or float("inf") for row in of]
            ratio = statistics.median((row["norms"][0] or 0) / (row["norms"][-1] or 1e-30) for row in of)
            many = sum(r < float("inf") for r in reached)
            print(
                f"  {key:9} right {statistics.median(right):5.1f} % ({right[0]:.0f} to {right[-1]:.0f})  "
                f"touched {100 * statistics.median(row['touched'] for row in of):6.2f} %  "
                f"95 % in {many} of {len(of)}, median at {statistics.median(reached):g}  "
                f"first layer's gradient / readout's {ratio:.2g}"
            )
        print(f"  equal weights: {sum(bool(row['twins']) for row in mine)} of {len(mine)} rows")


if __name__ == "__main__":
    main()
