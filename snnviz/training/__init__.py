"""Training as a value and a generator: everything a run depends on, and records of it as it goes.

for record in train(Training(Digits(), method=Exodus(), epochs=5)):
    if isinstance(record, EpochRecord):
        print(record.epoch, record.test_accuracy)
"""

from snnviz.training.assembly import build as build
from snnviz.training.assembly import load as load
from snnviz.training.checkpoints import load_network as load_network
from snnviz.training.look import Look as Look
from snnviz.training.loop import compare_training as compare_training
from snnviz.training.loop import train as train
from snnviz.training.records import BatchRecord as BatchRecord
from snnviz.training.records import EpochRecord as EpochRecord
from snnviz.training.records import Failure as Failure
from snnviz.training.records import Record as Record
from snnviz.training.records import Seconds as Seconds
from snnviz.training.records import TestRecord as TestRecord
from snnviz.training.settings import Settings as Settings
from snnviz.training.trained_network import TrainedNetwork as TrainedNetwork
from snnviz.training.trained_network import trained as trained
from snnviz.training.value import VALUES as VALUES
from snnviz.training.value import Training as Training
from snnviz.training.value import presets as presets
