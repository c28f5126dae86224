"""What every test gets: poisoned memory, one thread of torch, the same draws each time, `--require-cuda`, a browser."""

import pytest
import torch
from hypothesis import settings

from snnviz.backends import BACKENDS
from tests.app_server import app_url, chromium, visit  # noqa: F401  fixtures

torch.set_num_threads(1)  # two on two cores that a browser shares wait for each other, for minutes in all


# The same draws on every machine and every time, so that a red test is the change's fault; `make fuzz` draws anew.
settings.register_profile("derandomized", derandomize=True, deadline=None)
settings.register_profile("fuzz", max_examples=500, deadline=None, print_blob=True)
settings.load_profile("derandomized")


def pytest_addoption(parser):
    parser.addoption("--require-cuda", action="store_true", help="fail, do not skip, the tests that need a GPU")


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


@pytest.fixture(params=["native", pytest.param("cuda", marks=pytest.mark.cuda)])
def backend(request):
    """Every backend that runs kernels."""
    chosen = BACKENDS[request.param]
    if reason := chosen.unusable():
        if request.param == "cuda" and not request.config.getoption("--require-cuda"):
            pytest.skip(f"cuda: {reason}")
        pytest.fail(f"{request.param}: {reason}")
    return chosen
