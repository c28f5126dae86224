"""Data sets: made on the spot, read from disk through tonic, or the user's own.

Nothing here imports tonic, scikit-learn or scipy until a set that needs them is loaded.
"""

from snnviz.datasets.base import AbstractDataset as AbstractDataset
from snnviz.datasets.base import Samples as Samples
from snnviz.datasets.base import Split as Split
from snnviz.datasets.braille import Braille as Braille
from snnviz.datasets.catalogue import TonicSet as TonicSet
from snnviz.datasets.catalogue import catalogue as catalogue
from snnviz.datasets.cifar10 import Cifar10 as Cifar10
from snnviz.datasets.cifar10dvs import Cifar10Dvs as Cifar10Dvs
from snnviz.datasets.circles import Circles as Circles
from snnviz.datasets.coding import Coding as Coding
from snnviz.datasets.delayed_xor import DelayedXor as DelayedXor
from snnviz.datasets.digits import Digits as Digits
from snnviz.datasets.events import Binning as Binning
from snnviz.datasets.gestures import DvsGesture as DvsGesture
from snnviz.datasets.heidelberg import Shd as Shd
from snnviz.datasets.heidelberg import Ssc as Ssc
from snnviz.datasets.localisation import SoundLocalisation as SoundLocalisation
from snnviz.datasets.manifolds import RandomManifolds as RandomManifolds
from snnviz.datasets.mnist import FashionMnist as FashionMnist
from snnviz.datasets.mnist import Mnist as Mnist
from snnviz.datasets.moons import TwoMoons as TwoMoons
from snnviz.datasets.nmnist import NMnist as NMnist
from snnviz.datasets.own_points import OwnPoints as OwnPoints
from snnviz.datasets.patterns import SpikePatterns as SpikePatterns
from snnviz.datasets.points import PlaneCoding as PlaneCoding
from snnviz.datasets.recordings import OwnRecordings as OwnRecordings
from snnviz.datasets.recordings import TimeUnit as TimeUnit
from snnviz.datasets.saccades import Saccades as Saccades
from snnviz.datasets.spirals import Spirals as Spirals
from snnviz.datasets.spoken_digits import FreeSpokenDigits as FreeSpokenDigits
from snnviz.datasets.spoken_digits import Speaker as Speaker
from snnviz.datasets.temporal_order import TemporalOrder as TemporalOrder
from snnviz.datasets.xor import Xor as Xor
from snnviz.datasets.yinyang import YinYang as YinYang
from snnviz.datasets.yinyang_points import YinYangPoints as YinYangPoints

_LISTED = (
    Digits,
    Saccades,
    RandomManifolds,
    YinYang,
    TwoMoons,
    Circles,
    Xor,
    Spirals,
    YinYangPoints,
    DelayedXor,
    TemporalOrder,
    SpikePatterns,
    SoundLocalisation,
    Braille,
    Mnist,
    FashionMnist,
    Cifar10,
    NMnist,
    Shd,
    Ssc,
    FreeSpokenDigits,
    DvsGesture,
    Cifar10Dvs,
    TonicSet,
    OwnRecordings,
)

DATASETS: dict[str, type[AbstractDataset]] = {one.__name__: one for one in _LISTED}
