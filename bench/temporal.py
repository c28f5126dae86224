"""A task on which EXODUS is ahead of SLAYER, and how much a tuned scale helps SLAYER: `python -m bench.temporal`.

Temporal order: which of two symbols came first, 60 ms or more apart among distractors. All trainings start from the same
weights and see the same batches; only the backward pass differs. With --optimiser sgd (the default) a step is as
long as the gradient, so that SLAYER's scale matters; --optimiser adam divides by the gradient's size.
"""

import dataclasses
import os

from bench import methods
from bench.common import save, table
from snnviz.methods import BPTT, Exodus, Slayer
from snnviz.optimisers import SGD, Adam
from snnviz.training import presets

SCALES = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0)


def main() -> None:
    parser = methods.arguments(__doc__, 15)
    parser.set_defaults(seeds=10)  # SLAYER at scale 1 ends anywhere from 25 to 95 %
    parser.add_argument("--optimiser", choices=("sgd", "adam"), default="sgd")
    parser.add_argument("--lr", type=float, help="learning rate; by default that of the preset, or 0.005 for adam")
    chosen = methods.begin(parser)
    shared = dataclasses.replace(presets()["Temporal order: EXODUS and SLAYER"][0], epochs=chosen.epochs)
    if chosen.optimiser == "adam":
        shared = dataclasses.replace(shared, optimiser=Adam(chosen.lr or 5e-3))
    elif chosen.lr:
        shared = dataclasses.replace(shared, optimiser=SGD(chosen.lr))
    compared = [Exodus(), BPTT(keep_reset=False), *(Slayer(scale=k) for k in SCALES)]
    trained = methods.results([dataclasses.replace(shared, method=m) for m in compared], chosen.seeds)
    rows = methods.rows(trained)
    print(table(rows))
    if not chosen.no_save:
        print(
            save(
                f"temporal-{chosen.optimiser}",
                rows,
                settings=repr(shared),
                load=os.getloadavg()[0],
                runs=[dataclasses.asdict(r) for r in trained],
            )
        )


if __name__ == "__main__":
    main()
