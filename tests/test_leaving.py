"""Visitors who leave: Streamlit lets go of their sessions, and the memory goes back to the system."""

import asyncio
import concurrent.futures
import gc
import weakref

import pytest

from bench.visitors import Visitor
from snnviz import memory
from snnviz.ui import leaving
from tests.app_server import ROOT, running_app

COUNTING = """
import sys
sys.path.insert(0, {root!r})
import streamlit as st
from snnviz.ui import streamlit_private
st.markdown("sessions: " + str(streamlit_private.sessions()))
"""


def test_sessions_are_counted_and_those_of_long_ago_are_let_go(tmp_path):
    script = tmp_path / "counting.py"
    script.write_text(COUNTING.format(root=str(ROOT)), encoding="utf-8")

    async def visit(address: str) -> list[str]:
        visitors = [Visitor(address, "", number) for number in range(4)]
        first, second, third, fourth = visitors
        await first.look()
        await second.look()
        await second.leave()
        await third.look()  # the second one's session is kept for a second
        await asyncio.sleep(1.5)
        await fourth.look()
        for visitor in (first, third, fourth):
            await visitor.leave()
        return [visitor.texts[-1] for visitor in visitors]

    with (
        running_app(script, {"STREAMLIT_SERVER_DISCONNECTED_SESSION_TTL": "1"}) as url,
        concurrent.futures.ThreadPoolExecutor(1) as pool,  # a browser of another test may have its loop in this thread
    ):
        seen = pool.submit(lambda: asyncio.run(visit(f"{url}/"))).result()
    assert seen == ["sessions: 1", "sessions: 2", "sessions: 3", "sessions: 3"]


def test_memory_goes_back_when_there_are_fewer_sessions_and_thoroughly_after_the_last(monkeypatch):
    given, held = [], 0
    monkeypatch.setattr(memory, "give_back", lambda thoroughly: given.append(thoroughly))
    for now in (0, 2, 3, 3, 1, 0, 0):
        monkeypatch.setattr(leaving.streamlit_private, "sessions", lambda now=now: now)
        held = leaving.give_back(held)
    assert given == [False, True] and held == 0


@pytest.mark.parametrize("thoroughly", [False, True])
def test_what_was_excluded_from_collection_is_collected_thoroughly_only(thoroughly):
    class Session:
        """Refers to itself, as Streamlit's do."""

    session = Session()
    session.own, gone = session, weakref.ref(session)
    gc.collect()
    gc.freeze()
    del session
    try:
        memory.give_back(thoroughly)
        assert (gone() is None) is thoroughly
    finally:
        gc.unfreeze()
        gc.collect()
