"""Faults in runs that outlive a look: curves that grow, the store, and the worker."""

from tools.mutants import Mutation

CURVES = "snnviz/runs/curves.py"
MEANS = "tests/test_curves.py::test_a_point_is_the_mean_of_the_batches_it_stands_for"
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
)
