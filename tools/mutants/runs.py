"""Faults in runs that outlive a look: curves that grow, the store, and the worker."""

from tools.mutants import Mutation

CURVES, GROWING = "snnviz/runs/curves.py", "snnviz/runs/growing.py"
STORE, ROWS = "snnviz/runs/store.py", "snnviz/runs/rows.py"
WEIGHTS = "tests/test_weights.py::test_a_trained_network_is_kept_taken_away_and_gone_with_its_run"
NIR = "tests/test_weights.py::test_a_network_comes_back_from_nir_with_equal_spikes"
SWEEP = "tests/test_sweep.py::test_a_grid_that_was_stopped_goes_on_and_gives_what_it_gives_alone"
CHOSEN = "tests/test_sweep.py::test_an_epoch_is_chosen_on_samples_that_nobody_trains_or_tests_on"
INTERVALS = "tests/test_sweep.py::test_intervals_are_students_and_differences_are_paired"
GRID = "snnviz/studies/grid.py"
MEANS = "tests/test_curves.py::test_a_point_is_the_mean_of_the_batches_it_stands_for"
SIDE_BY_SIDE = "tests/test_curves.py::test_trainings_side_by_side_are_saved_epoch_by_epoch"
COMES_OUT = "tests/test_store.py::test_what_goes_in_comes_out -k sqlite"
OF_EVERY_KIND = "tests/test_store.py::test_a_result_of_every_kind_comes_out_as_it_went_in -k sqlite"
SHARED = "tests/test_rights.py::test_others_see_what_is_shared_and_change_nothing_of_it"
STOPPED = "tests/test_jobs.py::test_a_stop_is_heard_whenever_a_worker_takes_the_run"
GOES_ON = "tests/test_curves.py::test_a_run_that_goes_on_forgets_what_it_repeats"

MUTATIONS = (
    Mutation("curve-point-at-its-first-batch", CURVES, "return [points[-1][0], mean[1]", "return [points[0][0], mean[1]", MEANS),
    Mutation("curve-seconds-are-a-mean", CURVES, "mean[2], points[-1][3]", "mean[2], mean[3]", MEANS),
    Mutation("curve-known-shares-lost", CURVES, "np.nanmean(", "np.mean(", MEANS),
    Mutation("curve-joins-three", CURVES, "_joined(self.points[i : i + 2])", "_joined(self.points[i : i + 3])", MEANS),
    Mutation("curve-later-points-stand-for-less", CURVES, "            self.every *= 2\n", "            self.every *= 1\n", MEANS),
    Mutation(
        "curve-without-the-latest-batches",
        CURVES,
        "points = self.points + ([_joined(self.pending)] if self.pending else [])",
        "points = self.points",
        MEANS,
    ),
    Mutation("curve-testing-takes-no-time", CURVES, "self.seconds += record.seconds.test", "self.seconds += 0.0", MEANS),
    Mutation(
        "curve-repeats-what-is-trained-again",
        CURVES,
        "[p for p in self.points if p[0] < at]",
        "[p for p in self.points if p[0] < 1e9]",
        GOES_ON,
    ),
    Mutation("curve-epoch-there-twice", CURVES, "if e.epoch < epoch]", "if e.epoch <= epoch]", GOES_ON),
    # Weights.
    Mutation("weights-stay-behind", STORE, '("words", "weights")', '("words",)', WEIGHTS),
    Mutation(
        "weights-of-a-deleted-run",
        "snnviz/runs/weights.py",
        "is None:\n            return\n",
        "is None:\n            pass\n",
        WEIGHTS,
    ),
    Mutation(
        "trained-labels-drawn",
        "snnviz/training/trained_network.py",
        "return self._test(_saved(self.weights)).y[: self.batch]",
        "return super().labels(classes)",
        WEIGHTS,
    ),
    Mutation(
        "trained-normalises-by-the-batch",
        "snnviz/training/trained_network.py",
        "                block.normalise.eval()",
        "                block.normalise.train()",
        WEIGHTS,
    ),
    Mutation(
        "nir-step-of-euler", "snnviz/nir_graphs.py", "return 1.0 if abs(factor - 1) < ONE else factor", "return factor * 1.01", NIR
    ),
    # Sweeps.
    Mutation("sweep-trains-again", "snnviz/runs/sweep.py", "if (cell, seed) not in done)", "if True)", SWEEP),
    Mutation("sweep-chosen-on-the-test-part", GRID, "np.argmax(self.validation_accuracy)", "np.argmax(self.test_accuracy)", CHOSEN),
    Mutation(
        "sweep-trains-on-what-is-held-out",
        "snnviz/datasets/parts.py",
        "for split in Split\n",
        "for split in (Split.TEST,) * 2\n",
        CHOSEN,
    ),
    Mutation("interval-of-the-normal-law", "snnviz/studies/intervals.py", "student(count - 1) *", "1.96 *", INTERVALS),
    # The store.
    Mutation("store-epoch-lost", STORE, "last is None or e.epoch > last]", "last is None or e.epoch > last + 1]", COMES_OUT),
    Mutation("store-epoch-written-twice", STORE, "last is None or e.epoch > last]", "True]", COMES_OUT),
    Mutation(
        "store-line-of-another",
        STORE,
        "where(c.run == run, c.line == number),\n                rows.of_line(line)",
        "where(c.run == run),\n                rows.of_line(line)",
        COMES_OUT,
    ),
    Mutation("store-notes-lost", ROWS, '"notes": json.dumps(list(notes))', '"notes": "[]"', COMES_OUT),
    Mutation("store-mark-moves-the-run", STORE, '{} if place is None else {"place": place}', '{"place": place or ""}', COMES_OUT),
    Mutation("store-lists-the-oldest-first", STORE, "order_by(r.created.desc(), n.line)", "order_by(r.created, n.line)", COMES_OUT),
    Mutation("store-lists-everybodys", STORE, "query.where(r.owner == owner)", "query.where(r.owner != owner)", COMES_OUT),
    Mutation("store-lists-what-is-not-shared", STORE, "(r.owner == seen_by) | r.shared", "r.owner != ''", SHARED),
    Mutation("store-keeps-no-rule", STORE, '"name": ALL_SHARED, "value": "yes"', '"name": ALL_SHARED, "value": "no"', SHARED),
    Mutation(
        "store-hears-no-stop-before-a-worker",
        STORE,
        "r.id == run, r.status == Status.WAITING.value",
        "r.id == run, r.status == ''",
        STOPPED,
    ),
    Mutation("store-deletes-all", STORE, "column.in_(list(runs))", "column.is_not(None)", COMES_OUT),
    Mutation("store-finds-on-any-backend", STORE, ", r.backend == backend)", ")", OF_EVERY_KIND),
    Mutation("store-result-lost", ROWS, '| {"result": work.encode(progress.result)}', '| {"result": b""}', OF_EVERY_KIND),
    Mutation("store-ended-lost", ROWS, '"ended": line.ended', '"ended": False', COMES_OUT),
    Mutation("store-sample-shortened", ROWS, "np.array(len(v))", "np.array(len(v) - 1)", COMES_OUT),
    Mutation(
        "store-not-a-number-is-zero",
        ROWS,
        "name: value if np.isfinite(value) else None",
        "name: value if np.isfinite(value) else 0.0",
        COMES_OUT,
    ),
    Mutation("store-progress-of-the-run-lost", ROWS, 'row["share"] or 0.0, row["doing"]', '0.0, row["doing"]', OF_EVERY_KIND),
    Mutation(
        "store-takes-newer-schemas",
        "snnviz/runs/schema.py",
        "    if number > SCHEMA:\n",
        "    if number > 1000:\n",
        "tests/test_store.py::test_a_newer_or_broken_database_is_refused_in_one_sentence",
    ),
    # What grows on the worker.
    Mutation("growing-ends-after-an-epoch", GROWING, "line.ended = what.epoch == what.epochs", "line.ended = True", SIDE_BY_SIDE),
    Mutation(
        "growing-epoch-not-saved",
        GROWING,
        "            line.ended = what.epoch == what.epochs\n            self._unsaved.add(number)\n",
        "            line.ended = what.epoch == what.epochs\n",
        SIDE_BY_SIDE,
    ),
    Mutation(
        "growing-step-of-one", GROWING, "return not self._missing", "return len(self._missing) < len(self._going)", SIDE_BY_SIDE
    ),
    Mutation("growing-failure-goes-on", GROWING, '{what.problem}", True', '{what.problem}", False', SIDE_BY_SIDE),
    Mutation(
        "growing-fails-with-the-first",
        GROWING,
        "if all(line.problem for line in self.lines)",
        "if any(line.problem for line in self.lines)",
        SIDE_BY_SIDE,
    ),
    Mutation(
        "growing-saves-without-confusions",
        GROWING,
        "store.save_line(self.run.id, number, self.lines[number].line(whole=True))",
        "store.save_line(self.run.id, number, self.lines[number].line())",
        SIDE_BY_SIDE,
    ),
)
