"""Every public class, function and method of the library says what it is: itself, or the class that first declares it."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCES = sorted(p for p in (ROOT / "snnviz").rglob("*.py") if "migrations" not in p.parts)
OF_TORCH = {"forward", "backward", "extra_repr"}  # torch says what these are

Function = ast.FunctionDef | ast.AsyncFunctionDef
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in SOURCES}
CLASSES = {node.name: node for tree in TREES.values() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}


def bases(cls: ast.ClassDef) -> Iterator[ast.ClassDef]:
    """The classes of the library that a class is made of, itself first."""
    yield cls
    for base in cls.bases:
        if (name := ast.unparse(base).split("[")[0].rpartition(".")[2]) in CLASSES:
            yield from bases(CLASSES[name])


def says(cls: ast.ClassDef, method: str) -> bool:
    """Whether a method has a docstring in its class or in one that the class is made of."""
    nodes = (node for base in bases(cls) for node in base.body if isinstance(node, Function) and node.name == method)
    return any(ast.get_docstring(node) for node in nodes)


def undocumented(body: list[ast.stmt], cls: ast.ClassDef | None = None) -> Iterator[tuple[str, int]]:
    """(name, line) of what is public in a module or a class and has no docstring."""
    for node in body:
        if not isinstance(node, Function | ast.ClassDef) or node.name.startswith("_"):
            continue
        if isinstance(node, ast.ClassDef):
            if not ast.get_docstring(node):
                yield node.name, node.lineno
            yield from undocumented(node.body, node)
        elif cls is None:
            if not ast.get_docstring(node):
                yield node.name, node.lineno
        elif not says(cls, node.name) and node.name not in OF_TORCH:
            yield f"{cls.name}.{node.name}", node.lineno


def test_everything_public_has_a_docstring():
    missing = [f"{path.relative_to(ROOT)}:{line}: {name}" for path, tree in TREES.items() for name, line in undocumented(tree.body)]
    assert not missing, "\n".join(missing)
