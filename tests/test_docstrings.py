"""Every public class, function and method of the library says what it is: itself, or the class that first declares it. Where
people do arithmetic with it, it also says which errors it raises, which shapes its arrays have and where it is from."""

import ast
import functools
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
OF_TORCH = {"forward", "backward", "extra_repr"}  # torch says what these are
# What `from snnviz import *` reaches: there a reader needs errors, shapes and sources.
ARITHMETIC = [
    *("neurons", "methods", "datasets", "studies", "training", "surrogates", "laws", "zeroth_order", "draws", "clock", "stimuli"),
    *("losses", "optimisers", "architectures", "normalise", "heads", "network", "spiking_layer", "probe", "records"),
    *("experiments", "backends/base"),
]
SHAPE = re.compile(r"\[[^\]]*\]|(any|the|their|one|of) shapes?\b|one number|element by element")
KEY = re.compile(r"([a-z]+)(\d{4})")  # of references.bib: the first author's name and the year

Function = ast.FunctionDef | ast.AsyncFunctionDef


@functools.cache
def trees() -> dict[str, ast.Module]:
    """The library's modules by their path below snnviz/."""
    paths = (path for path in (ROOT / "snnviz").rglob("*.py") if "migrations" not in path.parts)
    return {str(path.relative_to(ROOT / "snnviz")): ast.parse(path.read_text(encoding="utf-8")) for path in sorted(paths)}


@functools.cache
def classes() -> dict[str, ast.ClassDef]:
    return {node.name: node for tree in trees().values() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}


def bases(cls: ast.ClassDef) -> Iterator[ast.ClassDef]:
    """The classes of the library that a class is made of, itself first."""
    yield cls
    for base in cls.bases:
        if (name := ast.unparse(base).split("[")[0].rpartition(".")[2]) in classes():
            yield from bases(classes()[name])


def says(cls: ast.ClassDef, method: str) -> str:
    """The docstrings of a method in its class and in those that the class is made of."""
    nodes = (node for base in bases(cls) for node in base.body if isinstance(node, Function) and node.name == method)
    return "\n".join(filter(None, map(ast.get_docstring, nodes)))


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


def functions() -> Iterator[tuple[str, Function, str]]:
    """(place, node, everything that is said of it) of the public functions and methods that do arithmetic, and of what makes a
    value of a public class: there its class speaks."""

    def visit(path: str, body: list[ast.stmt], cls: ast.ClassDef | None) -> Iterator[tuple[str, Function, str]]:
        for node in body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                yield from visit(path, node.body, node)
            elif isinstance(node, Function) and (not node.name.startswith("_") or node.name in ("__init__", "__post_init__")):
                texts = [says(cls, node.name), *(ast.get_docstring(base) or "" for base in bases(cls))] if cls else []
                place = f"{path}:{node.lineno}: {cls.name + '.' if cls else ''}{node.name}"
                yield place, node, "\n".join([ast.get_docstring(node) or "", *texts])

    for path, tree in trees().items():
        if path.split("/")[0].removesuffix(".py") in ARITHMETIC or path.removesuffix(".py") in ARITHMETIC:
            yield from visit(path, tree.body, None)


def raised(node: ast.AST) -> Iterator[str]:
    """The names of the errors that a body raises itself."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Raise) and child.exc is not None:
            yield ast.unparse(child.exc.func if isinstance(child.exc, ast.Call) else child.exc)
        if not isinstance(child, Function | ast.Lambda | ast.ClassDef):
            yield from raised(child)


def test_everything_public_has_a_docstring():
    missing = [f"{path}:{line}: {name}" for path, tree in trees().items() for name, line in undocumented(tree.body)]
    assert not missing, "\n".join(missing)


def test_an_error_is_named_where_it_is_raised():
    checked = [(place, error, text) for place, node, text in functions() for error in raised(node)]
    missing = [f"{place} raises {error}" for place, error, text in checked if error not in text]
    assert len(checked) > 80 and not missing, "\n".join(missing)


def test_an_array_has_a_shape():
    """Of a function that takes or gives arrays the docstring has a shape in brackets, or says that any will do."""

    def arrays(node: Function) -> bool:
        hints = [argument.annotation for argument in (*node.args.args, *node.args.kwonlyargs)] + [node.returns]
        return any(hint is not None and re.search(r"\b(Tensor|ndarray)\b", ast.unparse(hint)) for hint in hints)

    checked = [(place, text) for place, node, text in functions() if arrays(node)]
    missing = [place for place, text in checked if not SHAPE.search(text)]
    assert len(checked) > 120 and not missing, "\n".join(missing)


def test_what_is_cited_is_named():
    """A class with a key of references.bib says author and year to those who read the code."""
    checked, missing = 0, []
    for path, tree in trees().items():
        for cls in (node for node in tree.body if isinstance(node, ast.ClassDef)):
            for line in cls.body:
                target = line.targets[0] if isinstance(line, ast.Assign) else getattr(line, "target", None)
                key = line.value.value if isinstance(getattr(line, "value", None), ast.Constant) else None
                if target is None or ast.unparse(target) != "cite" or not key:
                    continue
                author, year = KEY.match(key).groups()
                plain = unicodedata.normalize("NFKD", ast.get_docstring(cls) or "")  # u for ü, as in the key
                letters = re.sub(r"[^a-z0-9]", "", plain.lower())
                checked += 1
                missing += [] if author in letters and year in letters else [f"{path}:{cls.lineno}: {cls.name} cites {key}"]
    assert checked > 30 and not missing, "\n".join(missing)
