"""Faults in what stands for ds/du: the table's names, each functor and law, the window, the gain, the gate, and in torch."""

from tools.mutants import Mutation

KERNEL, TORCH, LAWS = "kernels/spike_derivative.cuh", "snnviz/surrogates.py", "snnviz/laws.py"
NAMES = "tests/test_derivatives.py::test_the_table_and_python_name_the_same"
SPARSE = "tests/test_derivatives.py::test_sparse_is_the_reference_then_masked"
REACH = "tests/test_derivatives.py::test_it_ends_at_its_reach"
PRIMITIVE = "tests/test_surrogates.py::test_the_derivative_is_that_of_the_primitive"
BITS = "tests/test_zeroth_order.py::test_every_backend_draws_the_same_bits"


def dense(derivative: str) -> str:
    return f"tests/test_derivatives.py::test_dense_is_the_reference -k 'native and LIF and not ALIF and not Cuba and {derivative}'"


def sparse(derivative: str) -> str:
    return f"{SPARSE} -k {derivative}"


MUTATIONS = (
    Mutation("table-names-exchanged", KERNEL, "sigmoid, Surrogate<Sigmoid>)  ", "sigmoid, Surrogate<Arctan>)  ", NAMES),
    Mutation(
        "table-laws-exchanged-sparse",
        KERNEL,
        "zo_uniform, ZerothOrder<Uniform>)",
        "zo_uniform, ZerothOrder<Laplace>)",
        sparse("UniformLaw"),
    ),
    Mutation(
        "table-number-of-the-next",
        "snnviz/sparse/layer.py",
        ".index(self.at_spike.derivative.kernel)",
        ".index(self.at_spike.derivative.kernel) + 1",
        sparse("Sigmoid"),
    ),
    Mutation("table-entry-missing", KERNEL, "    X(__VA_ARGS__, boxcar, Surrogate<Boxcar>)                        \\\n", "", NAMES),
    Mutation("functor-fast-sigmoid", KERNEL, "return 1 / (a * a);)", "return 1 / a;)", dense("FastSigmoid")),
    Mutation("functor-triangle", KERNEL, "(1 - m / d[0]) / d[0]", "(1 - m / d[0])", sparse("Triangle")),
    Mutation(
        "functor-boxcar", KERNEL, "return m < d[0] ? d[1] : real(0);)", "return m < d[1] ? d[1] : real(0);)", sparse("Boxcar")
    ),
    Mutation("functor-multi-gaussian-side", KERNEL, "(m + d[0]) / d[2];", "(m - d[0]) / d[2];", dense("MultiGaussian")),
    Mutation(
        "functor-single-exponential",
        KERNEL,
        "return d[1] * exp_negative(-m / d[0]);)",
        "return d[1] * exp_negative(-m);)",
        "tests/test_backends.py::test_given_values_equal_their_surrogate",
    ),
    Mutation("functor-dspike-end", KERNEL, "return m <= 1 ? d[1] * 4", "return m < 1 ? d[1] * 4", sparse("Dspike")),
    Mutation("exponential-coefficient", KERNEL, "1.6666665459e-1f", "1.6676665459e-1f", dense("Sigmoid")),
    Mutation("law-uniform", KERNEL, "1.7320508f * (1.0f - p)", "1.7320508f * p", f"{BITS} -k 'native and UniformLaw'"),
    Mutation("law-tabled-without-lines", KERNEL, "return a + share * (table[i + 1] - a);)", "return a;)", sparse("ArctanLaw")),
    Mutation(
        "estimate-one-draw",
        KERNEL,
        "draw < (int)k.d[1]; ++draw",
        "draw < 1; ++draw",
        "tests/test_zeroth_order.py::test_a_method_is_the_same_on_every_backend -k native",
    ),
    Mutation("window-twice-as-wide", KERNEL, "slopes[j] = m < window ?", "slopes[j] = m < 2 * window ?", dense("Gaussian")),
    Mutation(
        "gain-left-out",
        KERNEL,
        "value = gain * Shape::at(d, m)",
        "value = Shape::at(d, m)",
        "tests/test_backends.py::test_a_window_and_a_gain_act_alike_everywhere",
    ),
    Mutation(
        "gate-value-without-its-probability",
        KERNEL,
        "< p ? real(1) / k.d[4] : real(0)",
        "< p ? slopes[j] : real(0)",
        "tests/test_zeroth_order.py::test_the_gate_has_the_surrogate_as_its_mean",
    ),
    Mutation(
        "reach-cut-to-0.3",
        "snnviz/sparse/layer.py",
        "p.reach = self.at_spike.reach * ROUNDING",
        "p.reach = min(0.3, self.at_spike.reach)",
        SPARSE,
    ),
    # Each surrogate in torch, against its own primitive.
    Mutation(
        "torch-sigmoid",
        TORCH,
        "return self.slope * e / ((1 + e) * (1 + e))",
        "return e / ((1 + e) * (1 + e))",
        f"{PRIMITIVE} -k Sigmoid",
    ),
    Mutation("torch-arctan", TORCH, "return peak / (1 + (b * m) ** 2)", "return peak / (1 + b * m**2)", f"{PRIMITIVE} -k Arctan"),
    Mutation(
        "torch-triangle",
        TORCH,
        "torch.clamp(1 - m.abs() / self.width, min=0) / self.width",
        "torch.clamp(1 - m.abs() / self.width, min=0)",
        f"{PRIMITIVE} -k Triangle",
    ),
    Mutation(
        "torch-multi-gaussian",
        TORCH,
        "return (1 + self.share) * _normal(m, self.sigma)",
        "return (1 - self.share) * _normal(m, self.sigma)",
        f"{PRIMITIVE} -k MultiGaussian",
    ),
    Mutation("torch-dspike-peak", TORCH, "self.gamma / (2 * tanh(self.gamma)))", "self.gamma / 2)", f"{PRIMITIVE} -k Dspike"),
)
