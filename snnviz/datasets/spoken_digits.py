"""The Free Spoken Digit Dataset: WAV files of six speakers, heard through a model of the inner ear."""

import dataclasses
import enum
import re
import shutil
import urllib.request
import wave
import zipfile
from pathlib import Path
from typing import ClassVar

import numpy as np

from snnviz import places
from snnviz.datasets import cochlea
from snnviz.datasets.arrival import arrival
from snnviz.datasets.base import Split
from snnviz.datasets.events import RECORDINGS, Columns, Found, Recording, have, subfolder
from snnviz.datasets.on_disk import AbstractOnDisk
from snnviz.params import param

TOTAL, OF_A_SPEAKER = 3_000, 500
LEAST = TOTAL  # recordings of a whole archive
NAME = re.compile(r"(\d)_([a-z]+)_\d+\.wav")
LARGEST = 10_000_000  # bytes of one recording: ten minutes
DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


class Speaker(enum.Enum):
    """Whose recordings are kept for testing."""

    GEORGE = "george"
    JACKSON = "jackson"
    LUCAS = "lucas"
    NICOLAS = "nicolas"
    THEO = "theo"
    YWEWELER = "yweweler"


@dataclasses.dataclass(frozen=True)
class FreeSpokenDigits(AbstractOnDisk):
    """3,000 spoken English digits by six speakers, 8 kHz, as spikes of a bank of gammatone filters (`snnviz.datasets.cochlea`).

    All recordings of one speaker are for testing, so that a network is asked about a voice that it has never heard. A recording's
    loudest moment is as loud as any other's.

    Files: recordings/<digit>_<speaker>_<number>.wav, as the distributor has them. Jackson, Souza, Flaks, Pan, Nicolas and Thite
    (2018), CC BY-SA 4.0.

    Inputs `[T, S, channels]`, from low to high frequencies.
    """

    title: ClassVar[str] = "Free Spoken Digits"
    description: ClassVar[str] = (
        "Spoken digits, zero to nine, by six speakers, heard through a model of the inner ear: the higher the channel, the higher "
        "the pitch that it answers to. One speaker's voice is for testing alone."
    )
    cite: ClassVar[str] = "jackson2018fsdd"
    home: ClassVar[str] = "github.com/Jakobovski/free-spoken-digit-dataset"
    archive: ClassVar[str] = "https://github.com/Jakobovski/free-spoken-digit-dataset/archive/refs/tags/v1.0.10.zip"
    licence: ClassVar[str] = "CC BY-SA 4.0"
    size: ClassVar[str] = "about 16 MB, under CC BY-SA 4.0"

    steps: int = param(100, "Time steps", "T", low=1, high=100_000, slider=(20, 500, 10))
    dt: float = param(8.0, "Step", r"\Delta t", "ms", low=0, open_low=True, high=1000, slider=(1.0, 20.0, 1.0))
    samples: int = param(600, "Recordings to use", **RECORDINGS)
    speaker: Speaker = param(Speaker.THEO, "Speaker to test with")
    channels: int = param(64, "Channels", "", low=2, high=1000, slider=(16, 128, 8))
    low: float = param(100.0, "Lowest frequency", "", "Hz", low=20, high=20_000, slider=(50.0, 500.0, 10.0), advanced=True)
    high: float = param(3600.0, "Highest frequency", "", "Hz", low=20, high=20_000, slider=(1000.0, 3900.0, 100.0), advanced=True)
    rate: float = param(200.0, "Rate at the loudest", "", "Hz", low=0, open_low=True, high=10_000, slider=(50.0, 500.0, 10.0))

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.low >= self.high:
            raise ValueError(
                f"FreeSpokenDigits: the lowest frequency ({self.low:g} Hz) must be below the highest ({self.high:g} Hz)."
            )

    def frequencies(self) -> np.ndarray:
        """The frequency that each channel answers to most, in Hz, float64 `[channels]`."""
        return cochlea.frequencies(self.low, self.high, self.channels)

    def look(self, root: Path) -> Found | None:
        folder = subfolder(root, "recordings")
        named = [(path, NAME.fullmatch(path.name)) for path in sorted(folder.glob("*.wav"))] if folder else []
        files = [(path, int(name[1]), name[2]) for path, name in named if name]
        if not files:
            return None
        recordings = tuple(
            Recording(
                path.name, digit, Split.TEST if who == self.speaker.value else Split.TRAIN, lambda path=path: self._heard(path)
            )
            for path, digit, who in files
        )
        tests = sum(recording.half is Split.TEST for recording in recordings)
        message = have(self.title, len(files) - tests, tests, TOTAL - OF_A_SPEAKER, OF_A_SPEAKER)
        return Found(recordings, DIGITS, (self.channels,), tuple(path for path, *_ in files), message, total=TOTAL)

    def _heard(self, path: Path) -> Columns:
        sound, sampling = read_wav(path)
        if self.high >= sampling / 2:
            raise ValueError(f"was taken {sampling:,} times a second and holds nothing above {sampling / 2:g} Hz; lower the "
                             "highest frequency.")  # fmt: skip
        current = cochlea.currents(sound, sampling, self.frequencies())
        t, channel = cochlea.spikes(current, sampling, self.rate)
        return {"t": np.rint(t), "x": channel}

    def fetch(self) -> None:
        """Fetch the whole set from its distributor into its folder; raises ConnectionError with one sentence if that fails."""
        with arrival("FSDD", places.data(self.folder), lambda place: shutil.rmtree(place, ignore_errors=True)) as place:
            place.mkdir(parents=True, exist_ok=True)
            packed = place / "archive.zip"
            with urllib.request.urlopen(self.archive, timeout=60) as answer, packed.open("wb") as file:
                shutil.copyfileobj(answer, file)
            unpack(packed, place / "free-spoken-digit-dataset")
            packed.unlink()


def unpack(packed: Path, folder: Path) -> None:
    """Take the recordings, the licence and the description out of the set's archive.

    Raises:
        ValueError: the archive is cut, damaged, or has not all recordings.
    """
    count = 0
    try:
        with zipfile.ZipFile(packed) as archive:
            for entry in archive.infolist():
                *folders, name = entry.filename.split("/")
                recording = NAME.fullmatch(name) and folders[1:] == ["recordings"]
                if entry.file_size > LARGEST or not (recording or (name in ("README.md", "LICENSE") and not folders[1:])):
                    continue
                path = folder / "recordings" / name if recording else folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(archive.read(entry))
                count += bool(recording)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError):
        raise ValueError("its archive is cut short or damaged.") from None
    if count < LEAST:
        raise ValueError(f"its archive holds {count:,} of {LEAST:,} recordings.")


def read_wav(path: Path) -> tuple[np.ndarray, int]:
    """The sound of a WAV file of one channel with 16 bits, int16 `[samples]`, and how many samples a second has.

    Raises:
        ValueError: the file is cut, damaged or of another kind; one sentence.
    """
    try:
        with wave.open(str(path), "rb") as file:
            channels, width, sampling, samples = file.getparams()[:4]
            data = file.readframes(samples)
    except (wave.Error, EOFError, ZeroDivisionError) as error:
        raise ValueError("is no WAV file, cut short or damaged; fetch it again.") from error
    if (channels, width) != (1, 2):
        raise ValueError(f"has {channels} channels of {8 * width} bits; one of 16 bits was expected.")
    if not sampling or not data or len(data) < 2 * samples or len(data) % 2:
        raise ValueError(f"is cut short: it says that it holds {samples:,} samples and has {len(data) // 2:,}; fetch it again.")
    return np.frombuffer(data, "<i2"), sampling
