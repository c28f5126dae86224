"""Which process works on a run."""

import os
import socket


def here() -> str:
    """This process, as "host/process id"."""
    return f"{socket.gethostname()}/{os.getpid()}"


def is_gone(place: str) -> bool:
    """Whether a process of this machine is known to be gone."""
    host, _, pid = place.rpartition("/")
    if host != socket.gethostname() or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False
