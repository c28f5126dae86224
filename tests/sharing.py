"""How the processes of `make test` share the tests (`--dist loadscope`): what takes long begins first, so that none waits for it at
the end; the cases of a test, and the tests of a file that starts a server of its own, stay in one process; browsers run in every
other process only."""

import functools
import re
from collections import OrderedDict
from pathlib import Path

from xdist.scheduler import LoadScopeScheduling

ROOT = Path(__file__).parents[1]
# Files whose tests share what takes seconds to make.
TOGETHER = ("tests/test_scope.py", "tests/test_package.py", "tests/test_training_page.py", "tests/test_data_page.py")
# What a test finds where another one of the same process has run before it.
AFTER = {"tests/test_walks.py::test_untouched_pages_are_as_a_fresh_session_shows_them": "tests/test_browser.py::test_page_draws"}
# What takes longest, the longest first: files of the above, and tests with all their cases.
FIRST = (
    "tests/test_scope.py",
    "tests/test_gpu_check.py::test_every_stage_runs",
    "tests/test_pages.py::test_every_option_of_every_choice_is_a_picture_or_a_plain_sentence",
    "tests/test_package.py",
    "tests/test_kernel_sources.py::test_every_instance_compiles",
    "tests/test_training_page.py",
    "tests/test_deploy.py::test_one_command_brings_up_all_and_another_ends_it",
    "tests/test_data_page.py",
    "tests/test_walks.py::test_each_page_comes_back_as_it_was_left",
    "tests/test_account.py::test_an_estimate_is_no_less_than_the_peak_and_no_more_than_three_times_it",
    "tests/test_browser.py::test_page_draws",
    "tests/test_code_behind.py::test_the_code_gives_what_the_page_draws",
    "tests/test_playground_page.py::test_ten_visits_leave_no_worker_and_no_memory_behind",
    "tests/test_every_control.py::test_a_fresh_session_stands_where_the_address_says",
    "tests/test_jobs.py::test_a_scheduler_that_falls_silent_or_dies_is_one_sentence_and_the_run_is_interrupted",
    "tests/test_waiting.py::test_what_a_closed_tab_computes_ends_within_seconds",
    "tests/test_cold_start.py::test_those_who_open_a_fresh_server_together_see_no_error",
    "tests/test_building.py::test_a_page_that_must_build_says_so_and_then_draws",
    "tests/test_jobs.py::test_a_lost_worker_costs_at_most_one_epoch_and_is_told",
    "tests/test_browser_methods.py::test_every_preset_changes_the_picture",
    "tests/test_waiting.py::test_a_long_run_shows_its_progress_is_stopped_and_ends_when_a_control_is_moved",
    "tests/test_work.py::test_a_sweep_is_held_stopped_and_goes_on_after_its_last_point",
    "tests/test_readme.py::test_a_command_exists_with_its_options",
    "tests/test_recorded_links.py::test_a_link_restores_the_screen_that_it_restored",
    "tests/test_currents.py::test_the_first_spike_of_a_random_current_converges_on_the_mean",
    "tests/test_experiments.py::test_every_method_on_every_neuron_and_network_on_silence_and_on_fire",
    "tests/test_playground_page.py::test_presets_own_points_and_a_drawn_digit",
    "tests/test_jobs.py::test_a_server_killed_while_the_database_is_away_loses_nothing",
    "tests/test_sparse.py::test_sparse_is_dense",
)


def unit(nodeid: str) -> str:
    """What stays in one process: a file of `TOGETHER`, or a test with all its cases and those that come `AFTER` it."""
    file, test = nodeid.partition("::")[0], nodeid.partition("[")[0]
    return file if file in TOGETHER else AFTER.get(test, test)


@functools.cache
def browses(name: str) -> bool:
    """Whether a unit is of a file that drives a browser."""
    text = (ROOT / name.partition("::")[0]).read_text(encoding="utf-8")
    return re.search(r"\b(visit|chromium)\b", text) is not None


def rank(nodeid: str) -> int:
    """The place of a test in the order in which they begin."""
    name = unit(nodeid)
    return FIRST.index(name) if name in FIRST else len(FIRST)


class Sharing(LoadScopeScheduling):
    """Gives each process the next unit of its kind, and of the other kind when there is none left."""

    workqueue: OrderedDict

    def _split_scope(self, nodeid: str) -> str:
        return unit(nodeid)

    def _assign_work_unit(self, node) -> None:
        with_browser = int(node.gateway.id.removeprefix("gw")) % 2 == 0
        chosen = next((name for name in self.workqueue if browses(name) == with_browser), None)
        if chosen is not None:
            self.workqueue.move_to_end(chosen, last=False)
        super()._assign_work_unit(node)
