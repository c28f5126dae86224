"""The state of a training in one file: weights, the optimiser's tensors, and the number of finished epochs."""

import dataclasses
import os
import pathlib
import tempfile

import torch

from snnviz.backends import AbstractBackend
from snnviz.datasets import Split
from snnviz.network import Network
from snnviz.training.assembly import build, load, network_input
from snnviz.training.step import RunningTraining
from snnviz.training.value import Training


def save(run: RunningTraining, path: pathlib.Path, epoch: int) -> None:
    """Write weights, the optimiser's tensors, settings, epoch and passes into `path`, through a temporary file and a rename."""
    from safetensors.torch import save_file

    tensors = {f"weight.{name}": t.contiguous() for name, t in run.network.state_dict().items()}
    for number, state in run.optimiser.state_dict()["state"].items():
        tensors |= {f"optimiser.{number}.{name}": t.contiguous() for name, t in state.items() if isinstance(t, torch.Tensor)}
    facts = {"training": run.training.to_toml(), "epoch": str(epoch), "passes": str(run.network.passes)}
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, fresh = tempfile.mkstemp(dir=path.parent, prefix=".new-", suffix=".safetensors")
    os.close(handle)
    try:
        save_file(tensors, fresh, facts)
        os.replace(fresh, path)
    except BaseException:
        pathlib.Path(fresh).unlink(missing_ok=True)
        raise


def _read(path: pathlib.Path) -> tuple[dict[str, torch.Tensor], dict[str, int], Training]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, "pt") as file:
            facts = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  no mapping
        training = Training.from_toml(facts["training"], str(path))
        return tensors, {"epoch": int(facts["epoch"]), "passes": int(facts["passes"])}, training
    except (SafetensorError, KeyError, ValueError, OSError) as problem:
        raise ValueError(f"{path} is no checkpoint of a training, or is damaged ({problem}); delete it to begin anew.") from None


def last_epoch(path: pathlib.Path) -> int:
    """The epoch that a checkpoint belongs to, 0 where there is none. Raises ValueError where the file is no checkpoint."""
    return _read(path)[1]["epoch"] if path.exists() else 0


def resume(run: RunningTraining, path: pathlib.Path) -> int:
    """Load a checkpoint into the run; return the number of its last epoch. Raises ValueError if it is another training's."""
    tensors, facts, saved = _read(path)
    if dataclasses.replace(saved, epochs=run.training.epochs) != run.training:
        raise ValueError(f"{path} belongs to another training: {saved!r}. Choose another file, or delete it to begin anew.")
    _put(run.network, tensors, path, run.training)
    state: dict[int, dict[str, torch.Tensor]] = {}
    for name, tensor in tensors.items():
        if name.startswith("optimiser."):
            _, number, key = name.split(".", 2)
            state.setdefault(int(number), {})[key] = tensor
    run.optimiser.load_state_dict({"state": state, "param_groups": run.optimiser.state_dict()["param_groups"]})
    run.network.passes = facts["passes"]
    return facts["epoch"]


def _put(network: Network, tensors: dict[str, torch.Tensor], path: pathlib.Path, training: Training) -> None:
    """Put a checkpoint's weights and running statistics into a network.

    Version 0.1.0 saved no running statistics: they are taken from the training part then, with the weights as they are.
    """
    state = {name.removeprefix("weight."): t for name, t in tensors.items() if name.startswith("weight.")}
    layers = {f"blocks.{n}.normalise": b.normalise for n, b in enumerate(network.blocks) if b.normalise is not None}
    missing = [name for name in layers if f"{name}.batches" not in state]
    for name in missing:
        state |= {f"{name}.{key}": t for key, t in layers[name].state_dict().items() if f"{name}.{key}" not in state}
    try:
        network.load_state_dict(state)
    except RuntimeError as problem:
        reason = " ".join(str(problem).split())
        raise ValueError(f"{path} does not fit this network ({reason}); delete it to begin anew.") from None
    if missing:
        calibrate(network, training)


@torch.no_grad()
def calibrate(network: Network, training: Training) -> None:
    """Compute a network's running statistics of normalisation from one pass over the training part. Its draws do not advance."""
    was_training, passes = network.training, network.passes
    network.train()
    device = next(network.parameters()).device
    for x, _ in load(training.dataset, Split.TRAIN).batches(training.batch, training.seed, 1):
        network(network_input(training, x.to(device)))
    network.passes = passes
    network.train(was_training)


def load_network(checkpoint: pathlib.Path, backend: AbstractBackend | str | None = None) -> tuple[Training, Network]:
    """A trained network, and the training that made it, from a checkpoint.

    Raises:
        ValueError: the file is no checkpoint, or damaged.
    """
    tensors, facts, training = _read(pathlib.Path(checkpoint))
    network = build(training, load(training.dataset, Split.TRAIN), backend)
    _put(network, tensors, pathlib.Path(checkpoint), training)
    network.passes = facts["passes"]
    return training, network.eval()
