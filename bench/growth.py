"""By which factor a gradient grows from layer to layer in the backward pass, over seeds: `python -m bench.growth`.

The network is that of the Growth view. At each depth the first layer's gradient norm is divided by the readout's. The factor of one
layer is this ratio at one depth divided by the ratio at the depth before; the mean over all depths and seeds is geometric.
"""

import argparse

import numpy as np

from bench.common import save, table
from snnviz.methods import Exodus, Slayer
from snnviz.neurons import IF
from snnviz.studies.growth import depth_experiment, sweep

METHODS = (Slayer(), Exodus())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=list(range(10)))
    parser.add_argument("--depths", type=int, default=5, help="from one layer to so many")
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--no-save", action="store_true")
    chosen = parser.parse_args()
    logs = []  # [seed, depth, method]: log10 of the ratio
    for seed in chosen.seeds:
        depths = range(1, chosen.depths + 1)
        settings = [(d, depth_experiment(d, chosen.steps, seed=seed, neuron=IF()), METHODS) for d in depths]
        logs.append([[np.log10(point.ratio[m]) for m in METHODS] for point in sweep(settings, "native")])
    factors = np.power(10.0, np.diff(np.array(logs), axis=1))
    rows = [
        {
            "method": m.label,
            "mean factor a layer": float(10 ** np.log10(factors[..., i]).mean()),
            "least": float(factors[..., i].min()),
            "largest": float(factors[..., i].max()),
        }
        for i, m in enumerate(METHODS)
    ]
    print(table(rows))
    if not chosen.no_save:
        print(save("growth", rows, seeds=chosen.seeds, steps=chosen.steps, factors=factors.tolist()))


if __name__ == "__main__":
    main()
