"""What the links of version 0.1.0 meant: its currents were per step, and so was ALIF's adaptation; two of its pages opened with
another view.

Where that makes a difference (a step that is not 1 ms; a link that names no view), this version's links say `per=ms`; a link
without it is one of 0.1.0, and is spelt anew before any control reads it.
"""

import dataclasses
from collections.abc import Callable, Mapping

from snnviz.datasets import DATASETS
from snnviz.experiments import Experiment
from snnviz.neurons import IF, LIF, NEURONS, AbstractNeuron
from snnviz.params import Declared
from snnviz.stimuli import STIMULI, AbstractStimulus, Noise, Shaped, Step
from snnviz.studies import activity
from snnviz.training import Training
from snnviz.ui import spelling, url

MARK, PER_MS = "per", "ms"
Settings = Mapping[str, str]


def is_old(page: str, settings: Settings) -> bool:
    """Whether a page's settings meant something else in version 0.1.0 than they say now, and do not say which they are."""
    return settings.get(MARK) != PER_MS and bool(_changes(page, settings))


def renewed(page: str, settings: Settings) -> dict[str, str]:
    """A page's settings as this version spells what version 0.1.0 meant by them; this version's own as they are."""
    return {**settings, **_changes(page, settings), MARK: PER_MS} if is_old(page, settings) else dict(settings)


def _changes(page: str, settings: Settings) -> dict[str, str]:
    """What is spelt otherwise. A field that cannot be read stays, so that the visitor hears of it."""
    try:
        return _PAGES[page](settings) if page in _PAGES else {}
    except (ValueError, OverflowError):
        return {}  # together they are no possible value: the page says so


def _neuron_page(settings: Settings) -> dict[str, str]:
    neuron = _neuron(settings, LIF())
    return _driven(settings, neuron, Step(neuron.amplitude), settings.get("scope.drawn") or "")


def _gradients(settings: Settings) -> dict[str, str]:
    if settings.get("of") == "network":
        neuron = _neuron(settings, IF())
        return _spelt(neuron, neuron.of_0_1_0(neuron.dt), "neuron", ("kappa",))
    return _driven(settings, _neuron(settings, LIF()), Noise(mean=0.06, sd=0.15))


def _sparsity(settings: Settings) -> dict[str, str]:
    neuron = _neuron(settings, activity.example().neuron)
    opened = {"view": "margins"} if settings and "view" not in settings else {}  # with which that version's page opened
    return opened | _spelt(neuron, neuron.of_0_1_0(neuron.dt), "neuron", ("kappa",))


def _derivative(settings: Settings) -> dict[str, str]:
    surrogates = any(key == "of" or key.startswith(("s.", "look.")) for key in settings)
    return {"view": "surrogates"} if surrogates and "view" not in settings else {}


def _training(settings: Settings) -> dict[str, str]:
    neuron = _neuron(settings, Training().neuron)
    dataset, _ = url.read(settings, "data", Training().dataset, tables=[DATASETS])
    return _spelt(neuron, neuron.of_0_1_0(dataset.dt), "neuron", ("kappa",))


_PAGES: dict[str, Callable[[Settings], dict[str, str]]] = {
    "neuron": _neuron_page, "gradients": _gradients, "sparsity": _sparsity, "derivative": _derivative, "training": _training,
}  # fmt: skip


def _neuron(settings: Settings, default: AbstractNeuron) -> AbstractNeuron:
    return url.read(settings, "neuron", default, tables=[NEURONS])[0]


def _driven(settings: Settings, neuron: AbstractNeuron, default: AbstractStimulus, drawn: str = "") -> dict[str, str]:
    """Of a population that a stimulus drives."""
    stimulus, misread = url.read(settings, "stimulus", default, tables=[STIMULI])
    unread = {problem.key.rpartition(".")[2] for problem in misread}
    before = Experiment(neuron, Shaped(stimulus, drawn=drawn))
    after = before.of_0_1_0()
    drive = after.stimulus
    if not isinstance(drive, Shaped):
        raise TypeError(f"{type(drive).__name__}: a shaped stimulus stays one.")
    changes = _spelt(neuron, after.neuron, "neuron", ("kappa",))
    changes |= _spelt(stimulus, drive.stimulus, "stimulus", tuple(set(stimulus.strengths) - unread))
    return changes | ({} if drive.drawn == drawn else {"scope.drawn": drive.drawn})


def _spelt(before: Declared, after: Declared, key: str, names: tuple[str, ...]) -> dict[str, str]:
    """The fields of these names that differ, under the key of a choice."""
    prefix, fields = f"{key}.{type(before).__name__}", {field.name for field in dataclasses.fields(before)}
    pairs = [(name, getattr(before, name), getattr(after, name)) for name in names if name in fields]
    return {f"{prefix}.{name}": spelling.spell(now) for name, was, now in pairs if now != was}
