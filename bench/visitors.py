"""Visitors without a browser: they speak Streamlit's protocol, keep cookies, and measure from a control's move to the last message
of the new page. And the app as one process, for them to visit."""

import asyncio
import contextlib
import http.cookiejar
import os
import pathlib
import random
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator

import psutil
import websockets
from streamlit.proto.Alert_pb2 import Alert
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.Navigation_pb2 import Navigation
from streamlit.proto.Slider_pb2 import Slider

ROOT = pathlib.Path(__file__).parents[1]
PAGES = {"neuron": "view=figure", "gradients": "", "sparsity": "", "derivative": "view=figure"}
PROCESS = "snnviz_process"  # the cookie by which nginx sends a visitor to the same process of the app, as in deploy/nginx.conf


class Visitor:
    """One session: opens a page, then moves its first slider to and fro.

    address: of the app, with a / at its end. waited: seconds of each answer. problems: what the pages said was wrong. texts: what
    stood on the last page.
    """

    def __init__(self, address: str, page: str, number: int, every: float = 2.0):
        self.address, self.page, self.every, self.random = address, page, every, random.Random(number)
        self.cookies = http.cookiejar.CookieJar()
        self.slider: Slider | None = None
        self.waited: list[float] = []
        self.problems: list[str] = []
        self.texts: list[str] = []

    def remember(self, name: str, value: str) -> None:
        """Have a cookie for this address, as a browser that was here before."""
        where = urllib.parse.urlsplit(self.address)
        host, path = where.hostname or "", where.path
        self.cookies.set_cookie(
            http.cookiejar.Cookie(0, name, value, None, False, host, True, False, path, True, False, None, False, None, None, {})
        )

    @property
    def process(self) -> str:
        """The number of the app's process that this visitor is sent to; "" where there is only one."""
        return next((cookie.value or "" for cookie in self.cookies if cookie.name == PROCESS), "")

    async def open(self) -> None:
        """`look` at a page that has a slider."""
        await self.look()
        self.first_slider()

    def first_slider(self) -> Slider:
        """The slider that the visitor moves: the page's first.

        Raises:
            RuntimeError: the page has none.
        """
        if self.slider is None:
            raise RuntimeError(f"{self.page} has no slider.")
        return self.slider

    async def look(self) -> None:
        """Open the page as a browser does, and wait until it is drawn."""
        await asyncio.to_thread(self._enter)
        address = urllib.parse.urlsplit(self.address)
        request = urllib.request.Request(self.address)
        self.cookies.add_cookie_header(request)
        cookies = request.get_header("Cookie")
        self.socket = await websockets.connect(
            f"ws://{address.netloc}{address.path}_stcore/stream",
            subprotocols=[websockets.Subprotocol("streamlit")],
            origin=websockets.Origin(f"{address.scheme}://{address.netloc}"),
            additional_headers={"Cookie": cookies} if cookies else None,
            max_size=None,
            open_timeout=60,
        )
        await self._run(None)

    def _enter(self) -> None:
        browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))
        for part in ("", "_stcore/health"):
            browser.open(self.address + part, timeout=60).read()

    async def move(self) -> None:
        slider = self.first_slider()
        low, high, step = slider.min, slider.max, slider.step
        start = time.perf_counter()
        await self._run(low + step * self.random.randint(0, int((high - low) / step)))
        self.waited.append(time.perf_counter() - start)

    async def visit(self, moves: int) -> None:
        await asyncio.sleep(self.random.uniform(0, self.every))
        for _ in range(moves):
            due = time.perf_counter() + self.every
            await self.move()
            await asyncio.sleep(max(0.0, due - time.perf_counter()))

    async def leave(self) -> None:
        await self.socket.close()

    async def _run(self, value: float | None) -> None:
        request = BackMsg()
        request.rerun_script.page_name = self.page
        request.rerun_script.query_string = PAGES.get(self.page, "")
        if value is not None:
            state = request.rerun_script.widget_states.widgets.add()
            state.id = self.first_slider().id
            state.double_array_value.data.append(value)
        self.texts.clear()
        await self.socket.send(request.SerializeToString())
        async for data in self.socket:
            message = ForwardMsg()
            message.ParseFromString(data.encode() if isinstance(data, str) else bytes(data))
            self._note(message.delta.new_element)
            self._note_menu(message)
            if message.WhichOneof("type") == "script_finished":
                if message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
                    return
                if message.script_finished == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
                    raise RuntimeError(f"{self.page} could not be compiled.")
        raise ConnectionError(f"{self.page}: the server has closed the connection.")

    def _note_menu(self, message: ForwardMsg) -> None:
        """A fresh server must not offer the files of pages/ as a menu, nor call an address of ours unknown."""
        menu, shown = message.navigation, message.navigation.position == Navigation.Position.SIDEBAR
        if message.WhichOneof("type") == "navigation" and shown and any(page.page_name == "app" for page in menu.app_pages):
            self.problems.append(f"{self.page}: the menu lists files: {', '.join(page.page_name for page in menu.app_pages)}")
        if message.WhichOneof("type") == "page_not_found":
            self.problems.append(f"{self.page}: there is no such page, says Streamlit")

    def _note(self, element) -> None:
        if element.HasField("exception"):
            self.problems.append(f"{self.page}: {element.exception.type}: {element.exception.message}")
        if element.HasField("alert") and element.alert.format == Alert.ERROR:
            self.problems.append(f"{self.page}: {element.alert.body}")
        if element.HasField("markdown"):
            self.texts.append(element.markdown.body)
        if element.HasField("progress"):
            self.texts.append(element.progress.text)
        slider = element.slider
        if self.slider is None and slider.id and not slider.options and slider.max > slider.min and len(slider.default) == 1:
            self.slider = slider


@contextlib.contextmanager
def server() -> Iterator[tuple[str, psutil.Process]]:
    """The app as one process on a free port, with an empty store: its address and process."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    with tempfile.TemporaryDirectory() as home:
        process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={port}", "--server.address=127.0.0.1"],
            cwd=ROOT,
            env=os.environ | {"SNNVIZ_HOME": home},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            while process.poll() is None:
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                    break
                time.sleep(0.05)
            yield f"http://127.0.0.1:{port}/", psutil.Process(process.pid)
        finally:
            process.terminate()
            process.wait(10)


async def together(address: str, sessions: int) -> list[str]:
    """Open that many pages at once, of all kinds; what was wrong on any of them."""
    from app import PAGES as entries

    pages = [*(entry.address for entry in entries), "start"]
    visitors = [Visitor(address, pages[i % len(pages)], i) for i in range(sessions)]
    await asyncio.gather(*(visitor.look() for visitor in visitors))
    for visitor in visitors:
        await visitor.leave()
    return [problem for visitor in visitors for problem in visitor.problems]
