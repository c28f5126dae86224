"""Why this spike: the arithmetic of one step of one neuron, forward and back, in figures that add up.

    run = differentiate(Experiment(LIF(), Noise(0.06, 0.15)), Exodus())
    print(arithmetic(run.layers[0], 66, Exodus()))

The formulas are the neuron's own step and the surrogate's own derivative, run once more with numbers that remember how they were
made (`snnviz.workings`); how the parts of a step depend on one another is autograd's answer (`snnviz.backends.reference`). What
they come to is what the run recorded. Beside each line stand those of the kernel that compute it (`snnviz.backends.kernel_text`).
"""

from snnviz.backends import AbstractBackend, resolve
from snnviz.methods.base import AbstractGradientMethod, AtSpike
from snnviz.records import LayerRecord
from snnviz.why.back import Sweep
from snnviz.why.rows import Arithmetic as Arithmetic
from snnviz.why.rows import Row as Row
from snnviz.why.step import Step


def arithmetic(
    layer: LayerRecord,
    step: int,
    method: AbstractGradientMethod | None = None,
    neuron: int = 0,
    sample: int = 0,
    at_spike: AtSpike | None = None,
    backend: AbstractBackend | str | None = None,
) -> Arithmetic:
    """The arithmetic of one step of a layer's record, of a run that began at rest.

    method: the one that differentiated the run; None: forward only. at_spike: what stood at the spike, if not what the method has
    there. backend: it says what later steps send back to a state that the
    input does not enter.

    Raises:
        ValueError: there is no such step, or the run was not differentiated. ArithmeticError: the record is not of this method.
    """
    if not 0 <= step < len(layer.u):
        raise ValueError(f"step = {step}: the run has the steps 0 to {len(layer.u) - 1}.")
    one = Step(layer, step, sample, neuron)
    forward = tuple(one.forward())
    if method is None:
        return Arithmetic(step, one.spikes, forward)
    if reason := layer.neuron.one_way_because():
        return Arithmetic(step, one.spikes, forward, note=reason)
    back = tuple(Sweep(one, method, at_spike or method.at_spike, resolve(backend)).rows())
    return Arithmetic(step, one.spikes, forward, back, method.beyond_a_step() or "")
