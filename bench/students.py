"""A student of a class without a browser: a session that joins by the code, chooses in a lesson, and looks at the class as often as
a browser does. `bench.class` lets sixty of them take part."""

import asyncio
import functools
import time
from collections.abc import Callable

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from bench.visitors import Visitor

LESSON = "lesson=leaky-bucket&step=1"
CHOICES = "abcd"
PATIENCE = 60.0  # seconds after which an answer counts as an error


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
        """Join by the code; the class's page looks at the class from then on."""
        await self.look()

        def fill() -> BackMsg:
            request = self._request()
            for label, kind, content in (("Join code", "string_value", self.code), ("Join", "trigger_value", True)):
                state = request.rerun_script.widget_states.widgets.add()
                state.id = self.widgets[label]
                setattr(state, kind, content)
            return request

        await self._send(fill)
        if not any(label == "Leave the class" for label in self.widgets):
            raise RuntimeError(f"The code opened no seat: {' / '.join(self.texts)[:200]!r}.")
        self.tasks.append(asyncio.create_task(self._look_again()))

    async def open_lesson(self) -> None:
        """Open the lesson as its link does."""
        self.page, self.query, self.page_hash = "neuron", LESSON, ""
        await self._ask()
        if not any(label.startswith("**a**") for label in self.widgets):
            raise RuntimeError("The lesson asks nothing.")

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
