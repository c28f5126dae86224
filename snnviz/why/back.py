"""One step back: from dL/ds[t] and from what step t + 1 sends back to delta[t] = dL/dx[t], as a method has it."""

import dataclasses
import functools
import operator
from collections.abc import Iterator
from typing import Any

import torch

from snnviz.backends import AbstractBackend, kernel_text, timed
from snnviz.backends.base import Forward, Upstream
from snnviz.backends.reference import named, reset_along
from snnviz.draws import Draw
from snnviz.methods.base import AbstractGradientMethod, AtSpike, ResetPath
from snnviz.surrogates import AbstractSurrogate, Given
from snnviz.why.rows import Row
from snnviz.why.step import Step
from snnviz.workings import Number, lines, summed

TERMS = "①②③④⑤⑥"
Part = torch.Tensor | None  # of a derivative; None: the one does not depend on the other


@dataclasses.dataclass(frozen=True)
class Dependence:
    """How the parts of one step depend on one another, by autograd: tensors [1], None where not at all.

    u: du/dx. charged: of each state before the reset by x. by_u, by_s: of each state after the reset by u and by s, as the method's
    reset path has them.
    """

    u: torch.Tensor
    charged: tuple[Part, ...]
    by_u: tuple[Part, ...]
    by_s: tuple[Part, ...]


def _by(value: torch.Tensor, cause: torch.Tensor) -> Part:
    if not value.requires_grad:
        return None
    return torch.autograd.grad(value.sum(), cause, retain_graph=True, allow_unused=True)[0]


class Sweep:
    """One step of the way back through a step that has been gone through forward."""

    def __init__(self, step: Step, method: AbstractGradientMethod, at_spike: AtSpike, backend: AbstractBackend):
        self.step, self.method, self.at_spike, self.backend, self.t = step, method, at_spike, backend, step.t
        self.timed = method.reset_path is ResetPath.TIMED
        self.path = ResetPath.KEPT if self.timed else method.reset_path
        self.neuron, self.coefficients = step.neuron, step.coefficients
        self.incoming, self.slopes, self.delta = (step.column(name) for name in ("grad_spikes", "ds_du", "delta"))
        self.straight = None if step.layer.grad_u is None else step.column("grad_u")
        if self.timed:
            self.neuron, self.coefficients = timed.replaced(step.neuron, step.coefficients)
        self.plain = named(self.neuron, self.coefficients, step.membranes.dtype)

    def rows(self) -> Iterator[Row]:
        """The rows from what comes in to delta[t], which is the sum of its terms."""
        t, step = self.t, self.step
        g = Number(self.incoming[t], "g[t]")
        yield step.given("g", "g[t]", self.incoming[t], "dL/ds[t], from the loss or the layer above")
        if self.timed and t + 1 < len(self.incoming):
            g = g - Number(self.incoming[t + 1], "g[t+1]")
            yield from step.rows("g", "Δg", g, "what a spike one step earlier would change")
        yield from self._slope()
        slope, by = Number(self.slopes[t], "s′"), self._dependence()
        sent: dict[int, Number] = {}
        if t + 1 < len(self.incoming) and self.method.reset_path is not ResetPath.NONE:
            for k, number, row in self._sent_back(by):
                sent[k] = number
                yield from row
        lets = [] if bool(by.u == 1) else [Number(by.u, "∂u/∂x")]  # 0 where the membrane lies at its lower bound
        terms = [("at the spike", "at the spike", [*lets, g, slope])]
        if self.straight is not None and bool(self.straight[t]):
            terms.append(("delta", "from the loss on the membrane", [*lets, Number(self.straight[t], "∂L/∂u[t]")]))
        for k, later in sent.items():
            symbol, part = step.symbols[k], "through the state" if k else "through the membrane"
            if (direct := by.by_u[k]) is not None:
                terms.append(
                    (part, part if not k else f"through the {step.title}", [*lets, Number(direct, f"∂{symbol}/∂u"), later])
                )
            if (jump := by.by_s[k]) is not None:
                part, words = (
                    ("through the state", f"through the spike and the {step.title}") if k else ("through the reset", self._reset)
                )
                terms.append((part, words, [*lets, Number(jump, f"∂{symbol}/∂s"), slope, later]))
            if (own := by.charged[k]) is not None:
                factors = [] if bool(own == 1) else [Number(own, f"∂{symbol}/∂x")]
                terms.append((part, f"through the {step.title}", [*factors, later]))
        yield from self._sum(terms)

    def _sum(self, terms: list[tuple[str, str, list[Number]]]) -> Iterator[Row]:
        products = []
        for (*_, factors), name in zip(terms, TERMS, strict=False):
            product = functools.reduce(operator.mul, factors[1:], factors[0])
            products.append(Number(product.value, name, ("is", (product,))))
        parts, total = summed(products, self.delta[self.t])
        for (part, words, _), number, line in zip(terms, products, parts, strict=True):
            yield self.step.row(part, number.name, line, words)
        yield self.step.row("delta", "δ[t]", dataclasses.replace(total, name=""), "the gradient of this step's input")

    @property
    def _reset(self) -> str:
        return "through the time of the spike" if self.timed else "through the reset"

    def _slope(self) -> Iterator[Row]:
        """The rows of ds/du: written out where it is a surrogate's value, given where it was drawn."""
        step, spike, t = self.step, self.at_spike, self.t
        computed = kernel_text.of_derivative(spike.derivative.kernel, gated=spike.gate > 0)
        left = "s′"
        if self.timed and step.trace is not None:
            number: Any = timed.slopes(step.c, Number(step.trace[t], f"{step.symbols[1]}[t]"), step.s)
        elif isinstance(spike.derivative, AbstractSurrogate) and not spike.gate:
            margin = (step.v if spike.after_reset else step.u) - step.theta
            number = spike.ds_du(margin, Draw())
        else:
            words = f"{spike.derivative.title.lower()}: drawn for this step"
            yield dataclasses.replace(step.given("slope", left, self.slopes[t], words), lines=computed)
            return
        for line in lines(number, value=self.slopes[t]):
            words = "occurs more than once below" if line.name else f"ds/du, {spike.derivative.title.lower()}"
            yield dataclasses.replace(step.row("slope", left, line, words), lines=computed)

    def _dependence(self) -> Dependence:
        step, n, t = self.step, self.neuron, self.t
        with torch.enable_grad():
            x, before = step.inputs[t].clone().requires_grad_(), step.after(t - 1)
            u, states = n.charge(self.plain, before, x)
            charged = tuple(None if a is b else _by(a, x) for a, b in zip(states, before, strict=True))
            membrane, s = step.membranes[t].clone().requires_grad_(), step.fired[t].clone().requires_grad_()
            middle = tuple(a.detach().requires_grad_() for a in states)
            after = reset_along(n, self.plain, middle, membrane, step.thresholds[t], s, self.path)
            by_u, by_s = (tuple(_by(a, cause) for a in after) for cause in (membrane, s))
            of_input = _by(u, x)
            assert of_input is not None, "an input reaches the membrane"
            return Dependence(of_input, charged, by_u, by_s)

    def _sent_back(self, by: Dependence) -> Iterator[tuple[int, Number, list[Row]]]:
        """What step t + 1 sends back to each state that this step's input reaches: its number, a state, its number, its rows.

        To the state that the input enters it is that state's decay times delta[t+1]; to another the backend says it.
        """
        step, t = self.step, self.t
        reached = [k for k, parts in enumerate(zip(by.by_u, by.by_s, by.charged, strict=True)) if any(p is not None for p in parts)]
        entered = next((k for k, part in enumerate(by.charged) if part is not None), 0)
        from_backend = None
        for k in reached:
            index = f"{step.symbols[k]}[t{'+1' if k and by.charged[k] is None else ''}]"
            left, part = f"∂L/∂{index}", "back to the state" if k else "back to v"
            words = f"sent back from the next step to the {step.title if k else 'membrane'}"
            if k == entered:
                number = self._decay(k) * Number(self.delta[t + 1], "δ[t+1]")
                rows = step.rows(part, left, number, words)
            else:
                from_backend = self._initial() if from_backend is None else from_backend
                number = Number(from_backend[k], left)
                rows = [step.given(part, left, from_backend[k], words)]
            yield k, number, rows

    def _decay(self, k: int) -> Number:
        """How the state that the input enters depends on itself one step before, over how it depends on the input."""
        step, t = self.step, self.t
        with torch.enable_grad():
            x = step.inputs[t + 1].clone().requires_grad_()
            before = tuple(a.detach().requires_grad_() for a in step.after(t))
            u, states = self.neuron.charge(self.plain, before, x)
            entered = states[k] if k else u
            own, of_input = _by(entered, before[k]), _by(entered, x)
        assert own is not None and of_input is not None
        value = own / of_input if bool(of_input) else own
        if bool(value == 1):
            return Number(1.0)
        symbols = (number.name for number in vars(step.c).values() if bool(number.value == value))
        return Number(value, next(symbols, f"∂{step.symbols[k] if k else 'u'}[t+1]/∂{step.symbols[k]}[t]"))

    def _initial(self) -> torch.Tensor:
        """dL/d(state after this step), [states, 1]: what the sweep over all later steps leaves."""
        step, later = self.step, slice(self.t + 1, None)
        place = "cuda" if self.backend.name == "cuda" else "cpu"
        arrays = (
            step.inputs,
            step.membranes,
            step.fired,
            self.slopes,
            timed.differences(self.incoming) if self.timed else self.incoming,
        )
        x, u, s, slopes, g = (a[later].contiguous().to(place) for a in arrays)
        trace = None if step.trace is None else step.trace[later].contiguous().to(place)
        initial = torch.stack(step.after(self.t)).to(place)
        at_spike = AtSpike(Given(lambda margin: slopes))
        straight = None if self.straight is None else self.straight[later].contiguous().to(place)
        forward, upstream = Forward(u, s, trace, initial), Upstream(g, straight)
        out = self.backend.backward(self.neuron, self.coefficients, at_spike, self.path, Draw(), x, initial, forward, upstream)
        return out.initial.cpu()
