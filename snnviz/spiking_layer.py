"""A layer of one neuron model, differentiated by one method on one backend: the place where the three meet."""

import functools
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import nn

from snnviz.backends import AbstractBackend, resolve, timed
from snnviz.backends.base import Forward, Upstream
from snnviz.backends.reference import recorded_states
from snnviz.draws import Draw
from snnviz.learned import bounded
from snnviz.methods.base import AbstractGradientMethod, ResetPath, Unsuited
from snnviz.methods.bptt import BPTT
from snnviz.neurons.base import AbstractNeuron
from snnviz.probe import Tap


class SpikingFunction(torch.autograd.Function):
    """One layer's loop over time as one autograd node: (s, u, last) = f(x, initial, coefficients).

    Where neuron, method and backend meet: forward knows no method, backward is the method's row. down: x once more, or None; its
    gradient is what goes down to the layer below, that of x what the weights see.
    """

    @staticmethod
    def forward(ctx, x, down, initial, coefficients, neuron, method, backend, draw, tap):
        out = backend.forward(neuron, coefficients, x, initial)
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(x if backend.keeps_input else None, initial, coefficients, out.u, out.s, out.trace)
        ctx.row, ctx.backend, ctx.draw, ctx.notes = (neuron, method), backend, draw, None
        if tap is not None:
            theta, v = recorded_states(neuron, coefficients, out)
            ctx.notes = tap.keep(neuron, tap.shape, current=x, u=out.u, v=v, theta=theta, spikes=out.s, trace=out.trace)
        return (out.u.new_empty(0) if out.s is None else out.s), out.u, out.last

    @staticmethod
    def backward(ctx, grad_s, grad_u, grad_last):
        (neuron, method), (x, initial, coefficients, u, s, trace) = ctx.row, ctx.saved_tensors
        upstream = Upstream(grad_s if neuron.fires else None, grad_u, grad_last)

        def sweep(path, **more):
            if path is ResetPath.TIMED and neuron.fires:
                if more.pop("parameters", False):
                    raise ValueError("EventProp knows no gradient of a neuron's own parameters: train the weights alone.")
                return timed.backward(
                    ctx.backend, neuron, coefficients, x, initial, Forward(u, s, trace, initial), upstream, **more
                )
            path = ResetPath.KEPT if path is ResetPath.TIMED else path
            return ctx.backend.backward(
                neuron,
                coefficients,
                method.at_spike,
                path,
                ctx.draw,
                x,
                initial,
                Forward(u, s, trace, initial),
                upstream,
                **more,
            )

        out = sweep(method.reset_path, parameters=ctx.needs_input_grad[3], record=ctx.notes is not None)
        down = sweep(method.down_path).x if ctx.needs_input_grad[1] else None
        if ctx.notes is not None:
            noted = {
                "ds_du": out.ds_du,
                "multiplier": out.multiplier,
                "delta": out.x,
                "grad_spikes": torch.zeros_like(out.x) if grad_s is None else grad_s,
            }
            ctx.notes.update({k: a.detach() for k, a in noted.items()})
        return out.x, down, out.initial, out.coefficients, None, None, None, None, None


class LayerOutput(NamedTuple):
    """spikes and membrane (before reset) [T, B, ...]; last: the state after the last step, [states, B, ...]."""

    spikes: torch.Tensor | None
    membrane: torch.Tensor
    last: torch.Tensor

    @property
    def fired(self) -> torch.Tensor:
        """The spikes, of a layer that must have some.

        Raises:
            ValueError: its neuron never fires.
        """
        if self.spikes is None:
            raise ValueError("The neuron of this layer never fires: there are no spikes to count or to feed back.")
        return self.spikes


@functools.lru_cache(256)
def _constants(neuron: AbstractNeuron) -> torch.Tensor:
    return torch.tensor([float(value) for value in neuron.coefficients().values()], dtype=torch.float64)


class SpikingLayer(nn.Module):
    """A layer of one neuron model, differentiated by one method:

        s, u, last = SpikingLayer(LIF(), BPTT()).run(x)        x, s, u: [T, B, ...];  last: [states, B, ...]

    Calling it gives the spikes (of a readout: the membrane). `learn` names parameters of the neuron that become trainable,
    one value for the layer, used within the range that the neuron declares. A run is continued by handing `last` to the next
    one as `initial`; its gradient flows back.

    Raises:
        ValueError: an input of the wrong shape, on another device, or not finite. TypeError: of another dtype than float.
    """

    def __init__(
        self,
        neuron: AbstractNeuron,
        method: AbstractGradientMethod | None = None,
        backend: AbstractBackend | str | None = None,
        learn: Sequence[str] = (),
    ):
        super().__init__()
        self.neuron: AbstractNeuron = neuron
        self.method: AbstractGradientMethod = method or BPTT()
        self.backend = resolve(backend)
        self.tap: Tap | None = None
        self.label, self.number = "", 0
        unknown = set(learn) - set(neuron.learnable)
        if unknown:
            raise ValueError(f"learn = {sorted(unknown)}: {neuron.title} can learn {', '.join(neuron.learnable) or 'nothing'}.")
        self.learned = nn.ParameterDict({name: nn.Parameter(torch.tensor(float(getattr(neuron, name)))) for name in learn})

    def extra_repr(self) -> str:
        return f"{self.neuron}, {self.method}, {self.backend.name}"

    def coefficients(self) -> torch.Tensor:
        """The neuron's coefficients in the kernel's order, float64 [n] on the CPU, a function of what is learned."""
        if not len(self.learned):
            return _constants(self.neuron)
        learned = {name: bounded(self.neuron, name, value.cpu()) for name, value in self.learned.items()}
        values = self.neuron.coefficients(**learned).values()
        return torch.stack([v if isinstance(v, torch.Tensor) else torch.tensor(v, dtype=torch.float64) for v in values])

    def rest(self, x: torch.Tensor) -> torch.Tensor:
        """The state a run starts from, [states, B, ...], for an input like x."""
        return torch.stack([x.new_full(x.shape[1:], value) for value in self.neuron.rest()])

    def run(
        self,
        x: torch.Tensor,
        initial: torch.Tensor | None = None,
        draw: Draw | None = None,
        down: torch.Tensor | None = None,
    ) -> LayerOutput:
        """x [T, B, ...] and the state to start from [states, B, ...] (None: at rest) -> spikes, membrane, last state.

        down: x once more (`snnviz.roads`), where the method sends down something else than the weights see.

        Raises:
            Unsuited: the method cannot go back through this neuron; what to choose.
        """
        if not isinstance(x, torch.Tensor) or x.ndim < 2:
            raise ValueError(f"current must be a tensor [T, B, ...], not {getattr(x, 'shape', type(x).__name__)}.")
        initial = self.rest(x) if initial is None else initial
        if tuple(initial.shape) != (len(self.neuron.states), *x.shape[1:]):
            raise ValueError(
                f"initial must have the shape [states, B, ...] = {[len(self.neuron.states), *x.shape[1:]]}, "
                f"not {list(initial.shape)}."
            )
        if self.method.reset_path is ResetPath.TIMED and self.neuron.fires and (reason := self.neuron.untimed_because()):
            raise Unsuited(f"{self.method.title} differentiates the times of spikes. {reason}")
        if self.tap is not None:
            self.tap.shape = tuple(x.shape)
        s, u, last = SpikingFunction.apply(
            x.reshape(len(x), -1),
            None if down is None else down.reshape(len(x), -1),
            initial.reshape(len(initial), -1),
            self.coefficients(),
            self.neuron,
            self.method,
            self.backend,
            draw or Draw(layer=self.number),
            self.tap,
        )
        spikes = s.reshape(x.shape) if self.neuron.fires else None
        return LayerOutput(spikes, u.reshape(x.shape), last.reshape(initial.shape))

    def forward(self, x: torch.Tensor, draw: Draw | None = None, down: torch.Tensor | None = None) -> torch.Tensor:
        out = self.run(x, draw=draw, down=down)
        return out.membrane if out.spikes is None else out.spikes
