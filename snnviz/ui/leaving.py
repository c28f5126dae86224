"""What visitors leave behind when they go: their sessions, and the memory of those, given back to the system.

Streamlit keeps the session of somebody whose connection ended for `server.disconnectedSessionTTL` seconds, and lets go of it when
another one ends; after the last of a class it would stay for the night. And Python keeps what it has freed for its own later use.
"""

import contextlib
import functools
import threading
import time

from snnviz import memory
from snnviz.ui import streamlit_private

EVERY = 10.0  # seconds between two looks


@functools.cache
def begin() -> None:
    """Look after those who leave, from now on, in a thread of its own; once in a process."""
    threading.Thread(target=_look_after, daemon=True, name="snnviz-leaving").start()


def _look_after() -> None:
    held = 0
    while True:
        time.sleep(EVERY)
        with contextlib.suppress(Exception):  # of a server that ends meanwhile
            held = give_back(held)


def give_back(held: int) -> int:
    """Give memory back if fewer sessions are held than before, and return how many are held now."""
    now = streamlit_private.sessions()
    if now < held:
        memory.give_back(thoroughly=not now)
    return now
