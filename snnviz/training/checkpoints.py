"""The state of a training in one file: weights, the optimiser's tensors, how many epochs; or its weights alone."""

import dataclasses
import pathlib

import torch

from snnviz import places
from snnviz.backends import AbstractBackend
from snnviz.datasets import Split
from snnviz.network import Network
from snnviz.training.assembly import build, load, network_input
from snnviz.training.step import RunningTraining
from snnviz.training.value import Training

ALONE = "weights"  # what a file says that it holds, where it has nothing else
OF_THE_METHOD = ("heads.", "direct.")  # parts of a network that its gradient method brings


def save(run: RunningTraining, path: pathlib.Path, epoch: int) -> None:
    """Write weights, the optimiser's tensors, settings, epoch and passes into `path`, through a temporary file and a rename."""
    from safetensors.torch import save_file

    tensors = {f"weight.{name}": t.contiguous() for name, t in run.network.state_dict().items()}
    for number, state in run.optimiser.state_dict()["state"].items():
        tensors |= {f"optimiser.{number}.{name}": t.contiguous() for name, t in state.items() if isinstance(t, torch.Tensor)}
    facts = {"training": run.training.to_toml(), "epoch": str(epoch), "passes": str(run.network.passes)}
    with places.replacement(path) as fresh:
        save_file(tensors, fresh, facts)


def weights_alone(path: pathlib.Path) -> bytes:
    """A checkpoint without the optimiser, as the bytes of a .safetensors file that `load_network` reads.

    Raises:
        ValueError: the file is no checkpoint, is damaged, or no epoch has ended.
    """
    from safetensors.torch import save as as_bytes

    saved = read(path)
    if not saved.epoch:
        raise ValueError(f"{path} has no trained weights: no epoch of its training has ended.")
    weights = {name: t for name, t in saved.tensors.items() if name.startswith("weight.")}
    facts = {"training": saved.training.to_toml(), "epoch": str(saved.epoch), "passes": str(saved.passes), "holds": ALONE}
    return as_bytes(weights, facts)


@dataclasses.dataclass(frozen=True, eq=False)
class Saved:
    """What such a file holds. alone: it has weights, and no state of the optimiser."""

    training: Training
    epoch: int
    passes: int
    tensors: dict[str, torch.Tensor]
    alone: bool = False


def read(path: pathlib.Path) -> Saved:
    """Read a file that `save` or `weights_alone` made.

    Raises:
        ValueError: it is none, or is damaged.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, "pt") as file:
            facts = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  no mapping
        training = Training.from_toml(facts["training"], str(path))
        return Saved(training, int(facts["epoch"]), int(facts["passes"]), tensors, facts.get("holds") == ALONE)
    except (SafetensorError, KeyError, ValueError, OSError) as problem:
        raise ValueError(f"{path} is no checkpoint of a training, or is damaged ({problem}); delete it to begin anew.") from None


def last_epoch(path: pathlib.Path) -> int:
    """The epoch that a checkpoint belongs to, 0 where there is none. Raises ValueError where the file is no checkpoint."""
    return read(path).epoch if path.exists() else 0


def resume(run: RunningTraining, path: pathlib.Path) -> int:
    """Load a checkpoint into the run; return the number of its last epoch. Raises ValueError if it is another training's."""
    saved = read(path)
    if saved.alone:
        raise ValueError(f"{path} holds weights alone, without the optimiser's state: name another file to train from the start.")
    if dataclasses.replace(saved.training, epochs=run.training.epochs) != run.training:
        raise ValueError(
            f"{path} belongs to another training: {saved.training!r}. Choose another file, or delete it to begin anew."
        )
    put(run.network, saved, path)
    state: dict[int, dict[str, torch.Tensor]] = {}
    for name, tensor in saved.tensors.items():
        if name.startswith("optimiser."):
            _, number, key = name.split(".", 2)
            state.setdefault(int(number), {})[key] = tensor
    run.optimiser.load_state_dict({"state": state, "param_groups": run.optimiser.state_dict()["param_groups"]})
    run.network.passes = saved.passes
    return saved.epoch


def put(network: Network, saved: Saved, path: pathlib.Path) -> None:
    """Put a file's weights and running statistics into a network. Heads and a direct way of the error that the file has not, or of
    another shape, stay as they are: those of another method than trained it.

    Version 0.1.0 saved no running statistics: they are taken from the training part then, with the weights as they are.

    Raises:
        ValueError: the file belongs to a network of another shape.
    """
    own = network.state_dict()
    state = {name.removeprefix("weight."): t for name, t in saved.tensors.items() if name.startswith("weight.")}
    state = {n: t for n, t in state.items() if not n.startswith(OF_THE_METHOD) or (n in own and own[n].shape == t.shape)}
    state |= {name: t for name, t in own.items() if name.startswith(OF_THE_METHOD) and name not in state}
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
        calibrate(network, saved.training)


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
    saved = read(pathlib.Path(checkpoint))
    network = build(saved.training, load(saved.training.dataset, Split.TRAIN), backend)
    put(network, saved, pathlib.Path(checkpoint))
    network.passes = saved.passes
    return saved.training, network.eval()
