"""How far a computation has come, how long it may take, and that the page which waits for it can be moved on, left and stopped."""

import os
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from snnviz import waiting
from snnviz.experiments import Experiment, compare_gradients, simulate
from snnviz.methods import BPTT, Exodus
from snnviz.studies.smooth_spike import smooth_gradients
from snnviz.ui import cache, computing

# How far it has come.


def test_steps_within_steps_are_parts_of_the_whole():
    watch, seen = waiting.Watch(), []
    with waiting.watched(watch):
        for _ in waiting.steps("ab", "method"):
            for part in range(2):
                with waiting.part(part, 2):
                    for _ in waiting.steps(iter(range(5)), "step", 5):
                        seen.append((round(watch.share, 6), watch.words))
    assert [share for share, _ in seen] == pytest.approx(np.arange(20) / 20)
    assert (seen[0][1], seen[12][1]) == ("Method 1 of 2, step 1 of 5", "Method 2 of 2, step 3 of 5")
    assert watch.share == 1 and watch.words == ""
    assert list(waiting.steps("ab", "nothing")) == ["a", "b"], "without a watch nothing is counted"


def test_an_end_that_comes_early_leaves_the_counter_where_it_stood():
    watch = waiting.Watch()
    with waiting.watched(watch):
        for _ in waiting.steps(range(2), "outer"):
            for step in waiting.steps(range(4), "inner"):
                if step == 1:
                    break
            assert watch.words.startswith("Outer") and "inner" not in watch.words
    assert watch.share == 1


class Looked(waiting.Watch):
    """A watch that notes its share whenever it is asked."""

    def __init__(self):
        super().__init__()
        self.shares = []

    def go_on(self):
        self.shares.append(self.share)
        super().go_on()


COUNTED = {
    "simulate": lambda: simulate(Experiment(steps=2000), "reference"),
    "compare": lambda: compare_gradients(Experiment(steps=1500), [BPTT(), Exodus()], "reference"),
    "smooth": lambda: smooth_gradients(Experiment(steps=60), [BPTT()]),
}


@pytest.mark.parametrize("compute", COUNTED.values(), ids=list(COUNTED))
def test_a_share_grows_evenly_to_its_end(compute):
    watch = Looked()
    with waiting.watched(watch):
        compute()
    assert watch.shares == sorted(watch.shares) and watch.shares[0] == 0 and watch.shares[-1] > 0.9
    assert max(np.diff(watch.shares)) <= 0.35


# How long it may take.


def test_what_takes_too_long_ends(monkeypatch):
    with pytest.raises(waiting.Late), waiting.watched(waiting.Watch(limit=0.05)):
        for _ in waiting.steps(range(1000), "step"):
            time.sleep(0.01)
    monkeypatch.setenv("SNNVIZ_SECONDS", "7.5")
    assert waiting.limit() == 7.5
    monkeypatch.setenv("SNNVIZ_SECONDS", "two")
    with pytest.raises(ValueError, match="SNNVIZ_SECONDS = 'two' is no number of seconds"):
        waiting.limit()


def test_an_estimate_is_refused_only_where_a_page_waits():
    waiting.check(lambda: 1e9, "This run", "lower the steps")
    with waiting.watched(waiting.Watch(limit=120)):
        waiting.check(lambda: 119, "This run", "lower the steps")
        with pytest.raises(ValueError, match=r"^This would take about 5 minutes, and a page waits 2 minutes at most: lower it\.$"):
            waiting.check(lambda: 300, "This", "lower it")
    assert [waiting.in_words(s) for s in (0.1, 99, 100, 7100, 36_000)] == ["1 s", "99 s", "2 minutes", "118 minutes", "10 hours"]


# A page that waits.

BAR = "[class*=st-key-computing-bar]"

EVENTS: dict = {}


def page():
    import streamlit as st

    from snnviz import waiting
    from snnviz.ui import computing, streamlit_private
    from tests.test_waiting import EVENTS, compute

    try:
        with (
            computing.shown_in(st.empty()),
            waiting.watched(waiting.Watch(streamlit_private.abandoned())),
        ):
            number = st.number_input("number", value=EVENTS.get("number", 1), step=1)
            EVENTS["script"](number)
            st.title(computing.result(f"test {number}", lambda: compute(number)))
    except waiting.Abandoned:
        EVENTS["left"].append(number)
        streamlit_private.give_way()


def compute(number):
    EVENTS["begun"].append(number)
    try:
        for _ in waiting.steps(range(EVENTS["steps"]), "step"):
            time.sleep(0.01)
        EVENTS["ended"].append(number)
    except waiting.Abandoned:
        EVENTS["abandoned"].append((number, time.monotonic()))
        raise
    return f"result {number}"


@pytest.fixture
def events():
    EVENTS.clear()
    EVENTS.update(begun=[], ended=[], abandoned=[], left=[], steps=20, script=lambda number: None)
    yield EVENTS
    deadline = time.monotonic() + 5
    while computing._running and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not computing._running and not computing._tasks


def request_rerun_after(seconds, **state):
    """Let the page that runs now be asked for another run, as a moved control does."""
    from streamlit.runtime.scriptrunner import RerunData, get_script_run_ctx

    requests = get_script_run_ctx().script_requests

    def move():
        EVENTS.update(state, moved=time.monotonic())
        requests.request_rerun(RerunData())

    threading.Timer(seconds, move).start()


def test_a_result_is_on_the_page_and_progress_is_gone(events):
    at = AppTest.from_function(page, default_timeout=30).run()
    assert at.title[0].value == "result 1" and not at.button and (events["begun"], events["ended"]) == ([1], [1])


def test_several_computations_of_one_page_show_their_progress_one_after_the_other(events):
    def script(number):
        for part in "ab":
            assert computing.result(f"{part} {number}", lambda part=part: compute(part)) == f"result {part}"

    events["steps"], events["script"] = 100, script
    at = AppTest.from_function(page, default_timeout=30).run()
    assert not at.exception and at.title[0].value == "result 1" and events["ended"] == ["a", "b", 1]


def test_a_moved_control_ends_the_old_computation_within_a_second(events):
    def script(number):
        if events["left"]:
            events["steps"] = 5
        else:
            events["steps"] = 10_000
            request_rerun_after(0.5, number=2)

    events["script"] = script
    at = AppTest.from_function(page, default_timeout=30).run()
    assert at.title[0].value == "result 2" and events["begun"] == [1, 2] and events["ended"] == [2]
    ((number, at_time),) = events["abandoned"]
    assert number == 1 and at_time - events["moved"] < 1


def test_a_run_that_wants_the_same_again_goes_on_with_it(events):
    def script(number):
        if not events["left"]:
            events["steps"] = 100
            request_rerun_after(0.4)

    events["script"] = script
    at = AppTest.from_function(page, default_timeout=30).run()
    assert at.title[0].value == "result 1" and (events["begun"], events["ended"], events["left"]) == ([1], [1], [1])


def test_stop_ends_it_and_the_page_says_so_until_it_is_asked_for_again(events):
    def script(number):
        if not events["left"]:
            events["steps"] = 10_000
            request_rerun_after(0.8)
        elif not events["abandoned"] and "pressed" not in events:
            events["pressed"] = time.monotonic()
            computing._stop("test 1")  # as its button does, before the run that follows

    events["script"] = script
    at = AppTest.from_function(page, default_timeout=30).run()
    assert "You have stopped this" in at.info[0].value and not at.title
    while not events["abandoned"] and time.monotonic() < events["pressed"] + 5:
        time.sleep(0.01)
    assert events["abandoned"][0][1] - events["pressed"] < 0.4, "it was ended, and not left to its grace"
    at.run()
    assert not at.title and events["begun"] == [1]
    events["steps"] = 3
    at.button(key="computing-again").click().run()
    assert at.title[0].value == "result 1"


def test_visitors_who_want_the_same_wait_for_the_same(events):
    events["steps"] = 60
    pages = [AppTest.from_function(page, default_timeout=30) for _ in range(3)]
    threads = [threading.Thread(target=at.run) for at in pages]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [at.title[0].value for at in pages] == ["result 1"] * 3 and events["begun"] == [1]


def test_what_the_computation_raises_is_raised_on_the_page(events, monkeypatch):
    monkeypatch.setenv("SNNVIZ_SECONDS", "0.1")
    with pytest.raises(ValueError, match=r"This took longer than 1 s, which is what a page waits at most, and was ended"):
        computing.result("late", lambda: compute(1))
    with pytest.raises(ValueError, match="This took longer than 1 s"):  # it does not ask, and is left behind
        computing.result("deaf", lambda: time.sleep(0.6))
    with pytest.raises(ZeroDivisionError):
        computing.result("wrong", lambda: 1 / 0)


def test_a_call_that_cannot_be_stopped_is_left_behind_and_holds_its_memory(events, monkeypatch):
    """A kernel of one long call: the page moves on at once; the account counts its bytes until it is back."""
    from snnviz import account

    goes_on, gib = threading.Event(), 2**30
    monkeypatch.setattr(account.LEDGER, "_measure", lambda: 64 * gib)
    monkeypatch.setattr(computing, "SETTLE", 0.0)
    monkeypatch.setattr(computing, "_TURNS", waiting.Turns(4, 4))

    def call():
        with account.held(gib, "This", "lower it"):
            goes_on.wait(10)

    start = time.monotonic()
    with pytest.raises(waiting.Abandoned), waiting.watched(waiting.Watch(lambda: time.monotonic() - start > 0.3)):
        computing.result("long", call)
    assert time.monotonic() - start < 1 and account.LEDGER.others == gib
    assert computing.result("short", lambda: 7) == 7
    assert account.LEDGER.others == gib
    goes_on.set()
    (left,) = computing._running
    assert left.done.wait(5) and account.LEDGER.others == 0


def test_each_reader_of_a_kept_result_gets_its_own():
    made = cache.cached(np.zeros)(3)
    made += 1
    assert cache.cached(np.zeros)(3).tolist() == [0, 0, 0]


@pytest.mark.browser
def test_a_long_run_shows_its_progress_is_stopped_and_ends_when_a_control_is_moved(visit, app_url):
    page = visit("neuron", backend="reference", view="figure", run__steps="20").page
    bar = page.locator(BAR)
    assert not bar.count()
    page.goto(f"{app_url}/neuron?backend=reference&view=figure&run.steps=900000")
    bar.get_by_text("of 900,000").wait_for(timeout=60_000)
    bar.get_by_role("button", name="Stop").click()
    page.get_by_text("You have stopped this.").wait_for(timeout=10_000)
    bar.wait_for(state="detached", timeout=10_000)
    page.get_by_role("button", name="Compute it").click()
    bar.get_by_text("of 900,000").wait_for(timeout=30_000)
    step = """() => {
      const says = document.querySelector("[class*=st-key-computing-bar]")?.innerText.match(/Step ([\\d,]+) of/);
      return says ? Number(says[1].replaceAll(",", "")) : NaN;
    }"""
    page.wait_for_function(f"() => ({step})() > 40_000", timeout=120_000)
    page.locator("main").get_by_role("slider").first.press("ArrowRight")
    # On two cores a visitor computes one thing at a time: the next one begins only when the first has ended.
    page.wait_for_function(f"() => ({step})() < 40_000", timeout=30_000)
    assert "tau_mem" in page.url
    page.goto("about:blank")


def seconds_spent(process: str) -> float:
    """CPU time of a process so far."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.browser
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="It reads what the server computes from Linux's /proc.")
def test_what_a_closed_tab_computes_ends_within_seconds(chromium, app_url):
    port = f"--server.port={app_url.rpartition(':')[2]}".encode()
    (server,) = (path.parent.name for path in Path("/proc").glob("[0-9]*/cmdline") if port in path.read_bytes().split(b"\0"))
    tab = chromium.new_page()
    tab.goto(f"{app_url}/neuron?backend=reference&view=figure&run.steps=900000")
    tab.locator(BAR).get_by_text("of 900,000").wait_for(timeout=60_000)

    def spends(seconds: float) -> float:
        """CPU time in a second."""
        before = seconds_spent(server)
        time.sleep(seconds)
        return (seconds_spent(server) - before) / seconds

    computing = spends(2)
    tab.close()
    end = time.monotonic() + 10
    while (idle := spends(1)) > computing / 5 and time.monotonic() < end:
        pass
    assert idle < computing / 5, (computing, idle)
