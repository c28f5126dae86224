"""A training's state in one file: weights, the optimiser's tensors, and the epoch it belongs to."""

import dataclasses
import os
import pathlib
import tempfile

import torch

from snnviz.backends import AbstractBackend
from snnviz.datasets import Split
from snnviz.network import Network
from snnviz.training.assembly import build, load
from snnviz.training.step import RunningTraining
from snnviz.training.value import Training


def save(run: RunningTraining, path: pathlib.Path, epoch: int) -> None:
    """Weights, the optimiser's tensors and where the run stands, into one file, by rename."""
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


def resume(run: RunningTraining, path: pathlib.Path) -> int:
    """Put the run where the checkpoint left it; the number of its last epoch."""
    tensors, facts, saved = _read(path)
    if dataclasses.replace(saved, epochs=run.training.epochs) != run.training:
        raise ValueError(f"{path} belongs to another training: {saved!r}. Choose another file, or delete it to begin anew.")
    _put(run.network, tensors, path)
    state: dict[int, dict[str, torch.Tensor]] = {}
    for name, tensor in tensors.items():
        if name.startswith("optimiser."):
            _, number, key = name.split(".", 2)
            state.setdefault(int(number), {})[key] = tensor
    run.optimiser.load_state_dict({"state": state, "param_groups": run.optimiser.state_dict()["param_groups"]})
    run.network.passes = facts["passes"]
    return facts["epoch"]


def _put(network: Network, tensors: dict[str, torch.Tensor], path: pathlib.Path) -> None:
    weights = {name.removeprefix("weight."): t for name, t in tensors.items() if name.startswith("weight.")}
    try:
        network.load_state_dict(weights)
    except RuntimeError as problem:
        reason = " ".join(str(problem).split())
        raise ValueError(f"{path} does not fit this network ({reason}); delete it to begin anew.") from None


def load_network(checkpoint: pathlib.Path, backend: AbstractBackend | str | None = None) -> tuple[Training, Network]:
    """A trained network, and the training that made it, from a checkpoint.

    Raises:
        ValueError: the file is no checkpoint, or damaged.
    """
    tensors, facts, training = _read(pathlib.Path(checkpoint))
    network = build(training, load(training.dataset, Split.TRAIN), backend)
    _put(network, tensors, pathlib.Path(checkpoint))
    network.passes = facts["passes"]
    return training, network.eval()
