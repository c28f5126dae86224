"""`snnviz static FILE.html`: the pages that live in the browser, as one file that needs no server and no network."""

import argparse
import os
import sys
from pathlib import Path

from snnviz.commands import Wrong


def static(arguments: argparse.Namespace) -> int:
    """The command `snnviz static`: write the pages that need no server into one file; its exit status."""
    from importlib.util import find_spec

    if find_spec("plotly") is None:
        raise Wrong('The colours of the figures are not installed: pip install "snnviz[app]".')
    from snnviz.backends import source
    from snnviz.live.static import page

    file: Path = arguments.file
    if file.is_dir() or not file.parent.is_dir():
        raise Wrong(f"{file} cannot be written: {'it is a folder' if file.is_dir() else 'its folder does not exist'}.")
    try:
        text = page().encode("utf-8")
    except source.NoCompiler as problem:
        raise Wrong(str(problem)) from None
    except RuntimeError as problem:
        raise Wrong(" ".join(str(problem).split())) from None
    part = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        part.write_bytes(text)
        part.replace(file)
    except OSError as problem:
        part.unlink(missing_ok=True)
        raise Wrong(f"{file} cannot be written: {problem.strerror or problem}.") from None
    print(f"{file}: {len(text) / 1000:.0f} kB. It opens in any browser, without a server and without a network.", file=sys.stderr)
    return 0
