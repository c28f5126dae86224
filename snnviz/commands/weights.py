"""`snnviz weights`: the weights of a saved run's trainings as a file, of safetensors or of NIR."""

import argparse
import sys

from snnviz.commands import Wrong


def weights(options: argparse.Namespace) -> int:
    """The command `snnviz weights`: write the weights of one training of a saved run into a file; its exit status."""
    from snnviz.nir_graphs import save_nir
    from snnviz.runs import store
    from snnviz.runs import weights as saved
    from snnviz.training import load_network

    try:
        state = store.default().open(options.run)
        if state is None:
            raise Wrong(f"There is no run {options.run} in {store.default().name}; the page Runs and its addresses name them.")
        labels = state.run.labels
        if not labels:
            raise Wrong(f"The run {options.run} has no trainings, hence no weights.")
        if options.training is None and len(labels) > 1:
            listed = "; ".join(f"{number} {label}" for number, label in enumerate(labels, 1))
            raise Wrong(f"The run {options.run} has {len(labels)} trainings: say which with --training ({listed}).")
        number = options.training or 1
        if not 1 <= number <= len(labels):
            raise Wrong(f"--training = {number}: the run {options.run} has trainings 1 to {len(labels)}.")
        data = saved.of(options.run, number - 1)
        if data is None:
            raise Wrong(saved.MISSING)
        if options.file.suffix == ".nir":
            save_nir(load_network(saved.file(options.run, number - 1))[1], options.file)
        else:
            options.file.write_bytes(data)
    except OSError as problem:
        raise Wrong(f"{options.file} cannot be written: {problem.strerror}.") from None
    except ValueError as problem:
        raise Wrong(str(problem)) from None
    print(f"{options.file}: {labels[number - 1]}, {options.file.stat().st_size:,} bytes.", file=sys.stderr)
    return 0
