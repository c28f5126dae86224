"""The study of a loop's speed, the records of peers, and the text of a kernel beside its equation."""

import dataclasses
import json

import pytest
import torch

from snnviz.backends import BACKENDS, kernel_text
from snnviz.figures import speed as figures
from snnviz.neurons import NEURONS, Izhikevich
from snnviz.studies import speed
from snnviz.studies.speed import Grows, LoopTimes, SpeedPlan, SpeedRecord

SMALL = SpeedPlan(steps=20, neurons=8, batch=2, points=2, repeats=1)


def test_a_share_of_the_limit_is_bytes_over_time_over_the_copys_rate():
    point = LoopTimes(100, 10, 50, {"native": 0.5}, {"native": 2.0}, copy=2.4e6)
    assert point.size == 50_000
    assert point.share("native", "forward") == pytest.approx(12 * 50_000 / 0.5 / 2.4e6) == 0.5
    assert point.share("native", "backward") == 0.125


def test_one_number_doubles_from_point_to_point():
    plan = dataclasses.replace(SMALL, grows=Grows.STEPS, points=3)
    assert plan.sizes == [(20, 2, 8), (40, 2, 8), (80, 2, 8)]
    assert dataclasses.replace(plan, grows=Grows.BATCH).sizes[-1] == (20, 8, 8)
    assert dataclasses.replace(plan, grows=Grows.NEURONS).sizes[-1] == (20, 2, 32)


def test_every_backend_that_runs_here_is_timed_and_a_wrong_one_times_nothing(monkeypatch):
    first, second = speed.measure(SMALL)
    usable = [name for name, backend in BACKENDS.items() if backend.unusable() is None]
    assert list(first.forward) == list(first.backward) == usable and first.size * 2 == second.size
    assert min(*first.forward.values(), *first.backward.values(), first.copy) > 0
    native = BACKENDS["native"]
    right = native.backward

    def wrong(*arguments, **named):
        gone_back = right(*arguments, **named)
        return dataclasses.replace(gone_back, x=gone_back.x + 0.01 * gone_back.x.abs().max())

    monkeypatch.setattr(type(native), "backward", lambda self, *a, **k: wrong(*a, **k))
    with pytest.raises(ValueError, match="Nothing was timed: the gradients of reference and native differ"):
        next(speed.measure(SMALL))


def test_what_cannot_be_measured_says_why(monkeypatch):
    with pytest.raises(ValueError, match="Izhikevich has no spikes to go back through: choose another neuron"):
        next(speed.measure(dataclasses.replace(SMALL, neuron=Izhikevich())))
    monkeypatch.setenv("SNNVIZ_BUDGET", "1000000")
    with pytest.raises(ValueError, match=r"The largest point would take .* lower the points \(7\), steps \(100\)"):
        SpeedPlan().check_budget()


def test_recorded_results_are_read_and_other_files_are_none(tmp_path):
    assert speed.recorded("cpu", tmp_path) is None and speed.peers(tmp_path) == []
    machine = {"cpu": "A", "torch_threads": 1, "date": "2026-11-28T00:00:00+00:00", "load": 3.0, "cores": 2, "gpu": None}
    row = {"backend": "native", "T": 10, "M": 100, "forward ms": 1.0, "backward ms": 2.0, "copy GB/s": 0.012}
    (tmp_path / "kernels-cpu.json").write_text(json.dumps({"machine": machine, "rows": [row]}))
    record = speed.recorded("cpu", tmp_path)
    assert record.machine == "A, 1 thread" and record.date == "2026-11-28" and record.busy
    assert record.points[0].share("native", "forward") == pytest.approx(1.0)
    assert speed.table(record)["backward_share"] == [pytest.approx(0.5)]
    own = {"peer": "p", "batch": 2, "T": 3, "N": 4, "peer ms": 6.0, "snnviz ms": 2.0}
    (tmp_path / "peers-cpu.json").write_text(json.dumps({"machine": machine, "rows": [own]}))
    assert [row.times for row in speed.peers(tmp_path)] == [3.0]
    (tmp_path / "kernels-cuda.json").write_text("[1, 2")
    assert speed.recorded("cuda", tmp_path) is None


def test_the_figure_says_the_best_share():
    points = (
        LoopTimes(1, 1, 1000, {"native": 1.0}, {"native": 2.0}, 2.4e4),
        LoopTimes(1, 1, 10, {"native": 1.0}, {"native": 2.0}, 1e4),
    )
    fig = figures.loops(SpeedRecord("m", "d", "a", points), "neurons")
    assert fig.layout.title.text == "At best 50 % of what memory allows"
    assert [list(t.y) for t in fig.data] == [[50.0, pytest.approx(1.2)], [25.0, pytest.approx(0.6)]]
    assert figures.loops(SpeedRecord("m", "d", "a", points), "neurons", share=False).data[1].y == (2.0, 2.0)


@pytest.mark.parametrize("neuron", NEURONS.values(), ids=list(NEURONS))
def test_the_lines_of_a_kernel_are_those_that_compute_the_step(neuron):
    lines = kernel_text.lines(neuron.kernel)
    roles = {role: "\n".join(line.text for line in lines if line.role == role) for role in kernel_text.ROLES}
    assert "real charge(" in roles["charge"] and "real spikes(" in roles["fire"] and "void reset(" in roles["reset"]
    assert ("return delta" in roles["back"]) == neuron.differentiable
    for role, text in roles.items():
        assert text.count("{") == text.count("}"), f"{role} begins and ends with its functions"
    assert not any("load(" in text or "store(" in text for text in roles.values())


def test_a_loop_of_the_plan_is_the_recursion_itself():
    """One neuron, one step: u = x, and delta = dL/ds ds/du at the margin."""
    x, upstream = torch.tensor([[1.5]]), torch.tensor([[2.0]])
    ahead, back, _ = speed._loop(SMALL.neuron, BACKENDS["native"], x, upstream, torch.zeros(1, 1))
    slope = speed.METHOD.at_spike.derivative.slope
    assert ahead().u.item() == 1.5 and back().x.item() == pytest.approx(2.0 / (1 + slope * 0.5) ** 2)
