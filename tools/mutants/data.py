"""Faults in the data sets, stimuli, and values as TOML."""

from tools.mutants import Mutation

BASE, STORAGE = "snnviz/datasets/base.py", "snnviz/datasets/storage.py"
CLOCK, TEXT = "snnviz/clock.py", "snnviz/text.py"
BINS = "tests/test_datasets.py::test_binning_counts_like_a_loop"
HALVES = "tests/test_datasets.py::test_halves_are_disjoint_complete_and_hold_every_class"
BATCHES = "tests/test_datasets.py::test_batches_are_time_major_and_follow_seed_and_epoch"
CAMERAS = "tests/test_camera_files.py"
ROUND_TRIP = "tests/test_experiments.py::test_round_trips_through_python_and_toml"

MUTATIONS = (
    Mutation("steps-without-tolerance", CLOCK, "TOLERANCE = 1e-9 ", "TOLERANCE = 0.0 ", "tests/test_clock.py"),
    Mutation(
        "bins-begin-half-a-step-late",
        CLOCK,
        "np.floor(np.asarray(times, np.float64) / dt + TOLERANCE)",
        "np.rint(np.asarray(times, np.float64) / dt)",
        BINS,
    ),
    Mutation("bins-hold-one-event", STORAGE, "        if self.binary:\n", "        if not self.binary:\n", BINS),
    Mutation("bins-of-one-recording", STORAGE, "(step * len(recording) + column) *", "(step * len(recording)) *", BINS),
    Mutation(
        "bins-end-a-step-early",
        STORAGE,
        "high = (self.bins - clock.TOLERANCE) * width - offset",
        "high = (self.bins - 1) * width - offset",
        BINS,
    ),
    Mutation(
        "events-in-microseconds", STORAGE, "time[len(time) - len(events) :] / 1000.0", "time[len(time) - len(events) :] / 1.0", BINS
    ),
    Mutation("halves-overlap", BASE, "Split.TEST: np.flatnonzero(~train)", "Split.TEST: np.arange(len(y))", HALVES),
    Mutation("halves-without-test", BASE, "max(len(members) - 1, 1)", "len(members)", HALVES),
    Mutation(
        "batches-alike-in-every-epoch", BASE, "np.random.default_rng([seed, epoch])", "np.random.default_rng([seed, 1])", BATCHES
    ),
    Mutation(
        "batches-without-the-last",
        BASE,
        "range(0, len(order), batch_size)",
        "range(0, len(order) - batch_size + 1, batch_size)",
        BATCHES,
    ),
    Mutation(
        "spikes-at-twice-the-rate",
        BASE,
        "np.asarray(rate) * dt / 1000.0",
        "np.asarray(rate) * dt / 500.0",
        "tests/test_datasets.py::test_bits_do_not_change_between_versions",
    ),
    Mutation("toml-enum-by-name", TEXT, "return value.value\n", "return value.name\n", ROUND_TRIP),
    Mutation(
        "toml-tuples-are-lists",
        TEXT,
        "return tuple(made(item, classes, item_kind)",
        "return list(made(item, classes, item_kind)",
        ROUND_TRIP,
    ),
    Mutation(
        "toml-whole-numbers-stay-whole",
        TEXT,
        "_number(data) if kind is float and type(data) is int else data",
        "data",
        "tests/test_experiments.py::test_a_whole_number_in_toml_is_a_number",
    ),
    Mutation(
        "toml-unknown-fields-pass",
        TEXT,
        "        if field not in kinds:\n            raise",
        "        if field not in kinds:\n            continue\n            raise",
        "tests/test_experiments.py::test_bad_toml_is_named",
    ),
    Mutation(
        "toml-any-class-anywhere",
        TEXT,
        "not isinstance(kind, type) or issubclass(cls, kind)}",
        "True}",
        "tests/test_experiments.py::test_bad_toml_is_named",
    ),
    Mutation(
        "toml-any-value-is-one",
        TEXT,
        "if not isinstance(value, cls):",
        "if value is None:",
        "tests/test_experiments.py::test_bad_toml_is_named",
    ),
    Mutation(
        "python-hides-what-is-not-default",
        TEXT,
        "getattr(value, f.name) != _default(f))",
        "getattr(value, f.name) == _default(f))",
        ROUND_TRIP,
    ),
    Mutation(
        "spread-downwards",
        "snnviz/experiments.py",
        "np.linspace(1 - self.spread, 1 + self.spread, self.neurons)",
        "np.linspace(1 + self.spread, 1 - self.spread, self.neurons)",
        "tests/test_experiments.py::test_the_spread_scales_the_population",
    ),
    Mutation(
        "far-ear-hears-first",
        "snnviz/datasets/localisation.py",
        "now - np.maximum(late, 0.0)",
        "now + np.maximum(late, 0.0)",
        "tests/test_sounds.py::test_the_far_ear_hears_later_by_the_way_along_the_head",
    ),
    Mutation(
        "no-speaker-held-out",
        "snnviz/datasets/spoken_digits.py",
        "Split.TEST if who == self.speaker.value else Split.TRAIN",
        "Split.TRAIN",
        "tests/test_sounds.py::test_spoken_digits_hold_one_speaker_out",
    ),
    Mutation(
        "evt3-neighbours-stay",
        "snnviz/tables/prophesee.py",
        "+ before - before[",
        "+ 0 * before[",
        f"{CAMERAS}::test_a_cameras_file_is_read_and_cut_anywhere_is_a_part_or_a_sentence",
    ),
    Mutation(
        "clock-never-goes-round",
        "snnviz/tables/prophesee.py",
        "return times + bound * ",
        "return times + 0 * ",
        f"{CAMERAS}::test_prophesees_formats_as_another_library_writes_and_reads_them",
    ),
    Mutation(
        "aedat3-reads-frames-as-events",
        "snnviz/tables/aedat.py",
        "        if kind == POLARITY:\n            whole",
        "        if kind >= POLARITY:\n            whole",
        f"{CAMERAS}::test_a_cameras_file_is_read_and_cut_anywhere_is_a_part_or_a_sentence",
    ),
    Mutation(
        "pickles-by-name-alone",
        "snnviz/tables/refused.py",
        "if is_pickle(data) or ending in PICKLED:",
        "if ending in PICKLED:",
        f"{CAMERAS}::test_uploads_of_any_kind_are_taken_or_refused_by_name",
    ),
)
