"""The scripts of assets/ as one text: a browser that opens a file, or a component of Streamlit, can import nothing.

Each file becomes a function of its own, after those that it imports from. What the files may say is little, so that a few lines
can read it: one import or export a line, names in braces, paths that begin with a dot, `export` before a function, a class or a
const. Whatever else is refused, with the file's name.

`new Worker(new URL("./worker.js", import.meta.url), { type: "module" })`, as a browser with modules would have it, puts that worker
into the text, too. What it imports stands there once for both: in a function whose result the page takes, and whose own text, which
JavaScript gives, is the worker's script.
"""

import functools
import posixpath
import re

from snnviz.places import assets

_IMPORT = re.compile(r'^import (?:(\w+) from |\* as (\w+) from |\{([^{}]*)\} from )?"(\.[^"]+)";[ \t]*(?://.*)?$', re.MULTILINE)
_EXPORT = re.compile(r"^export (default )?(?=(?:async )?(?:function\*?|class|const) (\w+))", re.MULTILINE)
_WORKER = re.compile(r'new Worker\(new URL\("(\.[^"]+)", import\.meta\.url\), \{ type: "module" \}\)')
_LEFT_OVER = re.compile(r"^(?:import|export)\b.*|\bimport\s*\(.*|\bimport\.meta\b.*", re.MULTILINE)


@functools.cache
def bundle(entry: str) -> str:
    """A script of assets/ with all that it imports, as one text that imports nothing.

    It exports what the entry exports, so a script without exports also runs where there are no modules (a worker, say).

    Args:
        entry: its path below assets/, as in "scope/main.js".

    Raises:
        ValueError: a file imports itself by way of others, or a name that is not exported, or says what this cannot read.
    """
    texts = _Texts()
    texts.add(entry, ())
    last = _variable(entry)
    named = [name for name in texts.public[entry] if name != "default"]
    ends = [f"export const {{ {', '.join(named)} }} = {last};\n"] if named else []
    ends += [f"export default {last}.default;\n"] if "default" in texts.public[entry] else []
    return _lean("".join([*texts.written(), *ends]))


def _lean(text: str) -> str:
    """A script without its lines of comment, its empty lines and its indentation: a fifth less to send. No text in
    these files goes over several lines."""
    lines = (line.strip() for line in text.splitlines())
    return "".join(f"{line}\n" for line in lines if line and not line.startswith("//"))


class _Texts:
    """The files of a bundle as texts: of the page, of its worker. Each stands after those that it imports from."""

    def __init__(self) -> None:
        self.parts: dict[str, str] = {}
        self.public: dict[str, tuple[str, ...]] = {}
        self.worker: tuple[str, _Texts] | None = None  # its file, and that with all that it imports

    def written(self) -> list[str]:
        """All of it in order, what page and worker share once."""
        if not self.worker:
            return list(self.parts.values())
        file, texts = self.worker
        begin = texts.parts[file].replace(" = (() => {", " = () => {", 1).removesuffix(")();\n") + ";\n"
        shared = [text for name, text in texts.parts.items() if name != file]
        names = ", ".join(_variable(name) for name in texts.parts if name != file)
        script = f"`(${{$shared}})().{_variable(file)}();`"
        return [
            "const $shared = () => {\n", *shared, begin, f"return {{ {names}, {_variable(file)} }};\n}};\n",
            f"const {{ {names} }} = $shared();\n",
            "const $worker = () => {\n",
            f'const link = URL.createObjectURL(new Blob([{script}], {{ type: "text/javascript" }}));\n',
            "const made = new Worker(link);\nURL.revokeObjectURL(link);\nreturn made;\n};\n",
            *(text for name, text in self.parts.items() if name not in texts.parts),
        ]  # fmt: skip

    def add(self, file: str, above: tuple[str, ...]) -> None:
        """Add a file to the parts, after those that it imports from. `above`: the files on whose account it is added."""
        if file in above:
            raise ValueError(f"{file} imports itself: {' -> '.join([*above, file])}.")
        if file in self.parts:
            return
        text = (assets() / file).read_text(encoding="utf-8")
        for match in _IMPORT.finditer(text):
            self.add(_beside(file, match[4]), (*above, file))

        def imported(match: re.Match[str]) -> str:
            other = _beside(file, match[4])
            default, everything, names = match[1], match[2], [n.strip() for n in (match[3] or "").split(",") if n.strip()]
            imported_names = {n.split(" as ")[0].strip() for n in names} | ({"default"} if default else set())
            if missing := imported_names - set(self.public[other]):
                raise ValueError(f"{file} imports {', '.join(sorted(missing))} from {other}, which exports no such name.")
            if everything:
                return f"const {everything} = {_variable(other)};"
            taken = [f"default: {default}"] if default else [re.sub(r"\s+as\s+", ": ", n) for n in names]
            return f"const {{ {', '.join(taken)} }} = {_variable(other)};" if taken else ""

        def begun(match: re.Match[str]) -> str:
            other = _beside(file, match[1])
            if self.worker and self.worker[0] != other:
                raise ValueError(f"{file} begins a second worker, {other}: snnviz/live/scripts.py knows one.")
            self.worker = other, _Texts()
            self.worker[1].add(other, (*above, file))
            return "$worker()"

        exports = [(bool(match[1]), match[2]) for match in _EXPORT.finditer(text)]
        body = _without_comments(_WORKER.sub(begun, _EXPORT.sub("", _IMPORT.sub(imported, text))))
        if left := _LEFT_OVER.search(body):
            raise ValueError(f"{file} says {left[0].strip()[:80]!r}, which snnviz/live/scripts.py cannot read.")
        self.public[file] = tuple("default" if default else name for default, name in exports)
        returned = ", ".join(f"default: {name}" if default else name for default, name in exports)
        self.parts[file] = f"const {_variable(file)} = (() => {{\n{body}\nreturn {{ {returned} }};\n}})();\n"


def _beside(file: str, path: str) -> str:
    """The path below assets/ of what `file` imports."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(file), path))


def _variable(file: str) -> str:
    return "$" + re.sub(r"\W", "_", file.removesuffix(".js"))


def _without_comments(text: str) -> str:
    """The text without its comments, alone on a line or behind what it says: they are for readers of the files, and a sixth of what
    would travel. No text in these files says " // "."""
    return re.sub(r"[ \t]+// .*$", "", re.sub(r"^[ \t]*//.*\n", "", text, flags=re.MULTILINE), flags=re.MULTILINE)
