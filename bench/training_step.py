"""A whole training step, from data to new weights, against other libraries: `python -m bench.training_step` (some ten minutes).

Linear layers or convolutions, LIF neurons (decay 0.9, threshold 1, reset by subtraction, derivative 1 / (1 + 2 |u|)^2), a linear
readout whose sum over time goes into a cross entropy, and Adam. All begin with the same weights on the same batch, and a row counts
only if the first loss is ours: where a library orders decay, reset and spike in another way, our neuron is set to that order.
Contenders take turns; medians and ratios are of one run. Peers that are not installed are left out, and named (`pip install
snntorch==1.0.0 spikingjelly==2.0.0 spyx==1.0.0 grain norse`).

The floor is what no such step can avoid with exact gradients: the product delta W of each hidden layer but the first, by torch, and
reading and writing u and dL/ds once each at the speed of torch's copy.
"""

import argparse
import functools
import itertools
import json
import os
import subprocess
import sys
import warnings

if "--threads" in sys.argv and __name__ == "__main__":  # read once, when torch and jax are imported
    threads = sys.argv[sys.argv.index("--threads") + 1]
    os.environ |= {"OMP_NUM_THREADS": threads, "MKL_NUM_THREADS": threads}
    if threads == "1":
        os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import torch
from torch.nn.functional import conv_transpose2d

from bench.common import medians, save, table
from bench.step_peers import PEERS, Contender, Problem, Shape, ours

SHAPES = {
    "Fashion-MNIST": Shape((784, 200, 200, 10), steps=100, batch=64),
    "SHD": Shape((700, 1000, 1000, 20), steps=500, batch=8),
    "recurrent": Shape((700, 128, 20), steps=250, batch=32, recurrent=True),
    "convolutional": Shape((2, 16, 32, 10), steps=20, batch=16, side=34),
}
ACTIVITY = {name: (0.01, 0.1) if name in ("SHD", "convolutional") else (0.01, 0.03, 0.1) for name in SHAPES}  # by default
TURNS = {"Fashion-MNIST": 4, "SHD": 1, "recurrent": 2, "convolutional": 3}


def floor(problem: Problem, turns: int) -> float:
    """Milliseconds of the floor, both parts measured here."""
    shape = problem.shape
    entries = shape.steps * shape.batch
    hidden, neurons = shape.widths[1:-1], shape.neurons()
    one, other = torch.randn(1 << 24), torch.empty(1 << 24)
    if shape.side:
        sides = [shape.side >> number for number in range(1, len(hidden))]
        pairs = zip(hidden, hidden[1:], sides, strict=False)
        deltas = [(torch.randn(entries, b, side, side), torch.randn(b, a, 3, 3)) for a, b, side in pairs]
        product = functools.partial(conv_transpose2d, padding=1)
    else:
        deltas = [(torch.randn(entries, b), torch.randn(b, a)) for a, b in itertools.pairwise(hidden)]
        deltas += [(torch.randn(entries, b), torch.randn(b, b)) for b in hidden if shape.recurrent]
        product = torch.mm
    times = medians({"copy": lambda: other.copy_(one), "products": lambda: [product(a, b) for a, b in deltas]}, max(turns, 3))
    moved = sum(16 * entries * width for width in neurons)
    return times["products"] + times["copy"] * moved / (8 * len(one))


def same_losses(problem: Problem, contenders: list[Contender]) -> list[Contender]:
    """Those whose first loss is ours; of the others one says so."""
    equal = []
    for contender in contenders:
        loss, expected = contender.first_loss(), ours(problem, "dense", contender.neuron).first_loss()
        if abs(loss - expected) <= 1e-4 * abs(expected):
            equal.append(contender)
        else:
            print(f"{contender.name} is left out: its first loss is {loss:.6g}, not {expected:.6g}", file=sys.stderr)
    return equal


def measure(name: str, rate: float, turns: int) -> list[dict]:
    """The rows of one shape and activity."""
    problem = Problem.of(SHAPES[name], rate)
    ways = ["events, given as events", "events", "active entries", "dense"]
    if problem.shape.recurrent or problem.shape.side:
        ways.remove("active entries")  # it knows plain linear layers alone
    if problem.shape.side:
        ways.remove("events, given as events")
    contenders = [ours(problem, how) for how in ways]
    for peer, make in PEERS.items():
        try:
            contenders.append(make(problem))
        except ImportError as missing:
            print(f"{peer} is left out: {missing}", file=sys.stderr)
    contenders = same_losses(problem, contenders)
    times = medians({contender.name: contender.step for contender in contenders}, turns)
    rates = next((r for c in contenders if (r := c.rates())), ())
    least = floor(problem, turns)
    peers = [times[c.name] for c in contenders if c.peer]
    best = min(peers) if peers else float("nan")
    kind = " recurrent" if problem.shape.recurrent else " 3 x 3" if problem.shape.side else ""
    shown = {
        "shape": "-".join(map(str, problem.shape.widths)) + kind,
        "T": problem.shape.steps,
        "batch": problem.shape.batch,
        "input": rate,
        "hidden": " ".join(f"{r:.3f}" for r in rates) or "?",
        "threads": torch.get_num_threads(),
    }
    rows = [shown | {"step": c.name, "ms": times[c.name], "best peer / this": best / times[c.name]} for c in contenders]
    return [*rows, shown | {"step": "floor", "ms": least, "best peer / this": best / least}]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--shapes", nargs="+", default=list(SHAPES), choices=list(SHAPES))
    parser.add_argument("--activity", type=float, nargs="+", help="shares of active inputs (0.01 0.03 0.1, or those of the shape)")
    parser.add_argument("--turns", type=int, help="rounds whose median is quoted (1 to 4, by the shape)")
    parser.add_argument("--threads", type=int, help="of torch, the kernels and jax (1, then 2)")
    parser.add_argument("--no-save", action="store_true", help="only print")
    parser.add_argument("--json", action="store_true", help=argparse.SUPPRESS)  # rows for the process that asked for them
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    if options.threads is None:
        rows = [row for threads in (1, 2) for row in _elsewhere(threads)]
    else:
        torch.set_num_threads(options.threads)
        rows = []
        for name in options.shapes:
            for rate in options.activity or ACTIVITY[name]:
                rows += measure(name, rate, options.turns or TURNS[name])
                if not options.json:
                    print(table(rows[-1:]).splitlines()[-1], file=sys.stderr)
    if options.json:
        print(json.dumps(rows))
        return 0
    print(table(rows))
    if not options.no_save:
        print(save("training_step", rows))
    return 0


def _elsewhere(threads: int) -> list[dict]:
    """The rows of a process of its own: how many threads there are is read once."""
    command = [sys.executable, "-m", "bench.training_step", *sys.argv[1:], "--threads", str(threads), "--json"]
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout.splitlines()[-1])


if __name__ == "__main__":
    sys.exit(main())
