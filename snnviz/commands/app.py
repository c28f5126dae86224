"""`snnviz app`: build what is missing, load what every page needs, and only then open the app for visitors."""

import argparse
import os
import subprocess
import sys

from snnviz.commands import Wrong
from snnviz.commands.build import build


def app(arguments: argparse.Namespace) -> int:
    """Hand over to a process of its own, because torch reads OMP_WAIT_POLICY when it is loaded, and here it is loaded already."""
    from importlib.util import find_spec

    if find_spec("streamlit") is None:
        raise Wrong('The app is not installed: pip install "snnviz[app]".')
    try:
        build(arguments)
    except Wrong as problem:
        print(f"snnviz: {problem}", file=sys.stderr)  # the app runs without, and its sidebar says so
    command = [sys.executable, "-m", "snnviz.ui.serve", f"--server.port={arguments.port}", *arguments.streamlit]
    environment = {"OMP_WAIT_POLICY": "PASSIVE"} | os.environ
    if os.name == "posix":
        os.execve(command[0], command, environment)  # so that a signal to this process ends the app
    return subprocess.call(command, env=environment)
