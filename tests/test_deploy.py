"""`deploy/up` and `deploy/down`: the app behind nginx with PostgreSQL and Dask, as one command, on free ports."""

import asyncio
import concurrent.futures
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Coroutine
from pathlib import Path

import psutil
import pytest

from bench.visitors import Visitor
from deploy.settings import Settings, Trouble, nginx, postgres
from deploy.stack import Stack
from snnviz.datasets import YinYang
from snnviz.runs import rights, store
from snnviz.runs.values import Run, Status
from snnviz.runs.work import Train
from snnviz.training import Training
from snnviz.ui import figure, visitors

ROOT = Path(__file__).parents[1]


@pytest.fixture
def stack():
    """An empty folder that the database's user can get to; whatever runs from it ends with the test."""
    try:
        nginx()
        postgres("initdb")
    except Trouble as missing:
        pytest.skip(str(missing))
    with tempfile.TemporaryDirectory(prefix="snnviz-test-deploy-", ignore_cleanup_errors=True) as folder:
        made = Stack(Path(folder))
        yield made
        made.down(lambda _: None)


@pytest.fixture
def bystander():
    """A process that looks like one of the stack's, and is nobody's."""
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", "snnviz.ui.serve"]) as process:
        yield process
        process.kill()


def command(name: str, stack: Stack, *options: str) -> str:
    done = subprocess.run(
        [ROOT / "deploy" / name, "--folder", stack.folder, *options],
        env=os.environ | {"PYTHON": sys.executable},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def aside(work: Coroutine) -> None:
    """In a thread of its own: a browser of another test may have its loop in this one."""
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, work).result()


def test_one_command_brings_up_all_and_another_ends_it(stack, bystander, monkeypatch):
    assert command("up", stack, "--port", "0", "--path", "class/snn", "--processes", "2").count("starting") == 6
    settings = stack.settings()
    processes = {file.stem: stack.running(file.stem) for file in (stack.folder / "run").glob("*.json")}
    assert set(processes) == {"database", "scheduler", "worker", "app-1", "app-2", "nginx"} and None not in processes.values()
    assert settings.address.endswith("/class/snn/") and settings.password not in settings.address

    # A second time nothing starts.
    lines: list[str] = []
    assert stack.up({}, lines.append) == settings and lines == []
    assert {name: stack.running(name) for name in processes} == processes

    # A run is seen from every process, by the visitor whose it is: they share the database and the secret that signs the cookie.
    for name, value in stack.environment(settings).items():
        monkeypatch.setenv(name, value)
    run = Run(Train((Training(YinYang(samples=60), epochs=7),)), "native", "somebody", "mine")
    saved = store.default()
    saved.begin(run)
    saved.mark(run.id, Status.STOPPED)
    saved.close()
    signed = rights.signed("somebody")

    async def visit() -> None:
        for process in ("1", "2"):
            visitor = Visitor(settings.address, "training", 0)
            visitor.remember("snnviz_process", process)
            visitor.remember(visitors.COOKIE, signed)
            await visitor.look()
            await visitor.leave()
            assert visitor.problems == [] and visitor.process == process
            assert any("0 of 7 epochs" in text for text in visitor.texts)
        both = [Visitor(settings.address, "", number) for number in range(4)]
        for visitor in both:
            await visitor.look()
        assert sorted(visitor.process for visitor in both) == ["1", "1", "2", "2"]  # new ones go where fewer are

        # A process dies: those whom it served come back to another one, and find what is theirs.
        processes["app-1"].send_signal(signal.SIGKILL)
        processes["app-1"].wait(10)
        visitor = Visitor(settings.address, "training", 0)
        visitor.remember("snnviz_process", "1")
        visitor.remember(visitors.COOKIE, signed)
        await visitor.look()
        assert visitor.process == "2" and any("0 of 7 epochs" in text for text in visitor.texts)
        drawing = Visitor(settings.address, "gradients", 0)  # a process serves plotly.js from its first figure on
        drawing.remember("snnviz_process", "2")
        await drawing.look()
        assert drawing.problems == [] and drawing.process == "2"
        for one in (visitor, *both, drawing):
            await one.leave()

    aside(visit())
    # What the browser loads is below the same part of the address.
    for asset in (figure._plotly_js(), "favicon.png", "neuron"):
        with urllib.request.urlopen(settings.address + asset) as answer:
            assert answer.status == 200
    assert command("up", stack).count("starting") == 1  # the process that died

    assert command("down", stack).count("ending") == 6
    assert not any(process.is_running() for process in processes.values()) and list((stack.folder / "run").iterdir()) == []
    for port in (settings.port, *settings.ports.values()):
        with pytest.raises(OSError), socket.create_connection(("127.0.0.1", port), 1):
            pass
    assert bystander.poll() is None
    # Only its owner reads what is secret.
    assert all((stack.folder / name).stat().st_mode & 0o077 == 0 for name in ("settings.json", "pgpass", "home", "run"))


def test_the_page_about_deploying_names_every_option_and_file_there_is():
    page = (ROOT / "deploy" / "README.md").read_text(encoding="utf-8")
    command = [sys.executable, "-m", "deploy.stack", "--help"]
    usage = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    rows = "".join(line for line in page.splitlines() if line.startswith("| `--"))
    assert set(re.findall(r"--[a-z]+", usage)) - {"--help"} == set(re.findall(r"--[a-z]+", rows))
    for name in re.findall(r"`?(deploy/[\w./@-]+)", page):
        assert (ROOT / name).exists(), name


def test_the_units_for_systemd_start_what_up_starts(tmp_path):
    """The same modules with the same options as `deploy/up`, and every variable that it sets."""
    settings = Settings(ports={"database": 1, "scheduler": 8786, "worker": 3, "app-1": 8601, "app-2": 8602}, processes=2)
    stack = Stack(tmp_path)
    try:
        pieces = {piece.name: [str(word) for word in piece.command] for piece in stack.pieces(settings)}
    except Trouble as missing:
        pytest.skip(str(missing))
    for unit, piece in (("snnviz-scheduler", "scheduler"), ("snnviz-worker", "worker"), ("snnviz-app@", "app-1")):
        text = (ROOT / "deploy" / "systemd" / f"{unit}.service").read_text(encoding="utf-8")
        (line,) = re.findall(r"^ExecStart=(.*(?:\\\n.*)*)$", text, re.M)
        words = line.replace("\\\n", " ").replace("%i", "8601").split()
        assert words[1:3] == pieces[piece][1:3], unit
        options = {word for word in words if word.startswith("--")}
        assert options <= set(pieces[piece]), unit
    named = set(re.findall(r"^([A-Z_]+)=", (ROOT / "deploy" / "snnviz.env").read_text(encoding="utf-8"), re.M))
    assert set(stack.environment(settings)) - named == {"PGPASSFILE", "PYTHONPATH", "PYTHONUNBUFFERED"}


def test_down_ends_nobody_who_has_got_the_number_of_a_process_of_ours(tmp_path):
    (tmp_path / "run").mkdir()
    own = psutil.Process()
    (tmp_path / "run" / "worker.json").write_text(json.dumps({"pid": own.pid, "begun": own.create_time() - 60}))
    stack = Stack(tmp_path)
    assert stack.running("worker") is None
    stack.down(lambda _: pytest.fail("nothing runs"))


@pytest.mark.parametrize(("path", "slashed"), [("/", "/"), ("", "/"), ("snn", "/snn/"), ("/a/b/", "/a/b/")])
def test_a_path_begins_and_ends_with_a_slash(path, slashed):
    assert Settings(path=path).path == slashed


def test_a_path_that_nginx_would_read_as_more_is_refused():
    with pytest.raises(Trouble, match="letters"):
        Settings(path="/a; return 200")
