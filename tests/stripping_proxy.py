"""A reverse proxy that takes a part of the path away before the server sees it, as JupyterHub's and many of nginx do."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator


@contextlib.contextmanager
def stripping_proxy(port: int, prefix: str) -> Iterator[str]:
    """Answer `prefix`/x with what the server on `port` answers to /x, websockets too; whatever else is 404. Give the address."""
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(asyncio.start_server(lambda r, w: _serve(r, w, port, prefix), "127.0.0.1", 0))
    thread = threading.Thread(target=loop.run_forever, name="stripping-proxy", daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}{prefix}"
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int, prefix: str) -> None:
    """One connection: one request, whose answer ends it, or which becomes a websocket."""
    with contextlib.suppress(OSError, asyncio.IncompleteReadError), contextlib.closing(writer):
        head = await reader.readuntil(b"\r\n\r\n")
        first, *headers = head.split(b"\r\n")[:-2]
        method, path, version = first.split(b" ")
        if not path.startswith(prefix.encode() + b"/"):
            writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            await writer.drain()
            return
        if not any(line.lower().startswith(b"upgrade:") for line in headers):
            headers = [line for line in headers if not line.lower().startswith(b"connection:")] + [b"Connection: close"]
        above, to_server = await asyncio.open_connection("127.0.0.1", port)
        with contextlib.closing(to_server):
            to_server.write(b"\r\n".join([b" ".join((method, path[len(prefix) :], version)), *headers, b"", b""]))
            answer, question = asyncio.ensure_future(_pass_on(above, writer)), asyncio.ensure_future(_pass_on(reader, to_server))
            await answer
            question.cancel()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
