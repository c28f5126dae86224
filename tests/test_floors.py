"""The house stands on its floors: who imports whom, every page in the menu, every cited paper in references.bib."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from snnviz.ui.references import references

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "snnviz").rglob("*.py"))

# A module's floor is that of its longest prefix here; it may import its own floor and those below.
FLOORS = {
    **dict.fromkeys(
        (
            "snnviz.account", "snnviz.memory", "snnviz.waiting",
            "snnviz.params", "snnviz.labels", "snnviz.text", "snnviz.places", "snnviz.records", "snnviz.probe", "snnviz.neurons",
            "snnviz.surrogates", "snnviz.methods", "snnviz.draws", "snnviz.laws", "snnviz.falling", "snnviz.zeroth_order",
            "snnviz.formulas", "snnviz.workings", "snnviz.clock", "snnviz.lessons",
        ),
        1,
    ),
    "snnviz.backends": 2,
    "snnviz": 3,
    "snnviz.figures": 4,
    "snnviz.runs": 5,
    "snnviz.commands": 5,
    "snnviz.live": 5,
    "snnviz.classroom": 5,
    "snnviz.__main__": 5,
    "snnviz.ui": 6,
}  # fmt: skip
# Third-party packages: the floors that may import them at the top of a module, and inside a function.
TOP = {"torch": {1, 2, 3, 5, 6}, "plotly": {4, 6}, "streamlit": {6}, "numpy": {1, 2, 3, 4, 5, 6}}
INSIDE = TOP | {"cupy": {2, 3}, "tonic": {3}, "dask": {5}, "distributed": {5}, "sqlalchemy": {5}, "h5py": {3}}


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def floor(module: str) -> int:
    while module not in FLOORS:
        module = module.rpartition(".")[0]
    return FLOORS[module]


def imports(path: Path):
    """(module, whether at the top) of every import of a file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    inside = {id(n) for f in ast.walk(tree) if isinstance(f, (ast.FunctionDef, ast.AsyncFunctionDef)) for n in ast.walk(f)}
    for node in ast.walk(tree):
        top = id(node) not in inside
        if isinstance(node, ast.Import):
            yield from ((alias.name, top) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: import by the full name"
            if node.module == "snnviz":
                yield from ((f"snnviz.{a.name}" if (ROOT / "snnviz" / a.name).exists()
                             or (ROOT / "snnviz" / f"{a.name}.py").exists() else "snnviz", top) for a in node.names)  # fmt: skip
            else:
                yield node.module, top


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_imports_go_down(path):
    module = name_of(path)
    mine = floor(module)
    for imported, top in imports(path):
        package = imported.split(".")[0]
        assert package not in {"bench", "tests"}, f"{module} imports {imported}: the library stands without them"
        if package == "snnviz":
            assert floor(imported) <= mine, f"{module} (floor {mine}) imports {imported} (floor {floor(imported)})"
            families = [f for f in ("neurons", "methods") if module.startswith(f"snnviz.{f}")]
            for family, other in (("neurons", "methods"), ("methods", "neurons")):
                assert not (family in families and imported.startswith(f"snnviz.{other}")), f"{module} imports {imported}"
        elif package in INSIDE:
            allowed = TOP.get(package, set()) if top else INSIDE[package]
            assert mine in allowed, f"{module} (floor {mine}) imports {imported}{' at the top' if top else ''}"


PAGE_FILES = sorted((ROOT / "pages").rglob("*.py"))

ARITHMETIC = (ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow, ast.MatMult)
LAID_OUT = {"runs/saved.py", "gradients/growth.py"}  # a table's height, and a bar's length


@pytest.mark.parametrize("path", PAGE_FILES, ids=lambda p: str(p.relative_to(ROOT / "pages").with_suffix("")))
def test_pages_are_thin(path):
    used = {name for name, _ in imports(path)}
    assert not {n for n in used if n.split(".")[0] in {"torch", "plotly"}}, "a page draws and computes through the library"
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree), "a page says what it is"
    computes = [ast.unparse(n) for n in ast.walk(tree) if isinstance(n, ast.BinOp) and isinstance(n.op, ARITHMETIC)]
    assert not computes or path.relative_to(ROOT / "pages").as_posix() in LAID_OUT, f"{computes}: the library computes"


def test_every_page_is_in_the_menu_and_every_view_is_a_view_of_a_page():
    from app import PAGES

    for path in PAGE_FILES:
        if path.parent == ROOT / "pages":
            hidden = {"start.py"}  # where 0.1.0 began
            assert path.name in {entry.file for entry in PAGES} | hidden, f"{path.name} is not in the menu"
        else:
            page = path.parent.with_suffix(".py")
            assert page.is_file(), f"{path} belongs to no page"
            names = {node.value for node in ast.walk(ast.parse(page.read_text(encoding="utf-8"))) if isinstance(node, ast.Constant)}
            assert path.stem in names, f"{page.name} does not offer {path.stem}"


def test_every_listed_page_exists():
    from app import PAGES

    files = [entry.file for entry in PAGES]
    assert len(set(files)) == len(files)
    assert all((ROOT / "pages" / file).is_file() for file in files)


def test_every_citation_is_known():
    """A key is author, year and a word, as in bauer2023exodus; wherever the code or a lesson has one, the paper is listed."""
    pattern = re.compile(r"[\"'\[@]([a-z]{3,}(?:19|20)\d\d[a-z]+)[\"'\]]")
    files = [*SOURCES, *PAGE_FILES, *(ROOT / "assets").rglob("*.md")]
    cited = {key: path for path in files for key in pattern.findall(path.read_text(encoding="utf-8"))}
    missing = {key: str(path.relative_to(ROOT)) for key, path in cited.items() if key not in references()}
    assert not missing


NAMELESS = {"told", "known", "found", "kept", "there", "said", "asked", "wanted"}
FOLDERS = ("snnviz", "pages", "deploy", "bench", "tools", "tests")
WRITTEN = sorted([*ROOT.glob("*.py"), *(p for folder in FOLDERS for p in (ROOT / folder).rglob("*.py"))])


def declared_names(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """(name, line) of every variable, argument, attribute, function and class that a source declares."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()) | ast.arg(arg=name):
                yield name, node.lineno
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name, node.lineno


def test_names_say_what_they_hold():
    """A participle says what happened to a thing, and not what the thing is: a message, a specification, a request."""
    declared = [(path, declared_names(ast.parse(path.read_text(encoding="utf-8")))) for path in WRITTEN]
    vague = [f"{path.relative_to(ROOT)}:{line}: {name}" for path, names in declared for name, line in names if name in NAMELESS]
    assert not vague
