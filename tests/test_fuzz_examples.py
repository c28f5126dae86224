"""What `make fuzz` has found, each as its smallest case; and that the campaign sees what is wrong."""

import pytest

from snnviz import LIF, Boxcar, LeakyReadout, MultiGaussian, Sigmoid, Triangle
from snnviz.datasets.recordings import read_recording
from snnviz.stimuli import SpikeTrain
from tools.fuzz import Case, Failure, Kind, campaign, smallest, verdict


@pytest.mark.parametrize("make", [lambda v: Sigmoid(v), lambda v: MultiGaussian(v), lambda v: LIF(dt=v), lambda v: Boxcar(v)])
def test_a_width_and_a_step_are_finite(make):
    with pytest.raises(ValueError, match=r"= inf: .* must be finite, above 0"):
        make(float("inf"))


@pytest.mark.parametrize("make", [lambda v: Triangle(v), lambda v: LeakyReadout(dt=v)])
def test_a_whole_number_beyond_all_floats_is_refused(make):
    with pytest.raises(ValueError, match="must be of a size up to"):
        make(10**400)


def test_lines_may_end_as_on_any_system():
    for end in ("\r", "\r\n", "\n"):
        data = f"t,neuron{end}10,0{end}20,1{end}".encode().decode("unicode_escape").encode()
        assert read_recording(data, "a.csv")["t"].tolist() == [10, 20]
        assert SpikeTrain.from_csv(data, "a.csv").times == (10.0, 20.0)


def test_a_line_that_is_no_row_is_refused():
    with pytest.raises(ValueError, match="no row of a table"):
        read_recording(b"t,neuron\n" + b"9" * 200_000 + b",1\n", "a.csv")


def test_a_spike_long_after_the_end_is_no_spike():
    from snnviz import Experiment

    assert Experiment(stimulus=SpikeTrain((1.0, 1e300)), steps=5).input().sum() == 0.5


def test_the_campaign_sees_what_is_wrong():
    """An exception of another kind, a refusal without one sentence, a failure of its own; the smallest case; two fair ends."""

    def run(case):
        if "bad" in case.changes:
            raise {"a": KeyError("x"), "b": ValueError("two\nlines"), "c": ValueError(""), "d": Failure("red box")}[case.base]
        if "refused" in case.changes:
            raise ValueError("This is not possible.")

    kind = Kind(None, run)
    for base, problem in {"a": "KeyError", "b": "no sentence", "c": "no sentence", "d": "red box"}.items():
        case = Case("value", base, ("one", "bad", "two"))
        assert problem in verdict(case, kind)
        assert smallest(case, kind).changes == ("bad",)
    assert verdict(Case("value", "a", ()), kind) == verdict(Case("value", "a", ("refused",)), kind) == ""


def test_some_cases_of_every_kind_that_needs_no_page():
    tried, failed = campaign(["value", "toml", "upload"], 60, seed=0, seconds=60)
    assert tried == {"value": 60, "toml": 60, "upload": 60} and failed == []
