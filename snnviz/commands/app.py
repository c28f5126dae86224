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
    print(_welcome(arguments.host, arguments.port), flush=True)
    command = [
        sys.executable,
        "-m",
        "snnviz.ui.serve",
        f"--server.address={arguments.host}",
        f"--server.port={arguments.port}",
        *arguments.streamlit,
    ]
    # With an arena for each of the many threads, what visitors leave behind is scattered, and never goes back to the system.
    environment = {"OMP_WAIT_POLICY": "PASSIVE", "MALLOC_ARENA_MAX": "2"} | os.environ
    if os.name == "posix":
        os.execve(command[0], command, environment)  # so that a signal to this process ends the app
    return subprocess.call(command, env=environment)


def _welcome(host: str, port: int) -> str:
    """Who can open the app, how a class can, and the key of whoever runs it."""
    from snnviz.runs import rights

    here = host in ("127.0.0.1", "localhost", "::1")
    who = (
        "This machine alone can open the app. To open it to a class: snnviz app --host 0.0.0.0 (make app HOST=0.0.0.0)."
        if here
        else "Everybody who reaches this machine can open the app."
    )
    own = f"http://{'localhost' if here or host == '0.0.0.0' else host}:{port}/"
    if os.environ.get(rights.KEY):
        return f"{who}\nWho opens {own}?key=... with the key in {rights.KEY} may stop and delete everybody's runs."
    return f"{who}\nWho opens {own}?key={rights.server_key()} may stop and delete everybody's runs ({rights.KEY} sets another key)."
