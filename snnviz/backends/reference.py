"""The reference backend: the neuron's own step in a plain loop, differentiated by torch autograd.

It knows nothing of the hand-written recursion in the kernels: that is what makes it the oracle for them. Only the spike has
an injected derivative, and the reset path is cut or left out by detaching.
"""

import itertools
from collections.abc import Iterator
from types import SimpleNamespace

import torch

from snnviz import waiting
from snnviz.backends.base import AbstractBackend, Backward, Forward, check_finite, check_run
from snnviz.draws import Draw
from snnviz.methods.base import AtSpike, ResetPath
from snnviz.neurons.base import AbstractNeuron, State, fire

AT_ONCE = 1000  # steps between two questions, on the way back, whether anybody waits; and steps that are cut from an array at once


class Spike(torch.autograd.Function):
    """s in the forward pass; in the backward pass ds/du by its given value."""

    @staticmethod
    def forward(ctx, margin, s, ds_du):
        ctx.save_for_backward(ds_du)
        return s.clone()

    @staticmethod
    def backward(ctx, grad):
        return grad * ctx.saved_tensors[0], None, None


def _rows(x: torch.Tensor) -> Iterator[torch.Tensor]:
    """x [T, M] step by step. A million rows cut at once take seconds, in which nobody can stop it."""
    for some in x.split(AT_ONCE):
        yield from some.unbind()


def named(neuron: AbstractNeuron, coefficients: torch.Tensor, dtype: torch.dtype) -> SimpleNamespace:
    """A neuron's coefficients [n] by name, in a number type: what its step gets as `c`."""
    names = neuron.coefficients().keys()
    return SimpleNamespace(**dict(zip(names, coefficients.to(dtype), strict=True)))


@torch.no_grad()
def recorded_states(neuron: AbstractNeuron, coefficients: torch.Tensor, forward: Forward) -> tuple[torch.Tensor, torch.Tensor]:
    """The threshold theta and the membrane after reset v at every step, [T, M], from what a forward pass recorded."""
    c = named(neuron, coefficients.to(forward.u.device), forward.u.dtype)
    states: State = (forward.u,) if forward.trace is None else (forward.u, forward.trace)
    theta = torch.zeros_like(forward.u) + neuron.threshold(c, states)
    s = torch.zeros_like(forward.u) if forward.s is None else forward.s
    return theta, neuron.reset(c, states, forward.u, theta, s)[0]


def ds_du_of(neuron: AbstractNeuron, coefficients: torch.Tensor, at_spike: AtSpike, draw: Draw, forward: Forward) -> torch.Tensor:
    """ds/du at every step, [T, M]. It depends on the forward pass only, so it can be had for all steps at once."""
    theta, v = recorded_states(neuron, coefficients, forward)
    return at_spike.ds_du((v if at_spike.after_reset else forward.u) - theta, draw)


def reset_along(neuron, c, state, u, theta, s, path):
    """The neuron's reset, with the gradient's way through it as the method wants it."""
    if path is ResetPath.KEPT:
        return neuron.reset(c, state, u, theta, s)
    if path is ResetPath.CUT:
        v, *_ = neuron.reset(c, state, u, theta, s.detach())
        return v, *neuron.reset(c, state, u, theta, s)[1:]
    if path is ResetPath.NONE:
        return tuple(a.detach() for a in neuron.reset(c, state, u, theta, s))
    v, *rest = neuron.reset(c, state, u.detach(), theta, s.detach())
    return v + (u - u.detach()), *rest


class Reference(AbstractBackend):
    """Torch autograd through the neuron's step, on the CPU, in float32 or float64."""

    name = "reference"
    title = "Reference (torch autograd)"
    keeps_input = True

    def unusable(self):
        return None

    def forward(self, neuron, coefficients, x, initial):
        check_run(self, neuron, x, initial, "cpu")
        with torch.no_grad():
            c, state, rows = named(neuron, coefficients.detach(), x.dtype), tuple(initial), []
            for x_t in waiting.steps(_rows(x), "step", len(x)):
                u, state = neuron.charge(c, state, x_t)
                theta = neuron.threshold(c, state)
                s = fire(u, theta, neuron.spike_limit)
                rows.append((u, s, state[1] if neuron.trace else u))
                state = neuron.reset(c, state, u, theta, s)
            u, s, trace = (torch.stack(row) for row in zip(*rows, strict=True))
            out = Forward(u, s if neuron.fires else None, trace if neuron.trace else None, torch.stack(state))
        check_finite(neuron, x, initial, out)
        return out

    def backward(
        self, neuron, coefficients, at_spike, path, draw, x, initial, forward, upstream, *, parameters=False, record=False
    ):
        with torch.enable_grad():
            x, initial, coefficients = (a.detach().requires_grad_() for a in (x, initial, coefficients))
            c = named(neuron, coefficients, x.dtype)
            slopes = torch.zeros_like(x)
            if neuron.fires:
                slopes = ds_du_of(neuron, coefficients.detach(), at_spike, draw, forward).detach()
            none = path is ResetPath.NONE
            state = tuple(initial.detach() if none else initial)
            us, ss, vs, parts = [], [], [state[0]], 2 + record
            with waiting.part(0, parts):
                for t, (x_t, ds_du) in enumerate(waiting.steps(zip(_rows(x), _rows(slopes), strict=True), "step", len(x))):
                    u, state = neuron.charge(c, state, x_t)
                    if t % AT_ONCE == 0:  # autograd's way back through all steps is one call, which asks here
                        u.register_hook(lambda grad, left=t: waiting.reached(len(slopes) - left, len(slopes)))
                    theta = neuron.threshold(c, state)
                    s = Spike.apply(u - theta, fire(u, theta, neuron.spike_limit), ds_du)
                    state = reset_along(neuron, c, state, u, theta, s, path)
                    us.append(u)
                    ss.append(s)
                    vs.append(state[0])
            outputs = [
                (torch.stack(us), upstream.u),
                (torch.stack(ss), upstream.s),
                (torch.stack(state), None if none else upstream.last),
            ]
            outputs = [(out, grad) for out, grad in outputs if grad is not None]
            grads = [None, None, None]
            if outputs:
                with waiting.part(1, parts):
                    grads = torch.autograd.grad(
                        [o for o, _ in outputs],
                        (x, initial, coefficients),
                        [g for _, g in outputs],
                        retain_graph=True,
                        allow_unused=True,
                    )
            multiplier = torch.zeros_like(x) if record and none else None
            if record and not none:
                steps = []
                with waiting.part(2, parts):
                    for before, v in waiting.steps(itertools.pairwise(vs), "step", len(x)):
                        steps += torch.autograd.grad(v.sum(), before, retain_graph=True)
                multiplier = torch.stack(steps).detach()
        dx, d_initial, d_coefficients = (
            torch.zeros_like(a) if g is None else g.detach() for a, g in zip((x, initial, coefficients), grads, strict=True)
        )
        return Backward(
            dx,
            d_initial,
            d_coefficients if parameters else None,
            slopes if record else None,
            multiplier,
        )
