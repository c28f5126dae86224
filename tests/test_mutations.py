"""The table of faults: each is still a change of the text that is there, and the tests named for it exist.

Whether they fail then is what `python -m tools.mutations` finds out; it takes too long for every day.
"""

import ast
import pathlib
import shlex

import pytest

from tools.mutations import MUTATIONS, ROOT, mutated


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda m: m.name)
def test_it_changes_the_text_that_is_there(mutation):
    text = (ROOT / mutation.file).read_text(encoding="utf-8")
    assert mutated(mutation, text) != text


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda m: m.name)
def test_its_tests_are_there(mutation):
    words = shlex.split(mutation.tests)
    selected = words[: words.index("-k")] if "-k" in words else words
    assert selected and len(words) - len(selected) in (0, 2)
    for path, _, function in (word.partition("::") for word in selected):
        tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        assert not function or function in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, function


def test_names_are_unique():
    names = [mutation.name for mutation in MUTATIONS]
    assert len(set(names)) == len(names) >= 40
    assert len({(m.file, m.old, m.new, m.tests) for m in MUTATIONS}) == len(names)
    assert all(pathlib.PurePosixPath(m.file).parts[0] not in ("tests", "tools") for m in MUTATIONS)
