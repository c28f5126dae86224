"""How far trainings are, while they run: one line on stderr."""

import sys
import time
from collections.abc import Sequence

BAR = 24  # characters of the progress bar
EVERY = 0.2  # seconds between two drawings of it


class Line:
    """What is known of one training while it runs."""

    def __init__(self, training):
        self.training, self.batches, self.epochs, self.problem = training, [], [], ""

    @property
    def done(self) -> float:
        """How much of the training is over, from 0 to 1; 1 where it has failed."""
        now = self.batches[-1] if self.batches else None
        at = 0.0 if now is None else now.epoch - 1 + now.batch / now.batches
        return 1.0 if self.problem else max(at, self.epochs[-1].epoch if self.epochs else 0) / self.training.epochs


class Progress:
    """One line on stderr that is drawn over; where stderr is no terminal, a line for every epoch."""

    def __init__(self):
        self.start = self.drawn = time.perf_counter()
        self.terminal = sys.stderr.isatty()
        self.width = 0

    def draw(self, lines: list[Line], epoch: bool) -> None:
        """Draw where the trainings stand, at most once in `EVERY` seconds. epoch: an epoch has just ended, which is always
        drawn."""
        if not self.terminal and any(len(line.epochs) < len(lines[0].epochs) and not line.problem for line in lines):
            return  # where nothing can be drawn over: one line when all are there
        parts = []
        latest = [line for line in lines if line.batches]
        if latest:
            parts.append("loss " + " ".join(f"{line.batches[-1].loss:.3f}" for line in latest[:4]))
        tested = [line for line in lines if line.epochs]
        if tested:
            parts.append("test " + " ".join(f"{100 * line.epochs[-1].test_accuracy:.1f}" for line in tested[:4]) + " %")
        self.show(sum(line.done for line in lines) / len(lines), parts, epoch)

    def show(self, done: float, parts: Sequence[str], at_once: bool) -> None:
        """Draw a bar for a share of 0 to 1 that is done, and some words, at most once in `EVERY` seconds unless `at_once`."""
        now = time.perf_counter()
        if not (at_once or (self.terminal and now - self.drawn > EVERY)):
            return
        self.drawn = now
        passed = now - self.start
        shown = [f"[{'#' * round(BAR * done):{BAR}}] {100 * done:3.0f} %", f"{passed:.0f} s"]
        if 0.02 < done < 1:
            shown.append(f"{passed * (1 - done) / done:.0f} s to go")
        text = "  ".join([*shown, *parts])
        print(f"\r{text:{self.width}}" if self.terminal else text, end="" if self.terminal else "\n", file=sys.stderr, flush=True)
        self.width = len(text)

    def end(self) -> None:
        """Leave the line, so that what is printed next begins a new one."""
        if self.terminal and self.width:
            print(file=sys.stderr)
