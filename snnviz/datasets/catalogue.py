"""The rest of tonic's catalogue, by name."""

import contextlib
import dataclasses
import importlib.util
import inspect
import io
import re
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from snnviz import places
from snnviz.datasets.base import Split
from snnviz.datasets.cifar10 import Cifar10
from snnviz.datasets.cifar10dvs import Cifar10Dvs
from snnviz.datasets.events import Columns, Found, Recording, plain
from snnviz.datasets.gestures import DvsGesture
from snnviz.datasets.heidelberg import Shd, Ssc
from snnviz.datasets.images import AbstractImages
from snnviz.datasets.mnist import FashionMnist, Mnist
from snnviz.datasets.nmnist import NMnist
from snnviz.datasets.on_disk import AbstractOnDisk
from snnviz.datasets.spoken_digits import FreeSpokenDigits
from snnviz.datasets.tonic_sets import AbstractTonic, NotHere, fetch
from snnviz.params import param

IMAGES: dict[str, type[AbstractImages]] = {"MNIST": Mnist, "FashionMNIST": FashionMnist, "CIFAR10": Cifar10}  # not tonic's
OTHERS: dict[str, type[AbstractOnDisk] | type[AbstractImages]] = {**IMAGES, "FSDD": FreeSpokenDigits}
OURS: dict[str, type[AbstractTonic]] = {one.tonic: one for one in (NMnist, Shd, Ssc, DvsGesture, Cifar10Dvs)}
LOOKING_FETCHES = frozenset({"DSEC", "TUMVIE"})  # making tonic's object downloads them, even only to see if they are on disk
BY_HAND = {  # sets that tonic cannot fetch: the files to download, and their folder inside the folder of all sets
    "DVSLip": ("DVS-Lip.zip", "DVSLip"),  # a Google Drive that asks for a confirmation
    "EBSSA": ("labelled_ebssa.h5", "EBSSA"),  # tonic downloads it into the working directory
    "NERDD": ("NeRDD.zip", ""),
    "POKERDVS": ("pips_train.tar.gz and pips_test.tar.gz of tonic's repository, and what is packed in them,", "POKERDVS"),
}
NEEDS = {"CIFAR10DVS": "aedat", "VPR": "pynmea2"}  # packages that tonic needs to read them but does not install

SENSORS = {
    "NCALTECH101": (
        2,
        180,
        240,
    ),  # tonic names none, as recordings differ in size; none is larger than the camera's picture
    "SMNIST": (100,),  # tonic says 99 and numbers its neurons from 0 to 99
}


@dataclasses.dataclass(frozen=True)
class Entry:
    """One set of tonic's catalogue.

    dataset: the settings that read it. about: the first line of tonic's description. page: the URL of its own page. have: how
    much of it is on disk, "" if it cannot be read. missing: why it cannot be read, "" if it can. broken: it cannot be read
    because its files are damaged. by_hand: why tonic cannot fetch it, "" if it can.
    """

    name: str
    dataset: AbstractOnDisk | AbstractImages
    about: str
    page: str = ""
    have: str = ""
    missing: str = ""
    broken: bool = False
    by_hand: str = ""


class Absent(Exception):
    """A set is not on disk, and fetching is not allowed."""


def catalogue(folder: str = "") -> tuple[Entry, ...]:
    """Every set that can be on disk, of images, of sounds and every one of tonic, with what of it is there. Fetches nothing."""
    entries = []
    for name in _names():
        dataset = named(name, folder)
        about, page = _of_tonic(name) if isinstance(dataset, AbstractTonic) else _of_others(dataset)
        entry = Entry(name, dataset, about, page, by_hand=by_hand(dataset))
        try:
            entries.append(dataclasses.replace(entry, have=dataset.have()))
        except (OSError, ValueError) as error:
            broken = not isinstance(error, NotHere) and (isinstance(dataset, AbstractImages) or not entry.by_hand)
            entries.append(dataclasses.replace(entry, missing=str(error), broken=broken))
    return tuple(entries)


def _names() -> list[str]:
    import tonic.datasets

    return [*OTHERS, *sorted(tonic.datasets.__all__)]


def _of_others(dataset: AbstractOnDisk | AbstractImages) -> tuple[str, str]:
    return dataset.description.split(". ")[0], f"https://{dataset.home}"


def _of_tonic(name: str) -> tuple[str, str]:
    """What tonic says of a set in a line, and the address of its page."""
    import tonic.datasets

    description = (inspect.getdoc(getattr(tonic.datasets, name)) or name).splitlines()[0]
    page = re.search(r"<(http[^>]+?)/?>", description)
    return description.replace("`", "").split(" <")[0], page[1] if page else ""


def named(name: str, folder: str = "", part: str = "") -> AbstractOnDisk | AbstractImages:
    """The set of this name, in tonic or not, in any case of letters.

    Raises:
        ValueError: no such set, or a part of a set without parts.
    """
    names = {one.casefold(): one for one in _names()}
    if name.casefold() not in names:
        raise ValueError(f"There is no set named {name!r}; there are {', '.join(names.values())}.")
    name = names[name.casefold()]
    if name in OTHERS:
        return OTHERS[name](folder=folder)
    if part and not parts(name):
        raise ValueError(f"{name} has no parts to be fetched alone; leave {part!r} out.")
    return OURS[name](folder=folder) if name in OURS else TonicSet(name=name, folder=folder, part=part)


def parts(name: str) -> tuple[str, ...]:
    """The recordings or scenes of a set that tonic fetches one at a time; empty for other sets."""
    import tonic.datasets

    made = getattr(tonic.datasets, name)
    recordings = getattr(made, "recordings", getattr(made, "resources", None))
    return tuple(recordings) if isinstance(recordings, dict) and name not in LOOKING_FETCHES else ()


def by_hand(dataset: AbstractOnDisk | AbstractImages) -> str:
    """One sentence: why a set cannot be fetched here, and what to do instead; "" if it can."""
    if isinstance(dataset, AbstractImages):
        return dataset.by_hand()
    if not isinstance(dataset, AbstractTonic):
        return ""
    name = dataset.name if isinstance(dataset, TonicSet) else dataset.tonic
    if name in LOOKING_FETCHES:
        return f"{name} is a driving or flying set of many gigabytes; fetch and read it with tonic itself."
    if name in BY_HAND:
        files, inside = BY_HAND[name]
        return f"tonic cannot fetch {name}: {files} must be laid into {places.data(dataset.folder) / inside} by hand."
    if (package := NEEDS.get(name)) and importlib.util.find_spec(package) is None:
        return f"{name} is read with the package {package}, which is not here; install it first: pip install {package}"
    if isinstance(dataset, TonicSet) and (choices := parts(name)) and dataset.part not in choices:
        return (
            f"{name} is a list of recordings that are fetched one at a time: python -m snnviz fetch {name} --part {choices[0]}, "
            f"or another one of {', '.join(choices)}."
        )
    return ""


@dataclasses.dataclass(frozen=True)
class TonicSet(AbstractTonic):
    """Any set of tonic. name: of tonic's class. part: the recording or scene, for sets that are fetched one recording at a time.

    The target of an item is its class. If targets are no labels (boxes, poses), all recordings have one class: they can be
    looked at, but not trained on.

    Inputs `[T, S, *sensor]`.
    """

    title: ClassVar[str] = "tonic's catalogue"
    description: ClassVar[str] = "Any other set the tonic library knows, by its name there, once it is on disk."
    cite: ClassVar[str] = ""
    tonic: ClassVar[str] = ""
    size: ClassVar[str] = "its size is on its page"

    name: str = param("POKERDVS", "Name in tonic")
    part: str = param("", "Recording or scene", help="For the sets that are lists of recordings.")
    downsample: int = param(
        2, "Pixels per input", "", "", low=1, slider=(1, 16, 1), help="Per direction: 2 joins squares of 2 x 2 pixels."
    )

    def find(self, download: bool = False) -> Found:
        root = places.data(self.folder)
        try:
            return self.look(root)
        except FileNotFoundError:
            if not download:
                raise
        self.fetch()
        return self.look(root)

    def fetch(self) -> None:
        made = self._class()
        if reason := by_hand(self):
            raise ConnectionError(reason)
        fetch(self.name, [self._arguments(made, half) for half in self._halves()], places.data(self.folder))

    def look(self, root: Path) -> Found:
        sets = [(half, self._build(root, half)) for half in self._halves()]
        recordings, names = [], {}
        for half, items in sets:
            labels = labels_of(items)
            for number in range(len(items)):
                label = (
                    names.setdefault(str(labels[number]), len(names)) if labels is not None else names.setdefault("recording", 0)
                )
                data = getattr(items, "data", None)
                path = data[number] if isinstance(data, list) and isinstance(data[number], str) else None
                shown = Path(path).name if path else f"{self.name} recording {number}"
                recordings.append(Recording(shown, label, half, lambda items=items, number=number: columns_of(items[number][0])))
        if not recordings:
            raise FileNotFoundError(f"{self.name}: no recordings in {root}.")
        classes, order = self._named(sets[0][1], names)
        recordings = [dataclasses.replace(recording, label=order[recording.label]) for recording in recordings]
        sensor = SENSORS.get(self.name)
        if sensor is None and getattr(sets[0][1], "sensor_size", None) is not None:
            width, height, polarities = sets[0][1].sensor_size
            sensor = (polarities, height, width) if height > 1 else (width,)
        places = {Path(items.location_on_system) for _, items in sets}
        files = sorted(path for place in places if place.is_dir() for path in place.rglob("*") if path.is_file())
        return Found(
            tuple(recordings),
            classes,
            sensor,
            tuple(files),
            f"{self.name}: {len(recordings):,} recordings through tonic;",
        )

    def _named(self, items: Any, names: dict[str, int]) -> tuple[tuple[str, ...], dict[int, int]]:
        """Class names in a fixed order, and the new number of each label."""
        classes = getattr(items, "classes", None)
        classes = list(classes) if classes is not None else []
        if classes and all(label.isdigit() and int(label) < len(classes) for label in names):
            texts = [key.decode() if isinstance(key, bytes) else str(key) for key in classes]
            return tuple(texts), {number: int(label) for label, number in names.items()}
        ordered = sorted(names, key=lambda label: (not label.isdigit(), int(label) if label.isdigit() else 0, label))
        return tuple(ordered), {names[label]: new for new, label in enumerate(ordered)}

    def _class(self) -> type:
        import tonic.datasets

        if self.name not in tonic.datasets.__all__:
            raise ValueError(f"tonic knows no set named {self.name!r}; it knows {', '.join(sorted(tonic.datasets.__all__))}.")
        if self.name in OURS:
            raise ValueError(f"{self.name} has its own entry here: {OURS[self.name].title} ({OURS[self.name].__name__}).")
        if self.name in LOOKING_FETCHES:
            raise ValueError(
                f"{self.name} is a driving or flying set of many gigabytes that tonic fetches as soon as it is asked; "
                "read it with tonic itself."
            )
        return getattr(tonic.datasets, self.name)

    def _halves(self) -> tuple[Split | None, ...]:
        parameters = inspect.signature(self._class().__init__).parameters
        return (
            (Split.TRAIN, Split.TEST)
            if "train" in parameters or ("split" in parameters and parameters["split"].default == "train")
            else (None,)
        )

    def _arguments(self, made: type, half: Split | None) -> dict[str, Any]:
        """The arguments of tonic's class for one part, without the folder."""
        parameters = inspect.signature(made.__init__).parameters
        arguments: dict[str, Any] = {}
        if "train" in parameters:
            arguments["train"] = half is Split.TRAIN
        elif half is not None:
            arguments["split"] = "train" if half is Split.TRAIN else ("val" if self.name == "ThreeET_Eyetracking" else "test")
        for name, parameter in list(parameters.items())[2:]:
            if parameter.default is inspect.Parameter.empty and name not in arguments:
                if not self.part:
                    raise ValueError(f"{self.name} is a list of recordings; say which in part (tonic calls it {name}).")
                arguments[name] = self.part
        if "single_digits" in parameters:
            arguments["single_digits"] = True  # the others are sequences of digits, one class each
        return arguments

    def _build(self, root: Path, half: Split | None) -> Any:
        """tonic's own object; its download methods raise `Absent` instead of fetching."""
        made = self._class()
        arguments = self._arguments(made, half)
        made = type(made.__name__, (made,), {"download": _refuse, "_copy_and_extract_local_data": _refuse})
        try:
            with contextlib.redirect_stdout(io.StringIO()):  # hides what tonic prints before it fails
                return made(str(root), **arguments)
        except Absent as absent:
            raise NotHere(
                f"{self.name} is not complete in {root}; name the folder that holds it, or allow the download."
            ) from absent
        except SystemExit as error:
            raise FileNotFoundError(
                f"{self.name} is not in {root}, and tonic cannot fetch it; fetch it by hand and name its folder."
            ) from error
        except Exception as error:  # each of tonic's sets raises other errors
            raise FileNotFoundError(f"{self.name} cannot be read from {root}: {plain(error)}") from error


def _refuse(*_: Any, **__: Any) -> None:
    raise Absent


def labels_of(items: Any) -> list | None:
    """One label per item, without reading the recordings; None if tonic's targets are no labels."""
    if names := getattr(items, "_samples", None):  # N-TIDIGITS: the digit is the end of a recording's name
        return [name.split("-")[-1] for name in names]
    for name in ("targets", "label_data"):
        labels = getattr(items, name, None)
        if labels is None or len(labels) != len(items):
            continue
        numbers = all(isinstance(label, (int, np.integer)) for label in labels)
        words = all(isinstance(label, str) and not Path(label).suffix for label in labels)  # else files of annotations
        if numbers or words:
            return list(labels)
    return None


def columns_of(events: Any) -> Columns:
    """The columns of the events that tonic returns for one item; if it returns several streams, of the first."""
    while isinstance(events, (tuple, list)):
        events = events[0]
    return {
        name: np.asarray(events[name])
        for name in ("t", "x", "y", "p")
        if name in events.dtype.names and (name != "p" or "y" in events.dtype.names)
    }
