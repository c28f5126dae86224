"""Every method on real recordings: `python -m bench.nmnist`.

1,000 N-MNIST recordings, 800 to train on and 200 to test, split by seed; 60 steps of 5 ms; two hidden layers of 200 LIF
neurons. SNNVIZ_DATA names the folder that holds the recordings (NMNIST/Train/<digit>/*.bin), all of them or a part.
"""

import dataclasses
import os
from pathlib import Path

from bench import methods
from bench.common import save, table
from snnviz.architectures import FeedForward
from snnviz.datasets import NMnist
from snnviz.methods import BPTT, Exodus, GatedZO, LocalZO, Slayer, SparseGD, SurrogateModules
from snnviz.optimisers import Adam, Cosine
from snnviz.training import Training

PASS = 0.88
METHODS = (BPTT(), Exodus(), BPTT(keep_reset=False), Slayer(), LocalZO(), GatedZO(), SparseGD(), SurrogateModules())


def training(epochs: int) -> Training:
    """The settings that all methods share."""
    return Training(
        NMnist(samples=1000), FeedForward(layers=2, width=200), optimiser=Adam(2e-3), schedule=Cosine(), batch=32, epochs=epochs
    )


def main() -> None:
    chosen = methods.begin(methods.arguments(__doc__, 8))
    if not os.environ.get("SNNVIZ_DATA") and not Path("NMNIST").is_dir():
        raise SystemExit("Set SNNVIZ_DATA to the folder that holds N-MNIST recordings, or a part of them.")
    shared = training(chosen.epochs)
    trained = methods.results([dataclasses.replace(shared, method=m) for m in METHODS], chosen.seeds)
    rows = methods.rows(trained, PASS)
    print(table(rows))
    if not chosen.no_save:
        # The folder of the recordings is the user's own affair.
        print(save("nmnist", rows, settings=repr(shared), load=os.getloadavg()[0], runs=[dataclasses.asdict(r) for r in trained]))


if __name__ == "__main__":
    main()
