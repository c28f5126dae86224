"""Faults in labels, figures' axes, the menu, the command line, and how values are spelt in addresses."""

from tools.mutants import Mutation

URL, SPELLING = "snnviz/ui/url.py", "snnviz/ui/spelling.py"
LABELS, FIGURES = "snnviz/labels.py", "snnviz/figures"
SAYS = "tests/test_labels.py::test_a_label_says_what_differs"
ALIKE = "tests/test_labels.py::test_no_two_labels_are_alike_and_only_equal_values_are_numbered"
LOG = "tests/test_figures.py::test_what_spans_decades_has_a_logarithmic_axis"
WRITTEN = "tests/test_url.py::test_what_is_written_is_read_as_it_was"
CHOICE = "tests/test_url.py::test_a_choice_from_a_registry_is_read_as_it_was"
TABLE = "tests/test_url.py::test_the_table_of_the_module_is_true"
MENU = "tests/test_floors.py::test_every_page_is_in_the_menu_and_every_view_is_a_view_of_a_page"

MUTATIONS = (
    Mutation(
        "controls-laid-out-elsewhere-send-nothing",
        "snnviz/ui/address.py",
        "visit.afresh = standing.layout not in (None, layout)",
        "visit.afresh = False",
        "tests/test_browser_neuron.py::test_the_gain_goes_from_live_to_figure_and_back",
    ),
    Mutation(
        "label-without-what-differs", LABELS, "            parts[place] += more\n", "            parts[place] += more[:0]\n", SAYS
    ),
    Mutation(
        "label-of-the-first-field-only",
        LABELS,
        "            mine += more\n",
        "            mine += more if not mine else []\n",
        ALIKE,
    ),
    Mutation(
        "label-numbers-nothing",
        LABELS,
        "        while one in out or (number > 1 and one in labels):",
        "        while False:",
        "tests/test_labels.py::test_a_repeated_run_and_another_backend_are_no_seeds",
    ),
    Mutation(
        "label-rounds-its-number",
        LABELS,
        'f"{value:g}" if float(f"{value:g}") == value else repr(value)',
        'f"{value:g}"',
        "tests/test_labels.py::test_a_label_has_the_whole_number",
    ),
    Mutation("label-switches-turned-round", LABELS, "{'yes' if value else 'no'}", "{'no' if value else 'yes'}", SAYS),
    Mutation(
        "labels-of-seeds-apart",
        "snnviz/runs/values.py",
        "members.setdefault((_with_seed(one, 0),",
        "members.setdefault((one,",
        "tests/test_labels.py::test_seeds_are_one_line_in_one_run_and_over_several",
    ),
    Mutation(
        "a-method-twice-is-one",
        "snnviz/experiments.py",
        "is given twice",
        "is there",
        "tests/test_labels.py::test_the_same_method_twice_is_refused_in_one_sentence",
    ),
    Mutation("figure-curves-linear", f"{FIGURES}/curves.py", "        if log:\n", "        if not log:\n", LOG),
    Mutation("figure-growth-linear", f"{FIGURES}/growth.py", 'fig.update_yaxes(type="log"', 'fig.update_yaxes(type="linear"', LOG),
    Mutation("figure-growth-linear-along", f"{FIGURES}/growth.py", "    if log_x:\n", "    if not log_x:\n", LOG),
    Mutation(
        "figure-layer-values-linear",
        f"{FIGURES}/layer_values.py",
        'fig.update_yaxes(type="log"',
        'fig.update_yaxes(type="linear"',
        LOG,
    ),
    Mutation("figure-closeness-linear", f"{FIGURES}/closeness.py", 'type="log"', 'type="linear"', LOG),
    Mutation(
        "figure-trade-off-linear", f"{FIGURES}/trade_off.py", '    axis = {"type": "log", ', '    axis = {"type": "linear", ', LOG
    ),
    Mutation("figure-times-linear", f"{FIGURES}/backward_times.py", 'LOG = {"type": "log"', 'LOG = {"type": "linear"', LOG),
    Mutation(
        "figure-margins-to-scale",
        f"{FIGURES}/margin_histogram.py",
        "100 * one.active / layer.entries",
        "100 * one.active / one.active.max()",
        "tests/test_sparsity_page.py::test_figures_stand_any_run",
    ),
    Mutation(
        "figure-running-mean-linear",
        f"{FIGURES}/running_mean.py",
        'fig.update_xaxes(type="log"',
        'fig.update_xaxes(type="linear"',
        "tests/test_derivative_page.py::test_every_figure_has_a_title_and_a_text",
    ),
    Mutation("page-not-in-the-menu", "app.py", '    Entry("depth.py", "Depth", ":material/account_tree:", "Explore"),\n', "", MENU),
    Mutation(
        "page-of-another-file",
        "app.py",
        'Entry("depth.py"',
        'Entry("playground.py"',
        "tests/test_floors.py::test_every_listed_page_exists",
    ),
    Mutation(
        "command-compares-one-seed",
        "snnviz/studies/grid.py",
        "training.seed + turn",
        "training.seed",
        "tests/test_training.py::test_compare_writes_one_line_for_each_epoch",
    ),
    Mutation(
        "command-saves-in-spite-of-no-save",
        "snnviz/commands/train.py",
        "saved = options.no_save or keep(",
        "saved = keep(",
        "tests/test_training.py::test_the_exit_status_says_that_a_run_was_not_kept_or_failed",
    ),
    # Addresses.
    Mutation(
        "url-short-numbers",
        SPELLING,
        "short if float(short) == value else repr(value)",
        "short",
        f"{TABLE} {WRITTEN} -k 'table or LIF'",
    ),
    Mutation("url-default-written", URL, "        if value == default:\n            return {}\n", "", f"{WRITTEN} -k LIF"),
    Mutation(
        "url-choice-left-out",
        URL,
        "        if type(value) is not type(default):\n            entries[key] = chosen\n",
        "",
        f"{CHOICE} -k LIF",
    ),
    Mutation(
        "url-whole-numbers-are-not",
        SPELLING,
        "    kind = type(default)\n",
        "    kind = float\n",
        f"{WRITTEN} -k Experiment",
    ),
    Mutation(
        "url-any-number-admitted",
        SPELLING,
        "if param is not None and not param.admits(value):",
        "if False:",
        "tests/test_url.py::test_a_bad_text_gets_one_sentence_and_the_default",
    ),
    Mutation(
        "url-infinite-admitted",
        SPELLING,
        "if not (math.isfinite(value) or value in (default, infinite)):",
        "if False:",
        "tests/test_url.py::test_a_bad_text_gets_one_sentence_and_the_default",
    ),
    Mutation("url-switch-is-always-on", SPELLING, 'return text.lower() == "true"', "return True", f"{WRITTEN} -k LIF"),
    Mutation(
        "url-forgets-the-spelling-of-0.1.0",
        URL,
        'return self.fields((*(f"{k}.{chosen}" for k in keys), *keys), start, exclude)',
        'return self.fields(tuple(f"{k}.{chosen}" for k in keys), start, exclude)',
        "tests/test_url.py::test_the_spelling_of_version_0_1_0_is_read",
    ),
    Mutation(
        "url-numbers-by-a-comma",
        SPELLING,
        '("-" if all(type(v) is int or isinstance(v, enum.Enum) for v in value) else " ")',
        '"-"',
        f"{TABLE} {WRITTEN} -k 'table or SpikeTrain'",
    ),
    Mutation("url-of-unbounded-without-its-switch", URL, '({f"{key}.on": True} if _is_infinite(default) else {})', "{}", TABLE),
    Mutation(
        "url-keeps-what-does-not-go-together",
        URL,
        "for name, now in changed.items():  #",
        "for name, now in ():  #",
        "tests/test_url.py::test_settings_that_do_not_go_together_lose_only_one",
    ),
    Mutation(
        "url-enum-by-value-only",
        SPELLING,
        "if text in (one.name.lower(), one.value):",
        "if text == one.value:",
        f"{WRITTEN} -k NMNIST",
    ),
)
