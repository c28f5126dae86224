"""The weights of trained networks: kept with the run, taken away, opened again on other pages, and gone with the run."""

import dataclasses

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from snnviz import (
    BPTT,
    IF,
    LIF,
    CubaLIF,
    Exodus,
    FeedForward,
    Probe,
    Reset,
    Split,
    SurrogateModules,
    Training,
    YinYang,
    compare_gradients,
    load_network,
    train,
    trained,
)
from snnviz.__main__ import main
from snnviz.backends import resolve
from snnviz.nir_graphs import load_nir, save_nir
from snnviz.runs import client, store, weights
from snnviz.training import load
from snnviz.training.assembly import network_input
from snnviz.training.settings import Settings
from snnviz.ui import page
from tests.app_server import ROOT
from tests.test_code_behind import run_and_compare

PLAIN = Training(YinYang(samples=60), FeedForward(layers=2, width=8, first_gain=4.0, normalise=True), epochs=2, batch=16)
TRAININGS = (PLAIN, dataclasses.replace(PLAIN, method=SurrogateModules(after=(1,), width=4)))


def is_an_experiment(run):
    """Its loss and its gradients are those of the network as it is tested, on the test samples with their own classes."""
    file = weights.file(run, 0)
    experiment = trained(file, samples=6)
    comparison = compare_gradients(experiment, [BPTT(), Exodus(), SurrogateModules(after=(1,), width=4)], "native")
    training, network = load_network(file, "native")
    x, y = load(training.dataset, Split.TEST).take(np.arange(6))
    loss = training.loss.of(network(network_input(training, x)).logits, y)
    loss.backward()
    bptt, exodus, heads = comparison.runs.values()
    assert bptt.loss == exodus.loss == loss.item() != heads.loss
    for name, weight in (("layer 1", network.blocks[0].transform.weight), ("readout", network.readout.weight)):
        assert np.array_equal(bptt.weight_gradients[name], weight.grad.numpy())
    with_heads = trained(weights.file(run, 1), samples=6)
    own, other = (
        with_heads.attach(with_heads.network(method, resolve("native")), method).heads["1"].layers[0].weight
        for method in (TRAININGS[1].method, SurrogateModules(after=(1,), width=5))
    )
    _, network = load_network(weights.file(run, 1), "native")
    assert torch.equal(own, network.heads["1"].layers[0].weight) and other.shape[0] == 5


@pytest.fixture
def run(home):
    """A finished run of two trainings, made by the command; its name."""
    (home / "two.toml").write_text(Settings(TRAININGS, "native").to_toml(), encoding="utf-8")
    assert main(["train", str(home / "two.toml")]) == 0
    return store.default().list()[0].run


def test_a_trained_network_is_kept_taken_away_and_gone_with_its_run(run, home, capsys):
    state = client.follow(run)
    assert weights.available(run, 2) == [0, 1]
    assert main(["weights", run, str(home / "x.safetensors")]) == 2, "which of the two?"
    for number, training in enumerate(TRAININGS):
        file = home / f"{number}.safetensors"
        assert main(["weights", run, str(file), "--training", str(number + 1)]) == 0
        assert file.read_bytes() == weights.of(run, number)
        saved, network = load_network(file)
        assert saved == training
        samples = load(training.dataset, Split.TEST)
        x, y = samples.take(np.arange(len(samples)))
        with torch.no_grad():
            logits = network(network_input(training, x)).logits
        right = (training.loss.scores(logits).argmax(1) == y).double().mean().item()
        assert right == state.lines[number].accuracy
        with pytest.raises(ValueError, match="weights alone"):
            next(train(dataclasses.replace(training, epochs=9), checkpoint=file))
    is_an_experiment(run)
    file = weights.file(run, 0)
    assert file.read_bytes() == weights.of(run, 0)
    client.delete([run])
    assert weights.of(run, 0) is None and weights.available(run, 2) == [] and not file.exists()
    weights.put(store.default(), run, 0, b"late")
    assert weights.of(run, 0) is None, "a worker that comes late brings nothing back"


def test_a_run_opens_on_other_pages_as_this_trained_network(run, monkeypatch, capsys):
    store.default().share(run, True)
    behind = []
    monkeypatch.setattr(page, "listener", lambda *heard: behind.append(heard))
    for name, query in (("gradients", {"of": "network", "methods": "kept-exodus"}), ("sparsity", {"trained.samples": "2"})):
        at = AppTest.from_file(ROOT / "app.py", default_timeout=60).switch_page(f"pages/{name}.py")
        for key, value in (query | {"trained": f"{run}-1"}).items():
            at.query_params[key] = value
        at.run()
        assert not at.exception and not at.warning and any("This trained network" in m.value for m in at.markdown)
        source, shows = behind[-1]
        assert f"trained('{weights.file(run, 0)}', " in source
        run_and_compare(source, shows, capsys)
    client.delete([run])
    at.run()
    assert not at.exception and "no such run" in at.warning[0].value, "a random network takes its place"


@pytest.mark.parametrize(
    "neuron", [LIF(tau_mem=13.7), IF(reset_mode=Reset.ZERO), CubaLIF(tau_mem=20.1, tau_syn=3.3, dt=0.5)], ids=repr
)
def test_a_network_comes_back_from_nir_with_equal_spikes(neuron, tmp_path):
    shape = FeedForward(layers=2, width=9, inputs=6, outputs=4, first_gain=4.0, readout_tau=11.3, bias=True, bias_start=0.5)
    network = shape.build(neuron, BPTT(), "native", 3).eval()
    save_nir(network, tmp_path / "network.nir")
    back = load_nir(tmp_path / "network.nir", Exodus(), "native")
    x = (torch.rand(60, 5, 6, generator=torch.Generator().manual_seed(0)) < 0.3).float()
    with torch.no_grad(), Probe(network) as before, Probe(back) as after:
        assert torch.equal(network(x).logits, back(x).logits)
    for one, other in zip(before.layers[:2], after.layers[:2], strict=True):
        assert one.spikes.sum() > 50 and np.array_equal(one.spikes, other.spikes)
    assert back.blocks[0].spiking.neuron == neuron and back.blocks[0].spiking.method == Exodus()


def test_what_nir_has_no_word_for_is_one_sentence(tmp_path):
    normalised = FeedForward(layers=1, width=4, inputs=3, outputs=2, normalise=True).build(LIF(), BPTT(), None, 0)
    with pytest.raises(ValueError, match="no convolution, normalisation"):
        save_nir(normalised, tmp_path / "x.nir")
    (tmp_path / "x.nir").write_bytes(b"no graph")
    with pytest.raises(ValueError, match=r"x\.nir is no file of NIR"):
        load_nir(tmp_path / "x.nir")
