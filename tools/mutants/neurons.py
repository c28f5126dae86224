"""Faults in the neurons: charge and reset forward, and each term of their adjoints, in the kernels and in torch."""

from tools.mutants import Mutation

MEMBRANE, ALIF, CUBA, LEAKY = "kernels/membrane.cuh", "kernels/alif.cu", "kernels/cuba.cu", "kernels/leaky.cu"
IZHIKEVICH, SCAN = "kernels/izhikevich.cu", "kernels/scan.cuh"
FORWARD = "tests/test_backends.py::test_forward_is_the_reference_bit_for_bit"
AUTOGRAD = "tests/test_backends.py::test_backward_is_autograd"
VECTORS = "tests/test_methods.py::test_vectors"


def forward(neuron: str) -> str:
    return f"{FORWARD} -k 'native and {neuron}'"


def autograd(neuron: str) -> str:
    return f"{AUTOGRAD} -k 'native and {neuron}'"


MUTATIONS = (
    # LIF, IF and CUBA-LIF share a membrane.
    Mutation(
        "lif-spike-gradient-times-minus-7",
        MEMBRANE,
        "e.grad.s * e.ds_du + e.grad.u",
        "-7 * e.grad.s * e.ds_du + e.grad.u",
        autograd("LIF"),
    ),
    Mutation("lif-adjoint-without-leak", MEMBRANE, "        v = k.c[0] * delta;", "        v = delta;", autograd("LIF")),
    Mutation(
        "lif-clip-passes-gradients", MEMBRANE, "const real open = e.u > k.c[3] ? 1 : 0;", "const real open = 1;", autograd("v_min")
    ),
    Mutation("lif-clip-blocks-all", MEMBRANE, "e.u > k.c[3] ? 1 : 0", "e.u < k.c[3] ? 1 : 0", autograd("LIF")),
    Mutation("lif-reset-zero-mask", MEMBRANE, "(zero ? 1 - k.mask_reset * e.s : 1)", "1", autograd("ZERO")),
    Mutation("lif-reset-zero-through-the-spike", MEMBRANE, "(zero ? -e.u : -k.c[2])", "-k.c[2]", autograd("ZERO")),
    Mutation(
        "lif-reset-subtract-through-the-spike", MEMBRANE, "(zero ? -e.u : -k.c[2])", "(zero ? -e.u : real(0))", autograd("LIF")
    ),
    Mutation(
        "lif-gradient-of-beta",
        MEMBRANE,
        "sum.beta += sum.later * after(k, e.u, e.theta, e.s);",
        "sum.beta += sum.later * e.u;",
        autograd("LIF"),
    ),
    Mutation(
        "lif-gradient-of-theta",
        MEMBRANE,
        "sum.theta -= (e.grad.s + dv * dv_ds) * e.ds_du;",
        "sum.theta -= e.grad.s * e.ds_du;",
        autograd("LIF"),
    ),
    Mutation("lif-gradient-of-amount", MEMBRANE, "zero ? 0 : dv * e.s", "zero ? 0 : dv", autograd("LIF")),
    Mutation(
        "lif-gradient-of-initial-beta", MEMBRANE, "grad_c[0] = beta + later * initial[0];", "grad_c[0] = beta;", autograd("LIF")
    ),
    Mutation(
        "lif-multiplier-without-clip",
        MEMBRANE,
        "multiplier = open * k.c[0] * dv_du;",
        "multiplier = k.c[0] * dv_du;",
        autograd("v_min"),
    ),
    Mutation("lif-forward-reset-to-zero", MEMBRANE, "k.c[5] != 0 ? u * (1 - s)", "k.c[5] != 0 ? u - s", forward("ZERO")),
    Mutation("lif-forward-subtracts-theta", MEMBRANE, "u - k.c[2] * s;", "u - k.c[1] * s;", forward("NONE")),
    Mutation(
        "lif-forward-clips-nothing", MEMBRANE, "return larger(k.c[0] * v + x, k.c[3]);", "return k.c[0] * v + x;", forward("v_min")
    ),
    # CUBA-LIF's synapse.
    Mutation("cuba-adjoint-without-synaptic-decay", CUBA, "        i = k.c[6] * di;", "        i = di;", autograd("Cuba")),
    Mutation("cuba-early-decay-gives-di", CUBA, "return early ? i : di;", "return di;", autograd("early_decay")),
    Mutation("cuba-gradient-of-alpha", CUBA, "di * e.trace / k.c[6]", "di * e.trace", autograd("early_decay")),
    Mutation("cuba-gradient-of-initial-alpha", CUBA, "alpha + later_di * initial[M]", "alpha", autograd("Cuba")),
    Mutation("cuba-forward-early-decay", CUBA, "k.c[6] * (i + x)", "k.c[6] * i + x", forward("early_decay")),
    # ALIF's adapting threshold.
    Mutation("alif-spike-gradient-times-minus-7", ALIF, "e.ds_du * (e.grad.s +", "e.ds_du * (-7 * e.grad.s +", autograd("ALIF")),
    Mutation("alif-adaptation-out-of-the-spike", ALIF, "((1 - k.c[3]) * db + dv * dv_ds)", "(dv * dv_ds)", autograd("ALIF")),
    Mutation(
        "alif-adaptation-forgets-nothing", ALIF, "b = k.c[3] * db + k.c[2] * dtheta;", "b = db + k.c[2] * dtheta;", autograd("ALIF")
    ),
    Mutation("alif-threshold-out-of-adaptation", ALIF, "b = k.c[3] * db + k.c[2] * dtheta;", "b = k.c[3] * db;", autograd("ALIF")),
    Mutation("alif-adjoint-without-leak", ALIF, "        v = k.c[0] * delta;", "        v = delta;", autograd("ALIF")),
    Mutation("alif-reset-zero-mask", ALIF, "zero ? 1 - k.mask_reset * e.s : 1", "1", autograd("ALIF and ZERO")),
    Mutation("alif-clip-passes-gradients", ALIF, "e.u > k.c[4] ? 1 : 0", "1", autograd("ALIF and v_min")),
    Mutation("alif-gradient-of-rho", ALIF, "db * (e.trace - e.s)", "db * e.trace", autograd("ALIF")),
    Mutation("alif-gradient-of-kappa", ALIF, "dtheta * e.trace", "dtheta", autograd("ALIF")),
    Mutation("alif-gradient-of-theta", ALIF, "(zero ? 0 : k.c[6] * e.s * dv)", "(zero ? k.c[6] * e.s * dv : 0)", autograd("ALIF")),
    Mutation("alif-forward-subtracts-theta", ALIF, "u - k.c[6] * theta * s", "u - k.c[6] * k.c[1] * s", forward("ALIF")),
    Mutation(
        "alif-forward-adapts-at-once", ALIF, "k.c[3] * b + (1 - k.c[3]) * s", "k.c[3] * (b + (1 - k.c[3]) * s)", forward("ALIF")
    ),
    # The readout, and the neuron for simulation only.
    Mutation("readout-adjoint-without-leak", LEAKY, "        v = k.c[0] * delta;", "        v = delta;", autograd("LeakyReadout")),
    Mutation(
        "readout-gradient-of-beta", LEAKY, "sum.beta += sum.later * e.u;", "sum.beta += delta * e.u;", autograd("LeakyReadout")
    ),
    Mutation(
        "izhikevich-one-half-step",
        IZHIKEVICH,
        "        v = half(k, x);\n        v = half(k, x);",
        "        v = half(k, x);",
        forward("Izhikevich"),
    ),
    Mutation("izhikevich-recovery-jumps-always", IZHIKEVICH, "w = w + k.c[3] * s;", "w = w + k.c[3];", forward("Izhikevich")),
    # The loops over time that all of them share.
    Mutation(
        "scan-fires-above-theta-only",
        SCAN,
        "if (n_max == real(1)) return u >= theta",
        "if (n_max == real(1)) return u > theta",
        f"{VECTORS} -k 'TV6'",
    ),
    Mutation("scan-fires-once-more", SCAN, "n = n < n_max ? n : n_max;", "n = n < n_max ? n : n_max + 1;", forward("max_spikes")),
    Mutation("scan-derivative-always-at-u", SCAN, "(k.after_reset != 0 ? v_t : u_t)", "u_t", autograd("LIF")),
    Mutation(
        "scan-last-gradient-left-out",
        SCAN,
        "adjoint[j].load(grad_last + i0 + j, k.M);",
        "adjoint[j].load(initial + i0 + j, k.M);",
        autograd("LIF"),
    ),
    # The lesson in torch: the same step a second time, so one says of the other when it is wrong.
    Mutation(
        "torch-reset-to-zero",
        "snnviz/neurons/lif.py",
        "u * (1 - s) if self.reset_mode is Reset.ZERO else u - c.amount * s",
        "u - c.amount * s",
        forward("ZERO"),
    ),
    Mutation(
        "torch-if-leaks",
        "snnviz/neurons/lif.py",
        "return membrane(self, learned, None)",
        "return membrane(self, learned, 20.0)",
        "tests/test_neurons.py::test_if_counts_its_input",
    ),
    Mutation(
        "torch-decay-is-eulers",
        "snnviz/neurons/base.py",
        "else math.exp(-dt / tau)",
        "else 1 - dt / tau",
        "tests/test_neurons.py::test_the_first_spike_comes_at_the_closed_forms_step",
    ),
    Mutation(
        "torch-alif-adapts-by-u",
        "snnviz/neurons/alif.py",
        "c.rho * state[1] + (1 - c.rho) * s",
        "c.rho * state[1] + (1 - c.rho) * u",
        forward("ALIF"),
    ),
)
