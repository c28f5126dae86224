"""Faults in labels, figures' axes, the menu, and the command line."""

from tools.mutants import Mutation

LABELS, FIGURES = "snnviz/labels.py", "snnviz/figures"
SAYS = "tests/test_labels.py::test_a_label_says_what_differs"
ALIKE = "tests/test_labels.py::test_no_two_labels_are_alike_and_only_equal_values_are_numbered"
LOG = "tests/test_figures.py::test_what_spans_decades_has_a_logarithmic_axis"
MENU = "tests/test_floors.py::test_every_page_is_in_the_menu_and_every_view_is_a_view_of_a_page"

MUTATIONS = (
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
        "figure-margins-linear",
        f"{FIGURES}/margin_histogram.py",
        '"type": "log", "range": [-0.15, top]',
        '"type": "linear", "range": [-0.15, top]',
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
        'Entry("start.py"',
        "tests/test_floors.py::test_every_listed_page_exists",
    ),
    Mutation(
        "command-compares-one-seed",
        "snnviz/__main__.py",
        "seed=settings.seed + k)",
        "seed=settings.seed)",
        "tests/test_training.py::test_compare_writes_one_line_for_each_epoch",
    ),
    Mutation(
        "command-saves-in-spite-of-no-save",
        "snnviz/__main__.py",
        "if not given.no_save:",
        "if True:",
        "tests/test_training.py::test_compare_writes_one_line_for_each_epoch",
    ),
)
