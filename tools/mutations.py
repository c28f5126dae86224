"""Do the tests see a fault? Puts in one fault at a time and runs the tests that have to fail: `python -m tools.mutations`.

Each `Mutation` of `tools/mutants/` is applied to a copy of the files that git tracks (as they are now, changes included); the
working tree is not touched. The result is one of

    killed            a test failed, and passes without the fault
    survived          every test passed: the fault would go unseen
    could not be run  the fault does not compile, or the tests cannot be collected, fail without it too, or take too long

The exit status is 1 unless all were killed. A survivor needs a test, or a reason in CONTRIBUTING.md ("Mutations").
"""

import argparse
import ast
import dataclasses
import enum
import functools
import multiprocessing
import os
import pathlib
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
import traceback

from tools.mutants import Mutation, app, classroom, data, derivatives, methods, neurons, runs, sparse, static, training

ROOT = pathlib.Path(__file__).parents[1]
PATIENCE = 300  # seconds for the tests of one mutation
MUTATIONS: tuple[Mutation, ...] = (
    *neurons.MUTATIONS,
    *derivatives.MUTATIONS,
    *sparse.MUTATIONS,
    *static.MUTATIONS,
    *methods.MUTATIONS,
    *training.MUTATIONS,
    *runs.MUTATIONS,
    *data.MUTATIONS,
    *app.MUTATIONS,
    *classroom.MUTATIONS,
)


class Result(enum.Enum):
    """How the trial of a mutation ended."""

    KILLED = "killed"
    SURVIVED = "survived"
    INVALID = "could not be run"


@dataclasses.dataclass(frozen=True)
class Outcome:
    """result; why: the test that failed, or what kept the mutation from being run; seconds that it took."""

    result: Result
    why: str
    seconds: float


def mutated(mutation: Mutation, text: str) -> str:
    """The text of the mutation's file with the fault in it.

    Raises:
        ValueError: `old` is not there exactly once, `new` is the same, or the result is no Python.
    """
    count = text.count(mutation.old)
    if count != 1:
        raise ValueError(f"{mutation.name}: the old text is in {mutation.file} {count} times, not once.")
    if mutation.new == mutation.old:
        raise ValueError(f"{mutation.name}: the new text is the old one.")
    changed = text.replace(mutation.old, mutation.new)
    if mutation.file.endswith(".py"):
        try:
            ast.parse(changed)
        except SyntaxError as problem:
            raise ValueError(f"{mutation.name}: {mutation.file} is no Python any more: {problem}.") from None
    return changed


def copy_tracked_files(root: pathlib.Path, folder: pathlib.Path) -> None:
    """Copy the files of a git checkout, changed and new ones as they are, but nothing that git ignores."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root,
        check=True,
        capture_output=True,
        text=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (root / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, folder / name)


def run_pytest(folder: str, arguments: list[str], output: str) -> None:
    """In a process of its own: run pytest in a folder, with stdout and stderr in a file; ends with pytest's exit status."""
    with open(output, "wb") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    os.chdir(folder)
    sys.path.insert(0, folder)
    os.environ["PYTHONPATH"] = folder
    try:
        import pytest

        # The libraries that pytest warns of hold no assertions of ours.
        status = pytest.main(["-x", "-q", "-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning", *arguments])
    except BaseException:
        traceback.print_exc()
        status = 70
    mine = sys.modules.get("snnviz")
    assert mine is None or pathlib.Path(mine.__file__ or "").is_relative_to(folder), f"the tests imported {mine}"
    sys.stdout.flush()
    os._exit(int(status))  # threads of libraries that are left over need not be waited for


class Bench:
    """A copy of the project to put faults into, and what its tests say.

    Tests run in forks of a server that has imported the libraries, though nothing of the project: that is most of the time of
    a short test.
    """

    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        # Python recognises a stale .pyc by time and size, and a fault may change neither; hence no .pyc at all.
        os.environ |= {"PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1"}
        self.processes = multiprocessing.get_context("forkserver")
        libraries = ["torch._dynamo", "scipy.stats", "pytest", "hypothesis.strategies", "streamlit.testing.v1"]
        self.processes.set_forkserver_preload(libraries)

    def pytest(self, arguments: list[str]) -> tuple[int, str]:
        """Exit status and output of the tests that these arguments select, up to the first that fails.

        Raises:
            TimeoutError: they did not end within PATIENCE.
        """
        output = self.folder / ".output"
        output.unlink(missing_ok=True)
        process = self.processes.Process(target=run_pytest, args=(str(self.folder), arguments, str(output)))
        process.start()
        process.join(PATIENCE)
        if process.exitcode is None:
            process.kill()
            raise TimeoutError(f"no end after {PATIENCE} s")
        return process.exitcode, output.read_text(encoding="utf-8", errors="replace") if output.exists() else ""

    @functools.cache  # noqa: B019  there is one bench
    def passes(self, test: str, selection: str) -> bool:
        """Whether a test passes without any fault: one that fails anyway shows nothing. Where its name comes from what the fault
        was in, it has another now: then the whole selection."""
        status, _ = self.pytest([test])
        return (self.pytest(shlex.split(selection))[0] if status in (4, 5) else status) == 0

    def undefined_names(self, file: str) -> str:
        """What in a Python file names nothing: such a fault is one of the table's, not one that a test should find."""
        done = subprocess.run(
            [sys.executable, "-m", "ruff", "check", "--quiet", "--select", "F821,F822,F823", "--output-format", "concise", file],
            cwd=self.folder, capture_output=True, text=True, check=False,
        )  # fmt: skip
        return done.stdout.strip()

    def judge(self, mutation: Mutation) -> tuple[Result, str]:
        path = self.folder / mutation.file
        whole = path.read_text(encoding="utf-8")
        try:
            path.write_text(mutated(mutation, whole), encoding="utf-8")
            if mutation.file.endswith(".py") and (complaint := self.undefined_names(mutation.file)):
                return Result.INVALID, complaint
            status, output = self.pytest(shlex.split(mutation.tests))
        except (ValueError, TimeoutError) as problem:
            return Result.INVALID, str(problem)
        finally:
            path.write_text(whole, encoding="utf-8")
        if status == 0:
            return Result.SURVIVED, mutation.tests
        lines = output.splitlines()
        failed = next((line.removeprefix("FAILED ").partition(" - ")[0] for line in lines if line.startswith("FAILED ")), "")
        if status != 1 or not failed:  # pytest says 1 where a test failed; else it was interrupted, misused, or found no test
            return Result.INVALID, f"no test failed, but pytest ended with status {status}: {(lines or ['no output'])[-1]}"
        complaint = next((line for line in lines if "could not build kernels/" in line), None)
        if complaint is not None:
            return Result.INVALID, complaint.strip()
        if not self.passes(failed, mutation.tests):
            return Result.INVALID, f"fails without the fault too: {failed}"
        return Result.KILLED, failed

    def outcome(self, mutation: Mutation) -> Outcome:
        start = time.perf_counter()
        result, why = self.judge(mutation)
        return Outcome(result, why, time.perf_counter() - start)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.mutations", description="Put in one fault at a time and run its tests.")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="mutations whose names begin with one of these")
    parser.add_argument("--list", action="store_true", help="list the mutations and run nothing")
    options = parser.parse_args()
    chosen = [m for m in MUTATIONS if options.only is None or m.name.startswith(tuple(options.only))]
    if not chosen:
        parser.error("no mutation has such a name; --list shows them.")
    if options.list:
        for m in chosen:
            print(f"{m.name:45} {m.file:36} {m.tests}")
        return 0
    outcomes: dict[str, Outcome] = {}
    with tempfile.TemporaryDirectory(prefix="snnviz-mutations-") as folder:
        bench = Bench(pathlib.Path(folder))
        copy_tracked_files(ROOT, bench.folder)
        for mutation in chosen:
            outcome = outcomes[mutation.name] = bench.outcome(mutation)
            print(f"{outcome.result.value:17} {mutation.name:45} {outcome.seconds:5.1f} s  {outcome.why}", flush=True)
    counts = {r: [n for n, o in outcomes.items() if o.result is r] for r in Result}
    print(f"\n{len(chosen)} mutations: " + ", ".join(f"{len(names)} {r.value}" for r, names in counts.items()) + ".")
    for result in (Result.SURVIVED, Result.INVALID):
        if counts[result]:
            print(f"{result.value}: {', '.join(counts[result])}")
    return 0 if len(counts[Result.KILLED]) == len(chosen) else 1


if __name__ == "__main__":
    sys.exit(main())
