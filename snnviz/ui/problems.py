"""What can go wrong on a page, as one sentence that says what to do; never a traceback, and never silence."""

import collections
import errno
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from snnviz.methods.base import Unsuited
from snnviz.ui.words import literal

_LOG = logging.getLogger(__name__)
_MEMORY = "There is not enough memory on the server for this: choose fewer steps, neurons, samples or layers."

# The last faults of the app itself: exceptions that no page expects. The tests look here after each test.
faults: collections.deque[BaseException] = collections.deque(maxlen=20)


def sentence(problem: Exception) -> str | None:
    """What to tell the visitor of a problem that can be expected; None of one that is a fault of the app itself."""
    if isinstance(problem, MemoryError):
        return _MEMORY
    if isinstance(problem, OSError):
        return _of_files(problem)
    if isinstance(problem, RuntimeError):
        # torch's own words where it cannot allocate, on the CPU and on a GPU
        short = any(words in str(problem).lower() for words in ("can't allocate memory", "out of memory", "not enough memory"))
        return _MEMORY if short else str(problem) or None
    if isinstance(problem, (ValueError, TypeError, ArithmeticError)):
        return str(problem) or None
    return None


def _of_files(problem: OSError) -> str:
    where = f" {problem.filename}" if problem.filename else ""
    if problem.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"The server's disk is full{where and f', at{where}'}. Once there is space on it again, reload this page."
    if problem.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return (
            f"The server may not use{where or ' a file'}. Whoever runs it can give it the right to, or name other folders "
            "with SNNVIZ_HOME and SNNVIZ_CACHE."
        )
    if problem.errno is None:
        return str(problem) or "A file of the server cannot be used."
    return f"The server cannot use{where or ' a file'}: {problem.strerror}."


@contextmanager
def guarded(advice: bool = False) -> Iterator[None]:
    """Turn a complaint of the library, or of the machine, into one sentence on the page, and stop the page there.

    advice: the settings are possible one by one and do not go together, so the sentence says what to choose; nothing is wrong.
    """
    try:
        yield
    except Exception as problem:
        if (text := sentence(problem)) is None:
            raise
        _LOG.info("shown to the visitor: %s", problem, exc_info=True)
        if isinstance(problem, Unsuited) or (advice and isinstance(problem, (ValueError, TypeError))):
            st.info(literal(text), icon=":material/info:")
        else:
            st.error(literal(text), icon=":material/error:")
        st.stop()


@contextmanager
def last_resort() -> Iterator[None]:
    """Around a whole page: a sentence about whatever no guard within has caught."""
    try:
        yield
    except Exception as problem:
        expected = isinstance(problem, (OSError, MemoryError))
        if not expected:
            faults.append(problem)
        _LOG.exception("A page ended early.")
        st.error(
            literal(sentence(problem) or "")
            if expected
            else f"This page has met a fault of its own ({type(problem).__name__}), which the server's log describes. Your "
            "settings are kept: change the last one, or press Start in the menu and come back.",
            icon=":material/error:",
        )
