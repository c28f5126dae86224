"""A class of sixty in one lesson before the app as `deploy/up` starts it: `python -m bench.class --minutes 10`.

Each student joins by the code over Streamlit's own protocol, opens the lesson's first step, lets the page look at the class as
often as a browser does, and makes a choice every ten seconds, which the teacher holds back. The teacher's console stands in a real
browser. Students, browser and servers share the machine's cores. It starts a stack of its own in a temporary folder, and ends it.
"""

import argparse
import asyncio
import contextlib
import functools
import os
import re
import shutil
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import websockets
from playwright.async_api import Page, async_playwright
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from bench.common import save
from bench.crowd import own_stack, percentile, resident
from bench.visitors import Visitor
from deploy.settings import Settings
from deploy.stack import Stack

LESSON = "lesson=leaky-bucket&step=1"
CHOICES = "abcd"
AT_ONCE = 6  # students who open their page at the same moment
PATIENCE = 60.0  # seconds after which an answer counts as an error
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]


class Student(Visitor):
    """A session that joins a class and chooses in a lesson.

    waited: seconds from a choice to the last message of the new page. looks: seconds of each look at the class. errors go to
    `problems`.
    """

    def __init__(self, address: str, number: int, code: str, every: float):
        super().__init__(address, "class", number, every)
        self.code, self.query, self.looks = code, f"join={code}", []
        self.widgets: dict[str, str] = {}  # ids by label
        self.fragments: dict[str, tuple[float, float]] = {}  # by id: the interval, and when the next look is due
        self.page_hash, self.turn, self.answer = "", asyncio.Lock(), None
        self.looking = False
        self.tasks: list[asyncio.Task] = []

    async def _run(self, value: float | None) -> None:
        """The first run of a page, by `look`."""
        self.tasks = [asyncio.create_task(self._listen())]
        await self._ask()

    async def join(self) -> None:
        """Join by the code, then open the lesson as its link does."""
        await self.look()

        def fill() -> BackMsg:
            request = self._request()
            for label, kind, content in (("Join code", "string_value", self.code), ("Join", "trigger_value", True)):
                state = request.rerun_script.widget_states.widgets.add()
                state.id = self.widgets[label]
                setattr(state, kind, content)
            return request

        await self._send(fill)
        self.page, self.query, self.page_hash = "neuron", LESSON, ""
        await self._ask()
        if not any(label.startswith("**a**") for label in self.widgets):
            raise RuntimeError("The lesson asks nothing.")
        self.tasks.append(asyncio.create_task(self._look_again()))

    async def choose(self) -> None:
        """Press a choice of the lesson's question and wait for the page."""
        letter, begun = self.random.choice(CHOICES), time.perf_counter()

        def press() -> BackMsg:
            button = next((id for label, id in self.widgets.items() if label.startswith(f"**{letter}**")), None)
            if button is None:
                raise RuntimeError(f"The page has no choice {letter}; it says {' / '.join(self.texts)[:200]!r}.")
            request = self._request()
            state = request.rerun_script.widget_states.widgets.add()
            state.id, state.trigger_value = button, True
            return request

        await self._send(press)
        self.waited.append(time.perf_counter() - begun)

    async def take_part(self, until: float) -> None:
        """Choose again and again until that moment of `time.perf_counter`."""
        await asyncio.sleep(self.random.uniform(0, self.every))
        while time.perf_counter() < until:
            due = time.perf_counter() + self.every
            try:
                await self.choose()
            except (TimeoutError, OSError, RuntimeError, websockets.WebSocketException) as problem:
                self.problems.append(f"a choice: {type(problem).__name__} {problem}")
            await asyncio.sleep(max(0.0, due - time.perf_counter()))

    async def leave(self) -> None:
        """Close the page."""
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        await super().leave()

    def _request(self, fragment: str = "") -> BackMsg:
        request = BackMsg()
        ask = request.rerun_script
        ask.query_string, ask.page_name, ask.page_script_hash = self.query, "" if self.page_hash else self.page, self.page_hash
        ask.fragment_id, ask.is_auto_rerun = fragment, bool(fragment)
        ask.context_info.url = f"{self.address}{self.page}"
        return request

    async def _ask(self) -> None:
        await self._send(self._request)

    async def _send(self, make: Callable[[], BackMsg]) -> None:
        """Send a request, made when those before it are answered, and wait for its answer."""
        async with self.turn:
            request = make()
            self.looking = bool(request.rerun_script.fragment_id)
            self.answer = asyncio.get_running_loop().create_future()
            await self.socket.send(request.SerializeToString())
            await asyncio.wait_for(self.answer, PATIENCE)

    async def _listen(self) -> None:
        try:
            await self._hear()
        except Exception as problem:
            self.problems.append(f"the connection: {type(problem).__name__} {problem}")
        else:
            self.problems.append("the connection: closed by the server")

    async def _hear(self) -> None:
        async for data in self.socket:
            message = ForwardMsg()
            message.ParseFromString(data.encode() if isinstance(data, str) else bytes(data))
            kind = message.WhichOneof("type")
            if kind == "new_session" and not self.looking:
                self.fragments.clear()
                self.widgets.clear()
            elif kind == "new_session":
                self.looking = False  # another one before the end: the look has the whole page drawn anew
            elif kind == "navigation":
                self.page_hash = message.navigation.page_script_hash
            elif kind == "page_info_changed":
                self.query = message.page_info_changed.query_string
            elif kind == "auto_rerun":
                interval = message.auto_rerun.interval
                self.fragments[message.auto_rerun.fragment_id] = interval, time.perf_counter() + interval
            elif kind == "delta":
                element = message.delta.new_element
                self._note(element)
                for widget in (element.button, element.text_input):
                    if widget.id:
                        self.widgets[widget.label] = widget.id
            elif kind == "script_finished" and message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                if message.script_finished == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
                    self.problems.append(f"{self.page} could not be compiled.")
                if self.answer is not None and not self.answer.done():
                    self.answer.set_result(None)

    async def _look_again(self) -> None:
        """What a browser does for `run_every`: run the fragment anew when its time has come."""
        while True:
            await asyncio.sleep(0.1)
            for fragment, (interval, due) in list(self.fragments.items()):
                begun = time.perf_counter()
                if begun < due or fragment not in self.fragments:
                    continue
                try:
                    await self._send(functools.partial(self._request, fragment))
                except TimeoutError:
                    self.problems.append("a look at the class: no answer")
                except (OSError, websockets.WebSocketException):
                    return  # said by `_listen`
                now = time.perf_counter()
                self.looks.append(now - begun)
                if fragment in self.fragments:
                    self.fragments[fragment] = interval, max(begun + interval, now)


async def opened_by_teacher(page: Page, address: str) -> str:
    """Open a class in a browser; its code."""
    await page.goto(f"{address}class", timeout=60_000)
    await page.get_by_role("button", name="Open a class", exact=True).click(timeout=60_000)
    heading = page.locator("h1.code")
    await heading.wait_for(timeout=60_000)
    return await heading.inner_text()


async def shown_counts(page: Page) -> int:
    """How many choices the teacher's histogram has."""
    return sum(map(int, await page.locator(".st-key-class-poll .bar b").all_inner_texts()))


def usage(stack: Stack, settings: Settings) -> tuple[float, float]:
    """MiB of the app's processes, and the seconds of processor time that they have taken so far."""
    times = [process.cpu_times() for name in settings.apps if (process := stack.running(name)) is not None]
    return resident(stack, settings), sum(time.user + time.system for time in times)


async def campaign(arguments: argparse.Namespace, address: str, measure: Callable[[], tuple[float, float]]) -> dict[str, Any]:
    def say(what: str) -> None:
        print(f"{time.perf_counter() - begun:4.0f} s  {what}", flush=True)

    begun, errors = time.perf_counter(), []
    browser_path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=browser_path, args=FLAGS)
        page = await browser.new_page(viewport={"width": 1280, "height": 720})
        page.on("pageerror", lambda problem: errors.append(f"console: {problem}"))
        code = await opened_by_teacher(page, address)
        students = [Student(address, number, code, arguments.every) for number in range(arguments.students)]
        gate = asyncio.Semaphore(AT_ONCE)

        async def come(student: Student) -> None:
            async with gate:
                await student.join()

        await asyncio.gather(*(come(student) for student in students))
        say(f"class {code}: {len(students)} are in the lesson, on {sorted({s.process for s in students})}; they choose")
        sizes, until, worked = [], time.perf_counter() + 60 * arguments.minutes, measure()[1]

        async def weigh() -> None:
            while time.perf_counter() < until:
                await asyncio.sleep(min(10.0, 6 * arguments.minutes))
                sizes.append((time.perf_counter() - begun, measure()[0]))

        await asyncio.gather(weigh(), *(student.take_part(until) for student in students))
        cores = (measure()[1] - worked) / (60 * arguments.minutes)
        say("they have chosen")
        with contextlib.suppress(Exception):
            await page.wait_for_function(
                "n => [...document.querySelectorAll('.st-key-class-poll .bar b')].reduce((s, b) => s + +b.innerText, 0) === n",
                arg=len(students),
                timeout=20_000,
            )
        counted = await shown_counts(page)
        here = await page.locator(".number b").inner_text()
        if arguments.picture:
            await page.screenshot(path=arguments.picture)
        await page.get_by_role("button", name="End class").click()
        await page.get_by_role("button", name="End the class for all").click()
        await page.get_by_text(re.compile("nothing of it is kept")).wait_for(timeout=20_000)
        for student in students:
            await student.leave()
        await browser.close()
    waited = [seconds for student in students for seconds in student.waited]
    looks = [seconds for student in students for seconds in student.looks]
    errors += [problem for student in students for problem in student.problems]
    for problem in errors[:10]:
        print("   ", problem, flush=True)
    late = [size for at, size in sizes if at > sizes[-1][0] / 4] if sizes else []
    return {
        "students": len(students),
        "minutes": arguments.minutes,
        "choices": len(waited),
        "median s": statistics.median(waited) if waited else float("nan"),
        "95 % s": percentile(waited, 0.95),
        "worst s": max(waited, default=float("nan")),
        "looks": len(looks),
        "look, median s": statistics.median(looks) if looks else float("nan"),
        "look, worst s": max(looks, default=float("nan")),
        "cores of the app": cores,
        "errors": len(errors),
        "choices on the console": counted,
        "here on the console": int(here),
        "MiB with them": sizes[0][1] if sizes else float("nan"),
        "MiB after a quarter": late[0] if late else float("nan"),
        "MiB at the end": sizes[-1][1] if sizes else float("nan"),
    }


def verdicts(result: dict[str, Any]) -> list[tuple[str, str, str, bool]]:
    """What was asked for: name, limit, measured, met."""
    grown = result["MiB at the end"] / result["MiB after a quarter"] - 1
    return [
        ("median answer to a choice", "< 0.5 s", f"{result['median s']:.2f} s", result["median s"] < 0.5),
        ("worst answer", "< 3 s", f"{result['worst s']:.2f} s", result["worst s"] < 3),
        ("errors", "0", str(result["errors"]), result["errors"] == 0),
        (
            "choices on the teacher's screen", str(result["students"]), str(result["choices on the console"]),
            result["choices on the console"] == result["students"],
        ),
        ("memory, from a quarter of the time to its end", "within 5 %", f"{100 * grown:+.1f} %", grown <= 0.05),
    ]  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--students", type=int, default=60)
    parser.add_argument("--every", type=float, default=10.0, help="seconds between two choices of a student")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--picture", help="where to save a picture of the console at the end")
    parser.add_argument("--address", help="visit the app there instead, without a look at its memory")
    parser.add_argument("--no-save", action="store_true", help="only print")
    arguments = parser.parse_args()
    if arguments.address:
        result = asyncio.run(campaign(arguments, arguments.address.rstrip("/") + "/", lambda: (float("nan"), float("nan"))))
        print(result)
        return 0
    with own_stack(arguments.processes) as (stack, settings):
        result = asyncio.run(campaign(arguments, settings.address, functools.partial(usage, stack, settings)))
        result["processes"] = settings.processes
    rows = verdicts(result)
    print("\n| | limit | measured | |\n|---|---|---|---|")
    print("\n".join(f"| {name} | {limit} | {measured} | {'yes' if met else '**no**'} |" for name, limit, measured, met in rows))
    made = f"{result['choices']} choices and {result['looks']} looks of {result['students']} students"
    print(f"\n{made} kept {result['cores of the app']:.2f} cores busy.")
    if not arguments.no_save:
        print("saved to", save("class", [result]))
    return int(not all(met for *_, met in rows))


if __name__ == "__main__":
    sys.exit(main())
