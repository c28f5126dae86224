"""Many visitors at once: `python -m bench.sessions`. Each opens a page and then moves a slider every two seconds.

The app runs as a visitor's would; the visitors speak Streamlit's protocol without a browser, so that what is measured is the
server: from a slider's move to the last message of the new page. Memory is the server process's resident set.
"""

import argparse
import asyncio
import contextlib
import os
import pathlib
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time

import psutil
import websockets
from streamlit.proto.Alert_pb2 import Alert
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from bench.common import save, table

ROOT = pathlib.Path(__file__).parents[1]
PAGES = {"neuron": "view=figure", "gradients": "", "sparsity": "", "derivative": "view=figure"}
EVERY = 2.0  # seconds between two moves of one visitor
MIB = 1 << 20


class Visitor:
    """One session: opens a page, then moves its first slider to and fro."""

    def __init__(self, page: str, number: int):
        self.page, self.random = page, random.Random(number)
        self.slider = None
        self.waited: list[float] = []
        self.problems: list[str] = []  # what the pages said was wrong

    async def open(self, port: int) -> None:
        await self.look(port)
        if self.slider is None:
            raise RuntimeError(f"{self.page} has no slider.")

    async def look(self, port: int) -> None:
        """Open the page, and wait until it is drawn."""
        self.socket = await websockets.connect(
            f"ws://127.0.0.1:{port}/_stcore/stream", subprotocols=["streamlit"], origin=f"http://127.0.0.1:{port}", max_size=None
        )
        await self._run(None)

    async def move(self) -> None:
        low, high, step = self.slider.min, self.slider.max, self.slider.step
        start = time.perf_counter()
        await self._run(low + step * self.random.randint(0, int((high - low) / step)))
        self.waited.append(time.perf_counter() - start)

    async def visit(self, moves: int) -> None:
        await asyncio.sleep(self.random.uniform(0, EVERY))
        for _ in range(moves):
            due = time.perf_counter() + EVERY
            await self.move()
            await asyncio.sleep(max(0.0, due - time.perf_counter()))

    async def _run(self, value: float | None) -> None:
        request = BackMsg()
        request.rerun_script.page_name = self.page
        request.rerun_script.query_string = PAGES.get(self.page, "")
        if value is not None:
            state = request.rerun_script.widget_states.widgets.add()
            state.id = self.slider.id
            state.double_array_value.data.append(value)
        await self.socket.send(request.SerializeToString())
        async for data in self.socket:
            message = ForwardMsg()
            message.ParseFromString(data)
            element = message.delta.new_element
            if element.HasField("exception"):
                self.problems.append(f"{self.page}: {element.exception.type}: {element.exception.message}")
            if element.HasField("alert") and element.alert.format == Alert.ERROR:
                self.problems.append(f"{self.page}: {element.alert.body}")
            slider = element.slider
            if self.slider is None and slider.id and not slider.options and slider.max > slider.min and len(slider.default) == 1:
                self.slider = slider
            if message.WhichOneof("type") == "script_finished":
                if message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
                    return
                if message.script_finished == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
                    raise RuntimeError(f"{self.page} could not be compiled.")


@contextlib.contextmanager
def server():
    """The app on a free port, with an empty store: its port and process."""
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
            yield port, psutil.Process(process.pid)
        finally:
            process.terminate()
            process.wait(10)


async def together(port: int, sessions: int) -> list[str]:
    """Open that many pages at once, of all kinds; what was wrong on any of them."""
    from app import PAGES as entries

    visitors = [Visitor(entries[i % len(entries)].address, i) for i in range(sessions)]
    await asyncio.gather(*(visitor.look(port) for visitor in visitors))
    for visitor in visitors:
        await visitor.socket.close()
    return [problem for visitor in visitors for problem in visitor.problems]


async def measure(port: int, process: psutil.Process, sessions: int, moves: int) -> dict:
    names = list(PAGES)
    first = [Visitor(name, i) for i, name in enumerate(names)]  # one session sees every page: kernels and libraries are there
    for visitor in first:
        await visitor.open(port)
        await visitor.move()
        await visitor.socket.close()
    visitors = [Visitor(names[i % len(names)], i) for i in range(sessions)]
    alone = process.memory_info().rss
    for visitor in visitors:
        await visitor.open(port)
    await asyncio.gather(*(visitor.visit(moves) for visitor in visitors))
    half = process.memory_info().rss
    await asyncio.gather(*(visitor.visit(moves) for visitor in visitors))
    end = process.memory_info().rss
    waited = [s for visitor in visitors for s in visitor.waited]
    for visitor in visitors:
        await visitor.socket.close()
    return {
        "sessions": sessions,
        "moves": len(waited),
        "median s": statistics.median(waited),
        "worst s": max(waited),
        "MB with one": alone / MIB,
        "MB for each": (half - alone) / MIB / sessions,
        "MB later": (end - half) / MIB,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sessions", type=int, nargs="+", default=[1, 10, 30])
    parser.add_argument("--moves", type=int, default=10, help="of each visitor, twice")
    parser.add_argument("--cold", type=int, metavar="TIMES", help="instead: a fresh server, all sessions at once, that many times")
    parser.add_argument("--no-save", action="store_true", help="only print")
    args = parser.parse_args()
    if args.cold:
        for sessions in args.sessions:
            for turn in range(args.cold):
                with server() as (port, _):
                    begun = time.perf_counter()
                    problems = asyncio.run(together(port, sessions))
                print(f"{turn + 1}: {sessions} sessions, {time.perf_counter() - begun:.1f} s, {len(problems)} problems", flush=True)
                for problem in problems:
                    print("   ", problem, flush=True)
        return
    rows = []
    for sessions in args.sessions:
        with server() as (port, process):
            rows.append(asyncio.run(measure(port, process, sessions, args.moves)))
        print(table(rows[-1:]), flush=True)
    if not args.no_save:
        print(save("sessions", rows))


if __name__ == "__main__":
    main()
