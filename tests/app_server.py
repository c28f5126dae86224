"""The real app in a real Chromium: fixtures, which conftest imports, and what a test does with a page."""

import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

ROOT = Path(__file__).parents[1]
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--enable-unsafe-swiftshader",
]
DESKTOP, PHONE = (1280, 720), (390, 844)

# Notes in every page whether it has asked its server for a run of the script whose end it has not shown yet: for a while after a
# click the page says that nothing is running. BackMsg's field 11 asks; ForwardMsg's fields 4 and 6 say that a run begins and ends
# (streamlit.proto). The page follows a little later, and not at all where both come together: then half a second has to do.
ASKED = """
const { send } = WebSocket.prototype, state = 'data-test-script-state', EARLY = 2; // it ends because another one follows
let begun = false, ended = false, seen = false;
const shown = () => document.querySelector(`[${state}]`)?.getAttribute(state);
const done = () => { if (ended && seen && shown() !== 'running') window.runIsAsked = false };
function* fields(bytes) {
  let i = 0;
  const number = () => {
    for (let value = 0, unit = 1; ; unit *= 128) {
      const byte = bytes[i++];
      value += (byte & 127) * unit;
      if (byte < 128) return value;
    }
  };
  while (i < bytes.length) {
    const tag = number(), value = number(); // what a field with a length holds is passed over
    if ((tag & 7) === 2) i += value;
    yield [tag >> 3, value];
  }
}
function hear({ data }) {
  for (const [field, value] of fields(new Uint8Array(data))) {
    if (field === 4) begun = true;
    if (field !== 6) continue;
    if (value === EARLY) {
      window.runIsAsked = true;
      begun = ended = seen = false;
    }
    if (!begun) continue;
    ended = true;
    done();
    setTimeout(() => { if (ended) window.runIsAsked = false }, 500);
  }
}
WebSocket.prototype.send = function (data) {
  if (ArrayBuffer.isView(data) && this.url.includes('/_stcore/stream')) {
    if (!this.heard) this.addEventListener('message', hear); // a page asks before it hears
    this.heard = true;
    if (new Uint8Array(data.buffer, data.byteOffset)[0] >> 3 === 11) {
      window.runIsAsked = true;
      begun = ended = seen = false;
    }
  }
  return send.call(this, data);
};
new MutationObserver(() => {
  seen ||= begun && shown() === 'running';
  done();
}).observe(document, { attributes: true, attributeFilter: [state], subtree: true });
"""

# The app has drawn this page, and nothing is asked for, running, stale, or still a skeleton.
IDLE = """() => {
  if (window.runIsAsked) return false;
  const app = document.querySelector('[data-testid="stApp"]');
  if (!app || app.getAttribute('data-test-script-state') !== 'notRunning') return false;
  if (app.getAttribute('data-test-connection-state') !== 'CONNECTED') return false;
  if (document.querySelector('[data-stale="true"], [data-testid="stSkeleton"], [data-testid="stSpinner"]')) return false;
  if ([...document.querySelectorAll('[data-testid="stAlert"]')].some(a => a.innerText.includes('Starting. '))) return false;
  if (!document.querySelector('[data-testid="stMain"] h1, [data-testid="stMain"] [data-testid="stAlert"]')) return false;
  return [...document.querySelectorAll('[class*="st-key-figure-"]')].every(f => f.querySelector('[aria-busy="false"]'));
}"""

# What keeps a page from standing still, for the message of a test that waited in vain.
BUSY = """() => [
  ...document.querySelectorAll('[data-testid="stApp"], [data-stale="true"], [data-testid="stSkeleton"], [data-testid="stSpinner"]'),
  ...[...document.querySelectorAll('[class*="st-key-figure-"]')].filter(f => !f.querySelector('[aria-busy="false"]')),
].map(e => e.cloneNode(e.dataset.testid !== 'stApp').outerHTML.slice(0, 400)).join('\\n')"""

# Streamlit's own menu puts a <div> between <ul> and <li> when it has sections; nothing in the app can change that.
IN_MENU = "target => !!document.querySelector(target).closest('[data-testid=\"stSidebarNavItems\"]')"


LOGS: dict[str, IO[str]] = {}  # of every app that is running, by its address


def last_words(url: str) -> str:
    """The last that an app has written."""
    log = LOGS.get(url)
    if log is None:
        return ""
    log.seek(0)
    return log.read()[-2000:]


def find_chromium() -> str | None:
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if (path := shutil.which(name))), None)


@contextlib.contextmanager
def running_app(
    script: Path = ROOT / "app.py", environment: dict[str, str] | None = None, program: Sequence[str | Path] = (), cwd: Path = ROOT
) -> Iterator[str]:
    """Start the app on a free port and give its address; stop it at the end. `program`: what takes the place of `streamlit run`."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    command = [*program] or [sys.executable, "-m", "streamlit", "run", str(script)]
    command += [f"--server.port={port}"]
    command += ["--server.address=127.0.0.1", "--server.headless=true", "--server.fileWatcherType=none"]
    env = os.environ | ({} if program else {"PYTHONPATH": str(ROOT)}) | (environment or {})
    log = tempfile.TemporaryFile("a+", errors="replace")  # noqa: SIM115  a pipe that nobody reads would stop who writes much
    server = subprocess.Popen(command, cwd=cwd, env=env, stdout=log, stderr=subprocess.STDOUT)
    base = env.get("STREAMLIT_SERVER_BASE_URL_PATH", "").strip("/")
    url = f"http://127.0.0.1:{port}" + (f"/{base}" if base else "")
    LOGS[url] = log
    try:
        deadline = time.monotonic() + 60
        while True:
            if server.poll() is not None:
                raise RuntimeError(f"The app ended before it answered:\n{last_words(url)}")
            with contextlib.suppress(OSError), urllib.request.urlopen(f"{url}/_stcore/health", timeout=1):
                break
            if time.monotonic() > deadline:
                raise RuntimeError("The app did not answer within 60 s.")
            time.sleep(0.05)
        yield url
    finally:
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        LOGS.pop(url).close()


class Visit:
    """One page in the browser, with everything its console complained about."""

    def __init__(self, page, url: str):
        self.page, self.url = page, url
        self.errors: list[str] = []
        self.outside: list[str] = []
        page.on("pageerror", lambda e: self.errors.append(f"page error: {e}"))
        page.on("console", self._hear)
        page.on("request", lambda r: self._note(r.url))

    def _hear(self, message) -> None:
        # Opened below its root, Streamlit's page looks for its server at that address first, and then at the root.
        looking = re.search(r"/\w+/_stcore/(health|host-config)$", message.location.get("url", ""))
        if message.type == "error" and not (looking and "404" in message.text):
            self.errors.append(f"console: {message.text} {message.location}")

    def _note(self, url: str) -> None:
        if url.startswith(("http:", "https:", "ws:")) and url.split("/")[2] != self.url.split("/")[2]:
            self.outside.append(url)

    def open(self, address: str = "", **query: str) -> "Visit":
        """Open a page of the app and wait until it stands still; `__` in a name is a dot."""
        text = "&".join(f"{k.replace('__', '.')}={v}" for k, v in query.items())
        self.page.goto(f"{self.url}/{address}{'?' + text if text else ''}")
        return self.settle()

    def settle(self) -> "Visit":
        """Wait until the script is done and everything is drawn, by state, twice in a row across two frames."""
        from playwright.sync_api import TimeoutError as Late

        for _ in range(2):
            try:
                self.page.wait_for_function(IDLE, timeout=60_000)
            except Late as late:
                busy = self.page.evaluate(BUSY)
                raise AssertionError(f"{self.page.url} is busy: {busy}\n{self.errors}\n{last_words(self.url)}") from late
            self.page.evaluate("() => new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r)))")
        return self

    def wait(self, holds: Callable[[], bool], seconds: float = 30) -> None:
        """Wait until something holds that no script in the page can see."""
        end = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < end, f"It does not hold after {seconds} s."
            self.page.wait_for_timeout(50)

    def size(self, width: int, height: int) -> "Visit":
        self.page.set_viewport_size({"width": width, "height": height})
        return self

    def dark(self, dark: bool = True) -> "Visit":
        self.page.emulate_media(color_scheme="dark" if dark else "light")
        return self

    def violations(self) -> list[str]:
        """What axe calls serious or critical, one line each; in the dark, which moves nothing, of colours only."""
        from axe_playwright_python.sync_playwright import Axe

        dark = self.page.evaluate("() => matchMedia('(prefers-color-scheme: dark)').matches")
        options = {"resultTypes": ["violations"]} | ({"runOnly": ["color-contrast", "link-in-text-block"]} if dark else {})
        complaints = [
            f"{v['id']} ({v['impact']}): {v['help']}: {node['html'][:200]}"
            for v in Axe().run(self.page, options=options).response["violations"]
            if v["impact"] in ("serious", "critical")
            for node in v["nodes"]
            if not (v["id"] in ("list", "listitem") and self.page.evaluate(IN_MENU, node["target"][0]))
        ]
        return complaints[:8]

    def cut_off(self) -> int:
        """Pixels by which the page is wider than the window."""
        return self.page.evaluate(
            """() => {
              const main = document.querySelector('[data-testid="stMain"]');
              return Math.max(0, main.scrollWidth - main.clientWidth);
            }"""
        )


@contextlib.contextmanager
def browsing(executable: str) -> Iterator["BrowserContext"]:
    """A browser context with a fresh profile."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile, sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            profile,
            executable_path=executable,
            args=FLAGS,
            viewport={"width": DESKTOP[0], "height": DESKTOP[1]},
            reduced_motion="reduce",
        )
        context.add_init_script(ASKED)
        try:
            yield context
        finally:
            context.close()


@pytest.fixture(scope="session")
def app_url() -> Iterator[str]:
    with running_app() as url:
        yield url


@pytest.fixture(scope="session")
def chromium() -> Iterator[object]:
    executable = find_chromium()
    if executable is None:
        reason = "No Chromium found; on Debian: apt-get install chromium."
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    with browsing(executable) as context:
        yield context


@pytest.fixture(scope="session")
def alone() -> dict[str, object]:
    """By a page's address, where it was and what its controls stood at when it was opened alone (`tests/test_walks.py`)."""
    return {}


@pytest.fixture
def visit(chromium, app_url) -> Iterator[Callable[..., Visit]]:
    """`visit("neuron", neuron="alif")` opens a page and gives the `Visit`; all are closed at the end."""
    pages = []

    def go(address: str = "", *, size: tuple[int, int] = DESKTOP, dark: bool = False, base: str = "", **query: str) -> Visit:
        page = chromium.new_page()
        pages.append(page)
        return Visit(page, base or app_url).size(*size).dark(dark).open(address, **query)

    yield go
    for page in pages:
        page.close()
