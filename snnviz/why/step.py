"""One step forward: from the input to the state after the reset, by the neuron's own functions."""

import dataclasses
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch

from snnviz.backends import kernel_text
from snnviz.backends.reference import named
from snnviz.neurons.base import AbstractNeuron, State
from snnviz.records import LayerRecord
from snnviz.why.rows import Row
from snnviz.workings import Line, Number, compared, lines


class Step:
    """One step of one neuron, from the record of its layer. Arrays are columns [T, 1], states tensors [1].

    Once `forward` has been gone through, c, u, v, theta and s are the step's numbers, which the way back is written with.
    """

    def __init__(self, layer: LayerRecord, step: int, sample: int, column: int):
        self.layer, self.t = layer, step
        self.neuron: AbstractNeuron = layer.neuron
        self._place = slice(None), sample, column
        self.inputs, self.membranes, self.thresholds = (self.column(name) for name in ("current", "u", "theta"))
        self.fired = torch.zeros_like(self.membranes) if layer.spikes is None else self.column("spikes")
        self.trace = None if layer.trace is None else self.column("trace")
        values = [float(value) for value in self.neuron.coefficients().values()]
        self.coefficients = torch.tensor(values, dtype=torch.float64)
        self.plain = named(self.neuron, self.coefficients, self.membranes.dtype)
        self.spikes = int(self.fired[step])
        self.symbols = [self.neuron.symbol(name) for name in self.neuron.states]
        self.title = self.neuron.trace.title.lower() if self.neuron.trace else ""
        numbers = {name: Number(value, self.neuron.symbol(name)) for name, value in vars(self.plain).items()}
        self.c: Any = SimpleNamespace(**numbers)
        self.s: Any = Number(self.fired[step], "s[t]")
        self.u: Any
        self.v: Any
        self.theta: Any

    def column(self, name: str) -> torch.Tensor:
        """One neuron's values, [T, 1].

        Raises:
            ValueError: the run did not record them.
        """
        return torch.from_numpy(np.ascontiguousarray(self.layer.array(name)[self._place]))[:, None]

    def after(self, t: int) -> State:
        """The state after a step; before the first the neuron's rest."""
        if t < 0:
            return tuple(self.membranes.new_tensor([value]) for value in self.neuron.rest())
        u = self.membranes[t]
        states = (u,) if self.trace is None else (u, self.trace[t])
        return self.neuron.reset(self.plain, states, u, self.thresholds[t], self.fired[t])

    def lines_of(self, part: str) -> tuple[kernel_text.Line, ...]:
        """The kernel's lines of a part; none for what no kernel computes."""
        second = self.neuron.states[1] if len(self.neuron.states) > 1 else ""
        return kernel_text.computing(self.neuron.kernel, part, second) if part in kernel_text.PARTS else ()

    def row(self, part: str, left: str, line: Line, words: str) -> Row:
        """A row of a line, with the kernel's lines of its part."""
        return Row(part, line.name or left, line.symbols, line.figures, line.result, line.value, words, self.lines_of(part))

    def rows(self, part: str, left: str, number: Number, words: str, value: torch.Tensor | None = None) -> list[Row]:
        """The rows of a number, those of its repeated parts first; rows after them call it by its symbol.

        value: what it must come to, where the run has recorded it.
        """
        *repeated, own = lines(number, value=value)
        number.called(left)
        return [
            *(self.row(part, "", line, "occurs more than once below") for line in repeated),
            self.row(part, left, dataclasses.replace(own, name=""), words),
        ]

    def given(self, part: str, left: str, value: torch.Tensor, words: str) -> Row:
        """The row of what this step was given."""
        return Row(part, left, "", "", Number(value).text(), float(value), words, self.lines_of(part))

    def forward(self) -> Iterator[Row]:
        """The rows from the input to the state after the reset."""
        t, n, symbols = self.t, self.neuron, self.symbols
        before = self.after(t - 1)
        _, between = n.charge(self.plain, before, self.inputs[t])
        after = n.reset(self.plain, between, self.membranes[t], self.thresholds[t], self.fired[t])
        # Of the second state: whether the charge moves it, and whether the reset does.
        charged, moved = (
            any(a is not b for a, b in zip(x[1:], y[1:], strict=True)) for x, y in ((between, before), (after, between))
        )
        yield self.given("x", "x[t]", self.inputs[t], "the input of this step")
        old: Any = tuple(
            Number(a, f"{name}[t{'−1' if k == 0 or charged else ''}]")
            for k, (a, name) in enumerate(zip(before, symbols, strict=True))
        )
        x: Any = Number(self.inputs[t], "x[t]")
        states: Any
        self.u, states = n.charge(self.c, old, x)
        second = f"{symbols[-1]}" if charged and moved else f"{symbols[-1]}[t]"
        later = charged and states[1].contains(self.u)
        if charged and not later:
            yield from self.rows("state", second, states[1], self.title, None if moved or self.trace is None else self.trace[t])
        yield from self.rows("u", "u[t]", self.u, "the membrane takes its input", self.membranes[t])
        if charged and later:
            yield from self.rows("state", second, states[1], self.title)
        self.theta = n.threshold(self.c, states)
        if n.fires:
            yield from self._firing()
        new: Any = n.reset(self.c, states, self.u, self.theta, self.s)
        self.v = new[0]
        if self.v is not self.u:
            yield from self.rows("v", "v[t]", self.v, "the reset" if self.spikes else "no spike, no reset", self.column("v")[t])
        if moved:
            left = f"{symbols[1]}[t]" if charged else f"{symbols[1]}[t+1]"
            yield from self.rows("state after", left, new[1], f"{self.title}, for the next step")

    def _firing(self) -> Iterator[Row]:
        """The rows of the threshold, where this step computes it, and of the spike."""
        recorded, u = self.thresholds[self.t], Number(self.membranes[self.t])
        if not isinstance(self.theta, Number):
            self.theta = Number(recorded, "θ")
        elif self.theta.made:
            yield from self.rows("theta", "θ[t]", self.theta, "the threshold, as its spikes have raised it", recorded)
        theta = Number(recorded)
        over = Number((self.membranes[self.t] - recorded).abs()).text()
        result = {0: "no spike", 1: "spike"}.get(self.spikes, f"{self.spikes} spikes")
        words = f"over by {over}" if self.spikes else f"{over} below the threshold"
        figures, sign = compared(u, theta), "≥" if self.spikes else "<"
        yield Row("s", "s[t]", f"u[t] {sign} {self.theta.name}", figures, result, float(self.spikes), words, self.lines_of("s"))
