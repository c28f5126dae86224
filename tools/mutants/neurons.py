"""Faults in the neurons: charge and reset forward, and each term of their adjoints, in the kernels and in torch."""

from tools.mutants import Mutation

MEMBRANE, ALIF, CUBA, LEAKY = "kernels/membrane.cuh", "kernels/alif.cu", "kernels/cuba.cu", "kernels/leaky.cu"
NONLINEAR, QIF, EIF, SCAN = "kernels/nonlinear.cuh", "kernels/qif.cu", "kernels/eif.cu", "kernels/scan.cuh"
FORWARD = "tests/test_backends.py::test_forward_is_the_reference_bit_for_bit"
AUTOGRAD = "tests/test_backends.py::test_backward_is_autograd"
LIF = "LIF and not ALIF and not Cuba"  # its names end like theirs


def forward(neuron: str) -> str:
    return f"{FORWARD} -k 'native and {neuron}'"


def autograd(neuron: str) -> str:
    return f"{AUTOGRAD} -k 'native and KEPT and {neuron}'"


MUTATIONS = (
    # LIF, IF and CUBA-LIF share a membrane.
    Mutation(
        "lif-spike-gradient-times-minus-7",
        MEMBRANE,
        "e.grad.s * e.ds_du + e.grad.u",
        "-7 * e.grad.s * e.ds_du + e.grad.u",
        autograd(LIF),
    ),
    Mutation("lif-adjoint-without-leak", MEMBRANE, "        v = k.c[0] * delta;", "        v = delta;", autograd(LIF)),
    Mutation(
        "lif-clip-passes-gradients",
        MEMBRANE,
        "const real open = e.u > k.c[3] ? 1 : 0;",
        "const real open = 1;",
        autograd(f"v_min and {LIF}"),
    ),
    Mutation("lif-reset-zero-mask", MEMBRANE, "(zero ? 1 - k.mask_reset * e.s : 1)", "1", autograd(f"ZERO and {LIF}")),
    Mutation("lif-reset-zero-through-the-spike", MEMBRANE, "(zero ? -e.u : -k.c[2])", "-k.c[2]", autograd(f"ZERO and {LIF}")),
    Mutation(
        "lif-gradient-of-theta",
        MEMBRANE,
        "sum.theta -= (e.grad.s + dv * dv_ds) * e.ds_du;",
        "sum.theta -= e.grad.s * e.ds_du;",
        autograd(LIF),
    ),
    Mutation(
        "lif-gradient-of-initial-beta", MEMBRANE, "grad_c[0] = beta + later * initial[0];", "grad_c[0] = beta;", autograd(LIF)
    ),
    Mutation("lif-forward-reset-to-zero", MEMBRANE, "k.c[5] != 0 ? u * (1 - s)", "k.c[5] != 0 ? u - s", forward(f"ZERO and {LIF}")),
    # CUBA-LIF's synapse.
    Mutation("cuba-adjoint-without-synaptic-decay", CUBA, "        i = k.c[6] * di;", "        i = di;", autograd("Cuba")),
    Mutation("cuba-early-decay-gives-di", CUBA, "return early ? i : di;", "return di;", autograd("early_decay")),
    Mutation("cuba-gradient-of-alpha", CUBA, "di * e.trace / k.c[6]", "di * e.trace", autograd("early_decay")),
    # ALIF's adapting threshold.
    Mutation("alif-spike-gradient-times-minus-7", ALIF, "e.ds_du * (e.grad.s +", "e.ds_du * (-7 * e.grad.s +", autograd("ALIF")),
    Mutation("alif-adaptation-out-of-the-spike", ALIF, "k.through_adaptation * ((1 - k.c[3]) * db) + ", "", autograd("ALIF")),
    Mutation("alif-threshold-out-of-adaptation", ALIF, "b = k.c[3] * db + k.c[2] * dtheta;", "b = k.c[3] * db;", autograd("ALIF")),
    Mutation("alif-reset-zero-mask", ALIF, "zero ? 1 - k.mask_reset * e.s : 1", "1", autograd("ALIF and ZERO")),
    Mutation("alif-gradient-of-rho", ALIF, "db * (e.trace - e.s)", "db * e.trace", autograd("ALIF")),
    Mutation("alif-gradient-of-kappa", ALIF, "dtheta * e.trace", "dtheta", autograd("ALIF")),
    # QIF and EIF, whose step is any function of the membrane.
    Mutation(
        "nonlinear-spike-gradient-times-minus-7",
        NONLINEAR,
        "delta = e.grad.s * e.ds_du",
        "delta = -7 * e.grad.s * e.ds_du",
        autograd("QIF"),
    ),
    Mutation("nonlinear-reset-through-the-spike", NONLINEAR, "(k.c[2] - e.u)", "-e.u", autograd("EIF and v_reset")),
    Mutation("nonlinear-slope-after-the-step", NONLINEAR, "Flow::slope(k, e.before)", "Flow::slope(k, e.u)", autograd("QIF")),
    Mutation(
        "qif-slope-where-it-escapes",
        QIF,
        "? k.c[0] / (d * d) : k.c[0] / d",
        "? k.c[0] / (d * d) : k.c[0] / (d * d)",
        autograd("QIF and tau_mem"),
    ),
    Mutation(
        "eif-slope-without-upstroke",
        EIF,
        "z < 10 ? (1 - k.c[0]) * e(k, v) : real(0)",
        "z < 10 ? real(0) : real(0)",
        autograd("EIF"),
    ),
    # The readout, the neuron for simulation only, and the loops over time that all of them share.
    Mutation(
        "readout-gradient-of-beta", LEAKY, "sum.beta += sum.later * e.u;", "sum.beta += delta * e.u;", autograd("LeakyReadout")
    ),
    Mutation(
        "izhikevich-one-half-step",
        "kernels/izhikevich.cu",
        "        v = half(k, x);\n        v = half(k, x);",
        "        v = half(k, x);",
        forward("Izhikevich"),
    ),
    Mutation(
        "scan-fires-above-theta-only",
        SCAN,
        "if (n_max == real(1)) return u >= theta",
        "if (n_max == real(1)) return u > theta",
        "tests/test_methods.py::test_vectors -k 'TV6 and native'",
    ),
    Mutation("scan-derivative-always-at-u", SCAN, "(k.after_reset != 0 ? v_t : u_t)", "u_t", autograd(LIF)),
    # The lesson in torch: the same step a second time, so each says of the other when it is wrong.
    Mutation(
        "torch-reset-to-zero",
        "snnviz/neurons/lif.py",
        "u * (1 - s) if self.reset_mode is Reset.ZERO else u - c.amount * s",
        "u - c.amount * s",
        forward(f"ZERO and {LIF}"),
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
        "exponent = -dt / tau\n",
        "exponent = -2 * dt / tau\n",
        "tests/test_neurons.py::test_the_first_spike_comes_at_the_closed_forms_step",
    ),
    Mutation(
        "torch-alif-adapts-by-u",
        "snnviz/neurons/alif.py",
        "c.rho * state[1] + (1 - c.rho) * s",
        "c.rho * state[1] + (1 - c.rho) * u",
        forward("ALIF"),
    ),
    Mutation(
        "torch-qif-at-twice-the-critical-membrane",
        "snnviz/neurons/qif.py",
        "(v / c.v_crit), 1 / 64)",
        "(v / (2 * c.v_crit)), 1 / 64)",
        forward("QIF"),
    ),
    Mutation(
        "torch-rheobase",
        "snnviz/neurons/eif.py",
        "self.v_soft - self.sharpness * (1 -",
        "self.v_soft + self.sharpness * (1 -",
        "tests/test_neurons.py::test_the_rheobase_of_a_membrane_that_runs_away -k EIF",
    ),
    Mutation(
        "variants-without-switches",
        "snnviz/neurons/base.py",
        "return isinstance(value, (bool, enum.Enum))",
        "return isinstance(value, enum.Enum)",
        "tests/test_neurons.py::test_variants_are_every_choice_and_every_branch",
    ),
    Mutation(
        "neuron-not-in-the-table",
        "snnviz/neurons/__init__.py",
        "from snnviz.neurons.lif import IF as IF\n",
        "",
        "tests/test_tables.py -k neurons",
    ),
    Mutation(
        "neuron-not-on-its-page",
        "pages/neuron.py",
        'controls.choose(NEURONS, "Neuron"',
        'controls.choose({n: c for n, c in NEURONS.items() if n != "ALIF"}, "Neuron"',
        "tests/test_pages.py::test_every_neuron_is_on_its_page",
    ),
    Mutation(
        "neuron-not-in-the-live-view",
        "pages/neuron.py",
        'controls.option(list(NEURONS), "Neuron"',
        'controls.option([n for n in NEURONS if n != "ALIF"], "Neuron"',
        "tests/test_pages.py::test_every_neuron_is_on_its_page",
    ),
)
