"""How fast the playground trains, without a page: `python -m bench.playground`. The engine in node, against torch eager.

Two networks, 2-8-8-3 on the Yin-Yang (three inputs, T = 40, batch 64) and 64-32-32-10 on the digits (T = 30, batch 64). Node and
torch take turns, so that a load from elsewhere meets both; of each the fastest turn counts. An update of torch takes so long that
other programs get in between: of it processor time counts. torch eager is the same training step by step in
autograd (the reference backend), on one thread. Needs node.
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time
from typing import Any

import torch

from bench.common import save, table
from snnviz import places
from snnviz.backends import browser
from snnviz.datasets import Digits, YinYangPoints
from snnviz.live import playground
from snnviz.methods import BPTT, LocalZO
from snnviz.studies.small_training import SmallTraining
from snnviz.surrogates import SingleExponential

SHARED = {
    "noise": 0.05, "seed": 1, "coding": "latency", "mirrored": False, "tau": 20, "neuron": "LIF", "rate": 0.03, "optimiser": "adam",
    "batch": 64, "surrogate": "single_exponential", "width": 0.5, "delta": 0.3, "draws": 1, "scale": 1, "band": 0.3,
    "overTime": "mean", "firstGain": 2.5, "gain": 2, "bias": 1.5,
}  # fmt: skip
NETWORKS: dict[str, dict[str, Any]] = {
    "2-8-8-3": {"set": "yinyang", "T": 40, "hidden": [8, 8]},
    "digits 64-32-32-10": {"set": "digits", "T": 30, "hidden": [32, 32]},
}
FOUR = ["bptt", "slayer", "localzo", "sparse"]
METHODS = [["bptt"], ["exodus"], ["localzo"], FOUR]

# Answers one line of settings with the milliseconds of a round at best.
SERVE = """
import fs from "node:fs";
import readline from "node:readline";
const [folder, wasm, packed] = process.argv.slice(2);
const { Engine } = await import(folder + "engine.js"), { Trainer } = await import(folder + "trainer.js");
const { unpackDigits } = await import(folder + "digits.js");
const module = new WebAssembly.Module(fs.readFileSync(wasm)), digits = await unpackDigits(JSON.parse(fs.readFileSync(packed)));
const trainers = {};
for await (const line of readline.createInterface({ input: process.stdin })) {
  const t = (trainers[line] ??= new Trainer(new Engine(module), JSON.parse(line), digits));
  if (!t.updates) for (let i = 0; i < 100; i++) t.step();
  let best = Infinity;
  const begin = performance.now();
  while (performance.now() - begin < 400) {
    const start = performance.now();
    t.step();
    best = Math.min(best, performance.now() - start);
  }
  console.log(best);
}
"""


def eager(network: dict[str, Any], method: Any) -> Any:
    """An update of torch eager, at each call of `next`."""
    s = SHARED | network
    data = Digits(steps=s["T"]) if s["set"] == "digits" else YinYangPoints(steps=s["T"], seed=s["seed"], mirrored=False)
    training = SmallTraining(data, tuple(s["hidden"]), method=method, batch=s["batch"], seed=s["seed"])
    return training.train(10**6, "reference")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=7)
    parser.add_argument("--no-save", action="store_true", help="do not write bench/results")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    node = shutil.which("node")
    if not node:
        raise SystemExit("node is not here.")
    browser.module(browser.PLAYGROUND)
    with tempfile.TemporaryDirectory() as folder:
        script, packed = pathlib.Path(folder) / "serve.mjs", pathlib.Path(folder) / "digits.json"
        script.write_text(SERVE, encoding="utf-8")
        packed.write_text(json.dumps(playground.digits()), encoding="utf-8")
        modules = (places.assets() / "playground").absolute().as_uri() + "/"
        command = [node, str(script), modules, str(browser.path(browser.PLAYGROUND)), str(packed)]
        engine = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        assert engine.stdin and engine.stdout
        rivals = {
            (name, label): eager(network, method)
            for name, network in NETWORKS.items()
            for label, method in (("bptt", BPTT(SingleExponential(0.5))), ("localzo", LocalZO(delta=0.3)))
        }
        best: dict[tuple[str, str, str], list[float]] = {}
        for _ in range(chosen.turns):
            for name, network in NETWORKS.items():
                for methods in METHODS:
                    engine.stdin.write(json.dumps(SHARED | network | {"methods": methods}) + "\n")
                    best.setdefault((name, "+".join(methods), "page"), []).append(float(engine.stdout.readline()))
                for (of, label), updates in rivals.items():
                    if of == name:
                        next(updates)
                        start = time.process_time()
                        next(updates)
                        best.setdefault((name, label, "eager"), []).append(1e3 * (time.process_time() - start))
        engine.stdin.close()
        engine.wait()
    least = {key: min(times) for key, times in best.items()}
    rows = []
    for (name, methods, who), ms in least.items():
        if who == "page":
            rival, own = least.get((name, methods, "eager")), least[name, "bptt", "page"]
            rows.append({
                "network": name, "methods": methods, "ms a round": ms, "rounds a second": 1e3 / ms, "to BPTT": ms / own,
                "torch eager, ms": rival or "-", "to torch": rival / ms if rival else "-",
            })  # fmt: skip
    print(table(rows), f"load {os.getloadavg()[0]:.1f}", sep="\n")
    if not chosen.no_save:
        print(save("playground", rows, load=os.getloadavg()[0], turns=chosen.turns))


if __name__ == "__main__":
    main()
