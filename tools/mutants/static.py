"""Faults in the file without a server: its currents, its addresses, how its scripts become one text."""

from tools.mutants import Mutation

RANDOM, STIMULI, ADDRESS = "assets/static/random.js", "assets/static/stimuli.js", "assets/static/address.js"
SCRIPTS, STATIC = "snnviz/live/scripts.py", "snnviz/live/static.py"
NUMPY = "tests/test_static.py::test_the_random_numbers_are_numpys"
CURRENT = "tests/test_static.py::test_every_current_is_the_one_that_python_makes"
MEANS = "tests/test_static.py::test_an_address_means_what_it_means_in_the_app"
SILENT = "tests/test_static.py::test_it_is_small_and_asks_nobody_for_anything"
WORKER = "tests/test_static.py::test_the_playground_learns_in_a_worker_of_the_file"

BOTH = f"{NUMPY} tests/test_scope.py::test_the_picture_is_that_of_the_settings"
SPREAD, TURNED = "low = 1 - spread, high = 1 + spread", "low = 1 + spread, high = 1 - spread"
SHORTEST = "Number(short) === value ? short : String(value)"

MUTATIONS = (
    Mutation("static-normal-tail-sign", RANDOM, "(low >>> 17) & 1 ?", "(low >>> 18) & 1 ?", NUMPY),
    Mutation("static-poisson-of-ten", RANDOM, "if (mean < 10)", "if (mean <= 10)", NUMPY),
    Mutation("static-spread-upside-down", STIMULI, SPREAD, TURNED, CURRENT),
    Mutation("static-charge-as-a-drive", STIMULI, "scales[charges ? 1 : 0]", "scales[0]", CURRENT),
    Mutation("static-same-noise-for-all-seeds", STIMULI, "[seed, count, law, mean]", "[count, law, mean]", CURRENT),
    Mutation(
        "static-limit-left-out-of-addresses", ADDRESS, "if (spec.default === null && now", "if (spec.default === 0 && now", MEANS
    ),
    Mutation("static-short-numbers", ADDRESS, SHORTEST, "short.slice(0, 4)", MEANS),
    Mutation("static-requests-allowed", STATIC, "default-src 'none'; script-src", "default-src *; script-src", SILENT),
    Mutation("static-no-worker-allowed", STATIC, "worker-src blob:;", "worker-src 'none';", WORKER),
    Mutation(
        "script-before-its-imports", SCRIPTS, "return list(self.parts.values())", "return list(reversed(self.parts.values()))", BOTH
    ),
)
