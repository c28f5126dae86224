"""Surrogate modules against plain training in eight layers: `python -m bench.modules`.

Accuracy over seeds, and the gradient's error by depth on the trained weights, held against the gradient of the loss
smoothed over noise on a layer's weights (snnviz.studies.reference_gradients). r is the reliability of that reference; where it
is below 0.2 the error cannot be measured, and the table has "-".
"""

import dataclasses
import os
import pathlib
import statistics
import tempfile

from bench import methods
from bench.common import save, table
from snnviz.datasets import Split
from snnviz.methods import BPTT, Route, SurrogateModules
from snnviz.studies.reference_gradients import gradient_error_by_depth
from snnviz.surrogates import Dspike
from snnviz.training import load, load_network, presets

HEADS = (3, 6)
PLAIN, BOTH = BPTT(Dspike()), SurrogateModules(after=HEADS)
DETACH = SurrogateModules(after=HEADS, route=Route.DETACH)
TRAINED = {"plain": PLAIN, "modules, both roads": BOTH, "modules, detached": DETACH}


def errors(checkpoint: pathlib.Path, trained: str, seed: int, sigma: float, draws: int) -> list[dict]:
    """The corrected cosine of each hidden layer's gradient with the reference, on one network's trained weights."""
    training, network = load_network(checkpoint)
    x, y = load(training.dataset, Split.TRAIN).take(list(range(128)))
    variants = {"plain": PLAIN} if trained == "plain" else {"plain": PLAIN, "both roads": BOTH, "detached": DETACH}
    *_, last = gradient_error_by_depth(network, variants, x.flatten(2), y, sigma=sigma, draws=draws, seed=seed)
    return [
        {
            "trained": trained,
            "seed": seed,
            "gradient": r.variant,
            "layer": r.layer,
            "cosine": r.corrected,
            "norm": r.norm,
            "reliability": r.reliability,
            "fall": r.fall,
        }
        for r in last.rows
    ]


def by_depth(rows: list[dict]) -> list[dict]:
    """A row for each network and gradient: mean and spread over seeds of the corrected cosine, layer by layer."""
    out = []
    for trained, gradient in dict.fromkeys((f["trained"], f["gradient"]) for f in rows):
        mine = [f for f in rows if (f["trained"], f["gradient"]) == (trained, gradient)]
        row = {"trained": trained, "gradient": gradient}
        for layer in sorted({f["layer"] for f in mine}):
            cosines = [f["cosine"] for f in mine if f["layer"] == layer and f["cosine"] is not None]
            row[str(layer)] = methods.spread(cosines, 2) if cosines else "-"
        row["r"] = f"{statistics.fmean(f['reliability'] for f in mine):.2f}"
        out.append(row)
    return out


def main() -> None:
    parser = methods.arguments(__doc__, 15)
    parser.add_argument("--sigma", type=float, default=0.25, help="of the noise, in units of the weights")
    parser.add_argument("--draws", type=int, default=1024, help="antithetic pairs in each half of the reference")
    chosen = methods.begin(parser)
    shared = dataclasses.replace(presets()["Eight layers: with and without modules"][0], epochs=chosen.epochs)
    trained, cosines = [], []
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(chosen.seeds):
            for label, method in TRAINED.items():
                path = pathlib.Path(folder) / f"{label}-{seed}.safetensors"
                trained.append(methods.result(dataclasses.replace(shared, method=method, seed=seed), label, path))
                cosines += errors(path, label, seed, chosen.sigma, chosen.draws)
    rows = methods.rows(trained)
    print(table(rows), table(by_depth(cosines)), sep="\n\n")
    if not chosen.no_save:
        print(
            save(
                "modules",
                rows,
                settings=repr(shared),
                load=os.getloadavg()[0],
                depth=by_depth(cosines),
                sigma=chosen.sigma,
                draws=chosen.draws,
                gradients=cosines,
                runs=[dataclasses.asdict(r) for r in trained],
            )
        )


if __name__ == "__main__":
    main()
