"""A campaign of hostile input: addresses of every page, values, TOML files, uploads. `make fuzz` runs it.

    python -m tools.fuzz --cases 300 --seed 1 --kinds address value toml upload

A case is refused with one sentence, or works. It fails if anything else happens: another exception, a page's red box, a
sentence of several lines, more than 20 seconds. What failed is cut down to its smallest case, and belongs into
tests/test_fuzz_examples.py once it is mended. The exit status is 1 if anything failed.
"""

import argparse
import dataclasses
import inspect
import io
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.parse import urlencode

import numpy as np

ROOT = Path(__file__).parents[1]
SECONDS = 20
TEXTS = (
    "", " ", "0", "-1", "1", "2", "3.5", "1e-320", "1e30", "1e31", "1e400", "-1e400", "nan", "inf", "-inf", "9007199254740993",
    "9" * 400, "1" + "0" * 5000, "0x10", "1_000", "\u0663", "true", "false", "True", "none", "None", "null", "../../etc/passwd",
    "~nosuchuser", "~", "a\0b", "<script>alert(1)</script>", "![x](http://example.org/p.png)", "`", "\u00e9" * 50, "\U0001f642",
    "\ud83d", "1-2-3", "-", "--", "3-2", "0-0", "10 20 30", "1,5;2,5", "[1, 2]", "{}", "%00", "&", "=", "\n", "LIF()", "__class__",
)  # fmt: skip
VALUES = (
    0, 1, -1, 2, 3, 2**31, 2**53, 10**400, 0.0, 0.5, -0.5, 1e-31, 1e-30, 1e-12, 1e12, 1e30, 1e31, 1e308, 5e-324, float("nan"),
    float("inf"), -float("inf"), True, False, None, "", "LIF", "a\0b", (), (1,), (1, 1), (0.5, 2.0), (1e300,), [1], {}, object,
    np.float64(1.5), np.int64(3),
)  # fmt: skip


class Failure(Exception):
    """A case that is neither refused with one sentence nor works."""


@dataclasses.dataclass(frozen=True)
class Case:
    """What is tried: a base, and changes of it, of which any may be left out."""

    kind: str
    base: Any
    changes: tuple[Any, ...]

    def __str__(self) -> str:
        if self.kind == "address":
            return f"{self.base}?{urlencode(dict(self.changes), errors='replace')}"
        return f"{self.base!r:.200} with {', '.join(map(repr, self.changes)):.1000}"


@dataclasses.dataclass(frozen=True)
class Kind:
    """draw: a case; run: try it, raising what goes wrong."""

    draw: Callable[[random.Random], Case]
    run: Callable[[Case], None]


def verdict(case: Case, kind: Kind, refusals: tuple[type[Exception], ...] = (ValueError, TypeError)) -> str:
    """What is wrong with how a case ended, or ""."""
    started = time.perf_counter()
    previous = signal.signal(signal.SIGALRM, _late)
    signal.alarm(SECONDS)
    try:
        kind.run(case)
    except Failure as failure:
        return str(failure)
    except refusals as refusal:
        sentence = str(refusal)
        if not sentence.strip() or "\n" in sentence or len(sentence) > 2000:
            return f"{type(refusal).__name__} with no sentence: {sentence[:200]!r}"
    except Exception as problem:
        return f"{type(problem).__name__}: {str(problem)[:300]}"
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, previous)
    spent = time.perf_counter() - started
    return f"took {spent:.0f} s" if spent > SECONDS else ""


def _late(*_: Any) -> None:
    raise Failure(f"took over {SECONDS} s")


def smallest(case: Case, kind: Kind, tries: int = 12) -> Case:
    """The case with every change left out that is not needed for it to fail."""
    for change in case.changes:
        fewer = dataclasses.replace(case, changes=tuple(c for c in case.changes if c is not change))
        if tries and verdict(fewer, kind):
            case = fewer
        tries = max(0, tries - 1)
    return case


# Addresses.


class Addresses:
    """Links to pages: keys that the page has, with texts for anything; keys that no page has."""

    def __init__(self) -> None:
        from snnviz import datasets, laws, losses, methods, neurons, optimisers, stimuli, surrogates

        tables = (neurons.NEURONS, methods.METHODS, surrogates.SURROGATES, laws.LAWS, stimuli.STIMULI, losses.LOSSES,
                  optimisers.OPTIMISERS, datasets.DATASETS)  # fmt: skip
        self.pages = [path.stem for path in sorted((ROOT / "pages").glob("*.py"))]
        self.words = [name for table in tables for name in table] + [path.stem for path in sorted((ROOT / "pages").rglob("*.py"))]
        self.words += ["network", "kept", "cut", "exodus", "slayer", "localzo", "sparse", "gated", "modules", "kept-slayer", "zero"]
        self.keys = {page: {"view", "of", "backend"} for page in self.pages}

    def draw(self, dice: random.Random) -> Case:
        page = dice.choice(self.pages)
        keys = sorted(self.keys[page])
        changes = {}
        for _ in range(dice.randint(0, 5)):
            key = (
                dice.choice(keys)
                if dice.random() < 0.9
                else dice.choice(["x", "neuron.LIF", "run.", ".", "a.b.c.d", "link", *TEXTS])
            )
            text = dice.choice(self.words) if dice.random() < 0.5 else dice.choice(TEXTS)
            changes[key] = text[:500].encode("utf-8", "replace").decode()
        return Case("address", page, tuple(changes.items()))

    def run(self, case: Case) -> None:
        from streamlit.testing.v1 import AppTest

        at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=SECONDS)
        at.switch_page(f"pages/{case.base}.py")
        for key, text in case.changes:
            at.query_params[key] = text
        try:
            at.run()
        except RuntimeError as late:
            raise Failure(str(late)) from None
        if "_address.keys" in at.session_state:
            self.keys[case.base] |= at.session_state["_address.keys"]
        if at.exception:
            raise Failure(f"red box: {at.exception[0].value[:300]}")
        for message in (*at.error, *at.warning):
            if " object at 0x" in message.value or "Traceback" in message.value or not message.value.strip():
                raise Failure(f"no sentence: {message.value[:300]}")


# Values of the library.


class Values:
    """Every class with declared fields, made with anything in its fields; what can be made is written, read and used."""

    def __init__(self) -> None:
        import snnviz.live.scenes
        import snnviz.runs.work  # noqa: F401  both: for their classes
        from snnviz.params import Declared, concrete

        self.classes = [cls for cls in concrete(Declared) if dataclasses.is_dataclass(cls) and not inspect.isabstract(cls)]

    def draw(self, dice: random.Random) -> Case:
        cls = dice.choice(self.classes)
        names = [field.name for field in dataclasses.fields(cls) if field.init]
        chosen = dice.sample(names, min(len(names), dice.randint(1, 3))) if names else []
        return Case("value", cls, tuple((name, self._value(dice, cls, name)) for name in chosen))

    def _value(self, dice: random.Random, cls: type, name: str) -> Any:
        from snnviz.params import declared

        kind, spec = declared(cls)[name]
        fitting = [part() for part in self.classes if inspect.isclass(kind) and issubclass(part, kind) and part.__name__ != "Given"]
        if fitting and dice.random() < 0.6:
            return dice.choice(fitting)
        if spec and dice.random() < 0.5:
            return dice.choice([v for v in (spec.low, spec.high, *(spec.slider or ())) if v == v])
        return dice.choice(VALUES)

    def run(self, case: Case) -> None:
        from snnviz import text
        from snnviz.neurons import AbstractNeuron
        from snnviz.stimuli import AbstractStimulus
        from snnviz.surrogates import AbstractSurrogate

        if case.base.__name__ == "Given":
            return
        value = case.base(**dict(case.changes))
        repr(value)
        hash(value)
        classes = {cls.__name__: cls for cls in self.classes}
        if text.from_toml(text.to_toml(value), classes) != value:
            raise Failure("TOML gives another value")
        if text.from_json(text.to_json(value), classes) != value:
            raise Failure("JSON gives another value")
        if isinstance(value, AbstractNeuron | AbstractStimulus):
            self._simulated(value)
        if isinstance(value, AbstractSurrogate):
            self._finite(value)

    @staticmethod
    def _simulated(value: Any) -> None:
        from snnviz import LIF, Experiment, Step, simulate
        from snnviz.neurons import AbstractNeuron

        neuron, stimulus = (value, Step()) if isinstance(value, AbstractNeuron) else (LIF(), value)
        if neuron.fires:
            simulate(Experiment(neuron, stimulus, 5, neurons=2), "native")

    @staticmethod
    def _finite(surrogate: Any) -> None:
        import torch

        slopes = surrogate.derivative(torch.linspace(-3, 3, 61, dtype=torch.float64))
        if torch.isnan(slopes).any():
            raise Failure("its derivative is NaN")


# TOML files.


class Toml:
    """Settings as text, with characters and values changed; read as every class that is kept as TOML."""

    def __init__(self) -> None:
        from snnviz import Experiment, Training
        from snnviz.runs.work import KINDS
        from snnviz.training import Settings

        self.readers = [Experiment, Training, Settings, *KINDS.values()]
        self.texts = {cls.__name__: cls().to_toml() for cls in self.readers if cls is not Settings}
        self.texts["Settings"] = Settings((Training(), Training(seed=3)), "native").to_toml()

    def draw(self, dice: random.Random) -> Case:
        name = dice.choice(sorted(self.texts))
        length = len(self.texts[name])
        changes = tuple(self._change(dice, length) for _ in range(dice.randint(1, 4)))
        return Case("toml", name, changes)

    @staticmethod
    def _change(dice: random.Random, length: int) -> tuple[str, int, str]:
        pieces = ("", "=", "[", "]", '"', "\n", ".", "is", "[[training]]", 'is = "LIF"', "'''", "{", "\ufeff", "[" * 3000,
                  "1979-05-27", "[1,2]", "inf", "nan", "true", '"none"', "#", "\r", "\0", "1" * 5000,
                  "a = {is = 'LIF'}")  # fmt: skip
        return (dice.choice(["value", "cut", "put", "line"]), dice.randrange(length), dice.choice([*pieces, *TEXTS]))

    def run(self, case: Case) -> None:
        text = self.texts[case.base]
        for how, place, piece in case.changes:
            lines = text.split("\n")
            number = place % len(lines)
            if how == "value":
                lines[number] = lines[number].partition("=")[0] + "= " + piece
            elif how == "line":
                lines[number] = piece
            text = "\n".join(lines) if how in ("value", "line") else text[:place] + piece + text[place + (how == "cut") * 5 :]
        (cls,) = [cls for cls in self.readers if cls.__name__ == case.base]
        cls.from_toml(text, "settings.toml")


# Uploads.


class Uploads:
    """Files as bytes, with bytes changed, cut and put in; read as a recording and as spike times."""

    def __init__(self) -> None:
        t, n = np.arange(20) * 100, np.arange(20) % 5
        whole, named, single = io.BytesIO(), io.BytesIO(), io.BytesIO()
        np.savez(whole, t=t, x=n, y=n, p=n % 2)
        np.savez_compressed(named, events=np.array(list(zip(t, n, strict=True)), [("t", "i8"), ("neuron", "i4")]))
        np.save(single, np.stack([t, n], 1))
        rows = list(zip(t, n, strict=True))
        self.files = {
            "a.csv": b"t,neuron\n" + b"".join(b"%d,%d\n" % row for row in rows),
            "b.txt": b"".join(b"%d %d %d 1\n" % (a, b, b) for a, b in rows),
            "c.csv": b"10,5\n20,7\n30,9\n",
            "d.npz": whole.getvalue(), "e.npz": named.getvalue(), "f.npy": single.getvalue(),
        }  # fmt: skip

    def draw(self, dice: random.Random) -> Case:
        name = dice.choice(sorted(self.files))
        pieces = (b"", b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"\n", b",", b";", b"\t", b'"', b"nan", b"-1", b"1e400", b"9" * 400,
                  b"1e30", b"l0", b"PK\x03\x04", b"\x93NUMPY", b"#", b"\r", b"9007199254740993",
                  b"\xf0\x9f\x99\x82", b"True")  # fmt: skip
        length = len(self.files[name])
        changes = tuple(
            (
                dice.choice(["put", "over", "end", "twice"]),
                dice.randrange(length),
                dice.choice([*pieces, bytes([dice.randrange(256)])]),
            )
            for _ in range(dice.randint(1, 4))
        )
        return Case("upload", name, changes)

    def run(self, case: Case) -> None:
        from snnviz.datasets.recordings import read_recording
        from snnviz.stimuli import SpikeTrain

        data = self.files[case.base]
        for how, place, piece in case.changes:
            if how == "end":
                data = data[:place] + piece
            elif how == "twice":
                data = data[:place] + data[place // 2 :]
            else:
                data = data[:place] + piece + data[place + (len(piece) if how == "over" else 0) :]
        refused = []
        for read in (lambda: read_recording(data, case.base), lambda: SpikeTrain.from_csv(data, case.base)):
            try:
                read()
            except (ValueError, TypeError) as refusal:
                refused.append(refusal)
        for refusal in refused:
            if "\n" in str(refusal) or not str(refusal):
                raise refusal


KINDS: dict[str, type] = {"address": Addresses, "value": Values, "toml": Toml, "upload": Uploads}


def campaign(kinds: Sequence[str], cases: int, seed: int, seconds: float) -> tuple[dict[str, int], list[tuple[Case, str]]]:
    """Try `cases` of each kind, for at most `seconds` in all: how many were tried by kind, and what failed, each fault once."""
    tried, failed, seen = dict.fromkeys(kinds, 0), [], set()
    until = time.monotonic() + seconds
    for name in kinds:
        made = KINDS[name]()
        kind, dice = Kind(made.draw, made.run), random.Random(f"{seed} {name}")
        for _ in range(cases):
            if time.monotonic() > until:
                break
            case = kind.draw(dice)
            tried[name] += 1
            if problem := verdict(case, kind):
                case = smallest(case, kind)
                mark = (name, case.base if name != "toml" else "", problem[:60])
                if mark not in seen:
                    seen.add(mark)
                    failed.append((case, problem))
                    print(f"FAILED {name}: {case}\n    {problem}", flush=True)
    return tried, failed


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="tools.fuzz", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--cases", type=int, default=300, help="of each kind")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=3600, help="in all")
    parser.add_argument("--kinds", nargs="+", choices=list(KINDS), default=list(KINDS))
    options = parser.parse_args(arguments)
    with (
        tempfile.TemporaryDirectory() as home,
        mock.patch.dict("os.environ", {"SNNVIZ_HOME": home, "STREAMLIT_CLIENT_SHOW_ERROR_DETAILS": "full"}),
    ):
        tried, failed = campaign(options.kinds, options.cases, options.seed, options.seconds)
    counts = ", ".join(f"{count} {name}" for name, count in tried.items())
    print(f"{sum(tried.values())} cases of seed {options.seed} ({counts}): {len(failed)} faults.")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
