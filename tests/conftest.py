"""What every test gets: poisoned memory, one thread of torch, the same draws each time, `--require-cuda`, a browser."""

import pytest
import torch
from hypothesis import settings

from snnviz.runs import client, store
from tests.app_server import alone, app_url, chromium, visit  # noqa: F401  fixtures
from tests.databases import empty_database  # noqa: F401  a fixture
from tests.helpers import OnDevice, usable
from tests.sharing import Sharing, rank

torch.set_num_threads(1)  # two on two cores that a browser shares wait for each other, for minutes in all


# The same draws on every machine and every time, so that a red test is the change's fault; `make fuzz` draws anew.
settings.register_profile("derandomized", derandomize=True, deadline=None)
settings.register_profile("fuzz", max_examples=500, deadline=None, print_blob=True)
settings.load_profile("derandomized")


def pytest_addoption(parser):
    parser.addoption("--require-cuda", action="store_true", help="fail, do not skip, the tests that need a GPU")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    if config.option.dist != "loadscope":
        return None
    config.option.loadscopereorder = False  # the order is `rank`'s
    return Sharing(config, log)


def pytest_collection_modifyitems(config, items):
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: rank(item.nodeid))
    if not config.pluginmanager.hasplugin("tests.emulator"):
        skip = pytest.mark.skip(reason="runs with a GPU emulated: python -m pytest -p tests.emulator --require-cuda -m emulated")
        for item in items:
            if item.get_closest_marker("emulated"):
                item.add_marker(skip)


@pytest.fixture(autouse=True)
def poisoned(monkeypatch):
    """torch.empty and its kin give NaN: an element that a kernel forgets to write fails its test."""
    for name in ("empty", "empty_like"):
        allocate = getattr(torch, name)

        def filled(*args, _allocate=allocate, **kwargs):
            out = _allocate(*args, **kwargs)
            return out.fill_(torch.nan) if out.is_floating_point() else out

        monkeypatch.setattr(torch, name, filled)


@pytest.fixture(autouse=True)
def faultless():
    """A page that met a fault of its own shows a sentence; here its test fails."""
    from snnviz.ui.problems import faults

    faults.clear()
    yield
    assert not faults, faults[0]


@pytest.fixture(autouse=True, scope="session")
def nobodys_home(tmp_path_factory):
    """No test writes among a person's runs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SNNVIZ_HOME", str(tmp_path_factory.mktemp("home")))
        patch.delenv("SNNVIZ_STORE", raising=False)
        patch.delenv("SNNVIZ_SCHEDULER", raising=False)
        yield


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An empty place for runs, and a Dask of its own."""
    monkeypatch.setenv("SNNVIZ_HOME", str(tmp_path))
    client.close()  # what an earlier test left
    yield tmp_path
    for run in list(client._tasks):
        client.cancel(run)
        client.wait(run, lambda s: not s.status.live, 30)
    client.close()
    store.default().close()
    store.at.cache_clear()


@pytest.fixture(params=["native", pytest.param("cuda", marks=pytest.mark.cuda)])
def backend(request):
    """Every backend that runs kernels, on arrays of the CPU."""
    chosen = usable(request.param, request.config)
    chosen.prepare()
    return OnDevice(chosen) if request.param == "cuda" else chosen
