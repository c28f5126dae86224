"""A table lists its whole family: what is written in the family's files and is not listed no page would offer, no test walk."""

import importlib
import inspect
import pkgutil

import pytest

import snnviz.datasets
import snnviz.methods
import snnviz.neurons
from snnviz import architectures, laws, losses, optimisers, stimuli, surrogates
from snnviz.datasets import DATASETS, AbstractDataset, OwnPoints
from snnviz.methods import METHODS, AbstractGradientMethod
from snnviz.neurons import NEURONS, AbstractNeuron

FAMILIES = {
    "neurons": (AbstractNeuron, NEURONS, ()),
    "methods": (AbstractGradientMethod, METHODS, ()),
    "surrogates": (surrogates.AbstractSurrogate, surrogates.SURROGATES, ()),
    "laws": (laws.AbstractLaw, laws.LAWS, ()),
    "stimuli": (stimuli.AbstractStimulus, stimuli.STIMULI, (stimuli.Shaped,)),  # one that changes another
    "losses": (losses.AbstractLoss, losses.LOSSES, ()),
    "regularisers": (losses.AbstractRegulariser, losses.REGULARISERS, ()),
    "optimisers": (optimisers.AbstractOptimiser, optimisers.OPTIMISERS, ()),
    "schedules": (optimisers.AbstractSchedule, optimisers.SCHEDULES, ()),
    "architectures": (architectures.AbstractArchitecture, architectures.ARCHITECTURES, ()),
    "datasets": (AbstractDataset, DATASETS, (OwnPoints,)),  # placed by hand in the playground
}


def family(base: type) -> set[type]:
    """The final classes of this project that are a `base`."""
    below = {cls for child in base.__subclasses__() for cls in family(child)}
    final = not inspect.isabstract(base) and base.__module__.startswith("snnviz.") and not base.__name__.startswith("Abstract")
    return below | ({base} if final and not below else set())


@pytest.mark.parametrize("name", FAMILIES)
def test_a_table_lists_its_whole_family_by_name(name):
    for package in (snnviz.neurons, snnviz.methods, snnviz.datasets):
        for module in pkgutil.iter_modules(package.__path__):
            importlib.import_module(f"{package.__name__}.{module.name}")
    base, table, apart = FAMILIES[name]
    assert set(table.values()) == family(base) - set(apart)
    assert all(key == cls.__name__ for key, cls in table.items())
