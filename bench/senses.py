"""Every main method on letters under a fingertip and on spoken digits: `python -m bench.senses braille`, or `speech`.

braille comes with snnviz. speech is the Free Spoken Digit Dataset, whose folder SNNVIZ_DATA names (`python -m snnviz fetch FSDD`
fetches it): five speakers to train on, the sixth to test with, whom no network has heard.
"""

import dataclasses
import os

from bench import methods
from bench.common import save, table
from snnviz.architectures import FeedForward
from snnviz.datasets import Braille, FreeSpokenDigits
from snnviz.methods import BPTT, Exodus, LocalZO, Slayer, SparseGD, SurrogateModules
from snnviz.optimisers import Adam, Cosine
from snnviz.training import Training

METHODS = (BPTT(), Exodus(), BPTT(keep_reset=False), Slayer(), LocalZO(), SparseGD(), SurrogateModules())
SETS = {"braille": (Braille(), 10), "speech": (FreeSpokenDigits(samples=0), 8)}


def main() -> None:
    parser = methods.arguments(__doc__, 0)
    parser.add_argument("set", choices=tuple(SETS))
    chosen = methods.begin(parser)
    dataset, epochs = SETS[chosen.set]
    shared = Training(
        dataset, FeedForward(layers=2, width=128), optimiser=Adam(2e-3), schedule=Cosine(), batch=32, epochs=chosen.epochs or epochs
    )
    trained = methods.results([dataclasses.replace(shared, method=m) for m in METHODS], chosen.seeds)
    rows = methods.rows(trained)
    print(table(rows))
    if not chosen.no_save:
        runs = [dataclasses.asdict(run) for run in trained]
        print(save(f"senses-{chosen.set}", rows, settings=repr(shared), load=os.getloadavg()[0], runs=runs))


if __name__ == "__main__":
    main()
