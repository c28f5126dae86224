"""Faults in the methods' rows, the laws of the draws, the counter-based draws, heads, and a network's draws."""

from tools.mutants import Mutation

ROWS = "tests/test_method_rows.py::test_a_method_is_its_row"
LISTED = "tests/test_method_rows.py::test_the_pages_list_every_method"
ZEROTH = "tests/test_zeroth_order.py"
GIVEN = f"{ZEROTH}::test_the_estimate_for_given_draws"
PLACE = f"{ZEROTH}::test_draws_are_a_function_of_their_place"
ANSWERS = f"{ZEROTH}::test_philox_has_the_known_answers"
KEPT = "ResetPath.KEPT if self.keep_reset else ResetPath.CUT"
TURNED = "ResetPath.CUT if self.keep_reset else ResetPath.KEPT"

WHY = "tests/test_why.py -k every_neuron"

MUTATIONS = (
    Mutation(
        "why-figures-are-not-checked",
        "snnviz/workings.py",
        "if _rounded(_evaluated(number, leaves), quantum) == _rounded(exact, quantum):",
        "if exact.is_finite():",
        WHY,
    ),
    Mutation(
        "why-the-reset-is-no-term",
        "snnviz/why/back.py",
        "if (jump := by.by_s[k]) is not None:",
        "if (jump := by.by_s[k]) is not None and k:",
        WHY,
    ),
    Mutation(
        "method-in-no-table",
        "snnviz/methods/__init__.py",
        "from snnviz.methods.localzo import GatedZO as GatedZO\n",
        "",
        "tests/test_tables.py -k methods",
    ),
    Mutation("bptt-keep-reset-turned-round", "snnviz/methods/bptt.py", KEPT, TURNED, ROWS),
    Mutation("exodus-cuts-the-reset", "snnviz/methods/exodus.py", "return ResetPath.KEPT", "return ResetPath.CUT", ROWS),
    Mutation("slayer-cuts-the-reset", "snnviz/methods/slayer.py", "return ResetPath.IGNORED", "return ResetPath.CUT", ROWS),
    Mutation("slayer-without-scale", "snnviz/methods/slayer.py", "gain=self.scale, ", "", ROWS),
    Mutation("slayer-never-after-the-reset", "snnviz/methods/slayer.py", ", after_reset=self.after_reset", "", ROWS),
    Mutation(
        "localzo-keep-reset-turned-round",
        "snnviz/methods/localzo.py",
        f"return AtSpike(self.estimate)\n\n    @property\n    def reset_path(self):\n        return {KEPT}",
        f"return AtSpike(self.estimate)\n\n    @property\n    def reset_path(self):\n        return {TURNED}",
        ROWS,
    ),
    Mutation(
        "localzo-one-draw",
        "snnviz/methods/localzo.py",
        "ZerothOrder(self.law, self.delta, self.draws)",
        "ZerothOrder(self.law, self.delta)",
        ROWS,
    ),
    Mutation(
        "gated-without-gate",
        "snnviz/methods/localzo.py",
        "AtSpike(self.surrogate, gate=self.gate)",
        "AtSpike(self.surrogate)",
        ROWS,
    ),
    Mutation(
        "gated-peak-not-of-the-surrogate",
        "snnviz/methods/localzo.py",
        "return self.peak / self.surrogate",
        "return self.peak * self.surrogate",
        f"{ZEROTH}::test_the_gates_noise_and_activity_beside_localzos",
    ),
    Mutation("sparse-band-twice-as-wide", "snnviz/methods/sparse.py", "window=self.band", "window=2 * self.band", ROWS),
    Mutation("sparse-keeps-the-reset", "snnviz/methods/sparse.py", "return ResetPath.CUT", "return ResetPath.KEPT", ROWS),
    Mutation("modules-keep-reset-turned-round", "snnviz/methods/modules.py", KEPT, TURNED, ROWS),
    Mutation(
        "method-on-no-page",
        "snnviz/ui/methods.py",
        "for cls in METHODS.values() for",
        "for cls in list(METHODS.values())[:-1] for",
        LISTED,
    ),
    Mutation(
        "method-of-another-name",
        "snnviz/ui/methods.py",
        "choice.name: (cls, choice) for",
        'choice.name: (METHODS["Slayer"] if choice.name == "exodus" else cls, choice) for',
        LISTED,
    ),
    Mutation(
        "method-not-for-a-neuron",
        "snnviz/ui/methods.py",
        "if not cls().needs_layers)",
        'if not cls().needs_layers and name != "sparse")',
        LISTED,
    ),
    Mutation(
        "methods-keep-their-own-surrogate",
        "snnviz/methods/base.py",
        "own_surrogate: ClassVar[bool] = False",
        "own_surrogate: ClassVar[bool] = True",
        LISTED,
    ),
    # What stands at the spike.
    Mutation(
        "localzo-scale-without-draws",
        "snnviz/zeroth_order.py",
        "self.law.constant / (2 * self.delta * self.draws)",
        "self.law.constant / (2 * self.delta)",
        GIVEN,
    ),
    Mutation(
        "localzo-comparison-not-strict",
        "snnviz/zeroth_order.py",
        "margin.abs() < z_k * delta",
        "margin.abs() <= z_k * delta",
        GIVEN,
    ),
    Mutation(
        "localzo-power-left-out",
        "snnviz/zeroth_order.py",
        "z_k if alpha > 0 else 1 / z_k",
        "z_k",
        f"{ZEROTH}::test_every_backend_draws_the_same_bits -k 'native and SurrogateLaw'",
    ),
    Mutation(
        "band-matches-one-draw",
        "snnviz/zeroth_order.py",
        "estimate.law.mean_max(estimate.draws)",
        "estimate.law.mean_max(1)",
        f"{ZEROTH}::test_matching_band",
    ),
    Mutation(
        "gate-not-divided-by",
        "snnviz/methods/base.py",
        "torch.full_like(values, 1 / self.gate)",
        "torch.ones_like(values)",
        f"{ZEROTH}::test_a_method_is_the_same_on_every_backend -k 'native and Gated'",
    ),
    Mutation(
        "window-left-out",
        "snnviz/methods/base.py",
        "torch.where(margin.abs() < self.window, values, torch.zeros_like(values))",
        "values",
        "tests/test_derivatives.py::test_dense_is_the_reference -k 'native and FastSigmoid'",
    ),
    Mutation("philox-constant", "kernels/philox.cuh", "0xD2511F53u", "0xD2511F57u", PLACE),
    Mutation("philox-nine-rounds", "kernels/philox.cuh", "round < 10", "round < 9", PLACE),
    Mutation(
        "page-draws-left-out",
        "kernels/normal_slopes.cuh",
        "+ 1e-4f * delta * delta",
        "- 0.5f * delta * delta",
        "tests/test_playground.py -k draws_of",
    ),
    Mutation("philox-block-of-eight", "kernels/spike_derivative.cuh", "draw >> 2", "draw >> 3", PLACE),
    Mutation("philox-forgets-where-a-run-begins", "kernels/philox.cuh", "(unsigned)(k.first + t)", "(unsigned)t", PLACE),
    Mutation("torch-philox-constant", "snnviz/draws.py", "0x9E3779B9", "0x9E3779B1", ANSWERS),
    Mutation("torch-draws-words-exchanged", "snnviz/draws.py", "words[index & 3]", "words[3 - (index & 3)]", PLACE),
    Mutation(
        "normal-quantile",
        "kernels/philox.cuh",
        "1.50140941f",
        "1.50240941f",
        f"{ZEROTH}::test_every_backend_draws_the_same_bits -k 'native and NormalLaw'",
    ),
    Mutation(
        "torch-normal-quantile",
        "snnviz/draws.py",
        "1.50140941,",
        "1.50240941,",
        f"{ZEROTH}::test_logarithm_and_normal_quantile_are_accurate",
    ),
    # Heads, and a network's draws.
    Mutation(
        "modules-detach-nothing",
        "snnviz/network.py",
        "x = x.detach() if self.detach_heads else x",
        "x = x if self.detach_heads else x",
        "tests/test_modules.py::test_detached_layers_are_trained_by_their_head_alone",
    ),
    Mutation(
        "modules-weight",
        "snnviz/heads.py",
        "+ method.weight * soft",
        "+ 0.5 * method.weight * soft",
        "tests/test_modules.py::test_the_loss_is_its_formula",
    ),
    Mutation(
        "modules-alpha",
        "snnviz/heads.py",
        "(own + method.alpha * sum(",
        "(own + sum(",
        "tests/test_modules.py::test_the_loss_is_its_formula",
    ),
    Mutation(
        "modules-one-divergence",
        "snnviz/heads.py",
        "_divergence(q, h, tau) + _divergence(h, q, tau)",
        "2 * _divergence(q, h, tau)",
        "tests/test_modules.py::test_the_loss_is_its_formula",
    ),
    Mutation(
        "network-draws-alike-in-every-pass",
        "snnviz/network.py",
        "(self.seed + 0x9E3779B1 * self.passes)",
        "(self.seed)",
        "tests/test_network.py::test_draws_differ_by_layer_and_by_pass_and_repeat_by_seed",
    ),
    Mutation(
        "network-draws-alike-in-every-layer",
        "snnviz/network.py",
        "0xFFFFFFFF, layer=layer)",
        "0xFFFFFFFF, layer=0)",
        "tests/test_network.py::test_draws_differ_by_layer_and_by_pass_and_repeat_by_seed",
    ),
    Mutation(
        "comparison-by-another-norm",
        "snnviz/experiments.py",
        "float(difference / largest) if largest",
        "float(difference / norm) if largest",
        "tests/test_experiments.py",
    ),
)
