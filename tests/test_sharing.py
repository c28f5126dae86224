"""The lists by which processes share the tests name tests that there are."""

import ast
import re

from tests import sharing


def test_what_begins_first_is_there():
    for name in (*sharing.FIRST, *sharing.TOGETHER, *sharing.AFTER, *sharing.AFTER.values()):
        file, _, test = name.partition("::")
        tree = ast.parse((sharing.ROOT / file).read_text(encoding="utf-8"))
        assert not test or test in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, name
    assert all(name in sharing.FIRST for name in sharing.TOGETHER)


def test_a_file_with_a_server_of_its_own_is_run_by_one_process():
    own = re.compile(r'scope="module"\)\ndef server\(')
    files = {f"tests/{path.name}" for path in (sharing.ROOT / "tests").glob("test_*.py") if own.search(path.read_text("utf-8"))}
    assert files and files <= set(sharing.TOGETHER)


def test_cases_of_one_test_and_tests_of_one_server_are_one_unit():
    assert sharing.unit("tests/test_sparse.py::test_a[LIF-1]") == sharing.unit("tests/test_sparse.py::test_a[IF]")
    assert sharing.unit("tests/test_scope.py::test_a") == sharing.unit("tests/test_scope.py::test_b[1]")
    assert sharing.unit("tests/test_sparse.py::test_a") != sharing.unit("tests/test_sparse.py::test_b")
    assert sharing.browses("tests/test_scope.py") and not sharing.browses("tests/test_sparse.py::test_a")
    assert sharing.rank("tests/test_scope.py::test_a") == 0 < sharing.rank("tests/test_sparse.py::test_a")
