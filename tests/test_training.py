"""Training: it learns, it repeats itself bit for bit, it goes on where it was stopped, and its records say what happened."""

import csv
import dataclasses
import re

import numpy as np
import pytest
import torch

import snnviz
from snnviz import BPTT, LIF, Exodus, FeedForward, LocalZO, Probe, Slayer, SurrogateModules, optimisers
from snnviz.__main__ import main
from snnviz.architectures import Convolutional
from snnviz.backends import resolve, source
from snnviz.backends.native import Native
from snnviz.datasets import Coding, Digits, SpikePatterns, Split, TemporalOrder
from snnviz.losses import Activity, OverTime, StepwiseCrossEntropy, VanRossum
from snnviz.optimisers import SGD, AdamW, Cosine
from snnviz.runs.values import Run, RunState
from snnviz.runs.work import Train
from snnviz.training import (
    VALUES,
    BatchRecord,
    EpochRecord,
    Failure,
    Settings,
    TestRecord,
    Training,
    build,
    compare_training,
    load,
    load_network,
    presets,
    train,
)
from snnviz.training.step import RunningTraining
from snnviz.ui import training_view

SMALL = Training(Digits(steps=12, samples=300), FeedForward(layers=2, width=32, first_gain=4.0), epochs=2, batch=48)
METHODS = (BPTT(), Exodus(), Slayer(), LocalZO(), SurrogateModules())


def numbers(records) -> list:
    """Everything in records but the time it took."""
    out = []
    for record in records:
        fields = {f.name: getattr(record, f.name) for f in dataclasses.fields(record) if f.name not in ("seconds", "sample")}
        out.append({k: v.tolist() if isinstance(v, np.ndarray) else v for k, v in fields.items()})
    return out


def epochs(records) -> list[EpochRecord]:
    return [r for r in records if isinstance(r, EpochRecord)]


@pytest.mark.parametrize("method", [Exodus(), LocalZO()], ids=repr)
def test_it_learns_the_digits(method):
    first, *_, last = epochs(train(Training(Digits(steps=20), method=method, epochs=4)))
    assert last.train_loss < first.train_loss / 2
    assert last.test_accuracy > 0.85
    test = load(Digits(steps=20), Split.TEST)
    assert last.confusion.sum() == len(test) and last.classes == tuple(test.classes)
    assert last.test_accuracy == pytest.approx(last.confusion.trace() / last.confusion.sum())


def test_it_repeats_itself_bit_for_bit():
    records = list(train(SMALL))
    assert numbers(records) == numbers(train(SMALL))
    assert numbers(records) != numbers(train(dataclasses.replace(SMALL, seed=1)))
    assert [type(r) for r in records] == 2 * [*[BatchRecord] * 5, *[TestRecord] * 2, EpochRecord]


def test_all_methods_start_alike_and_see_the_same(monkeypatch):
    seen: list[list[torch.Tensor]] = []
    step = RunningTraining.step

    def spy(run, epoch, batch, x, y, data):
        if epoch == batch == 1:
            seen.append([p.detach().clone() for n, p in run.network.named_parameters() if not n.startswith("heads")])
        seen[-1].append(x.clone())
        return step(run, epoch, batch, x, y, data)

    monkeypatch.setattr(RunningTraining, "step", spy)
    firsts = []
    for method in METHODS:
        firsts.append(next(iter(train(dataclasses.replace(SMALL, method=method, epochs=1)))))
    for other in seen[1:]:
        assert len(other) == len(seen[0]) and all(torch.equal(a, b) for a, b in zip(seen[0], other, strict=True))
    assert len({r.rates for r in firsts}) == 1  # one forward pass, whatever differentiates it
    assert firsts[0].norms == pytest.approx(firsts[1].norms, rel=1e-5)
    assert firsts[0].norms[0] != firsts[2].norms[0]


@pytest.mark.parametrize("optimiser", [optimisers.Adam(), AdamW(), SGD(0.05), SGD(0.05, momentum=0.0)], ids=repr)
def test_a_stopped_run_goes_on_bit_for_bit(optimiser, tmp_path):
    whole = dataclasses.replace(SMALL, method=LocalZO(), optimiser=optimiser, schedule=Cosine(0.1), epochs=3)
    expected = numbers(train(whole))
    path = tmp_path / "run.safetensors"
    run = train(whole, checkpoint=path)
    for record in run:  # stopped in the middle of the second epoch
        if (record.epoch, record.batch if isinstance(record, BatchRecord) else 0) == (2, 3):
            break
    run.close()
    rest = numbers(train(whole, checkpoint=path))
    assert rest == [r for r in expected if r["epoch"] > 1]
    assert list(train(whole, checkpoint=path)) == []
    assert list(tmp_path.iterdir()) == [path]
    made, network = load_network(path)
    assert made == whole
    answers = [network(x.flatten(2)).logits.sum(0).argmax(1) for x, _ in load(whole.dataset, Split.TEST).batches(48)]
    assert np.mean(torch.cat(answers).numpy() == load(whole.dataset, Split.TEST).y.numpy()) == pytest.approx(
        rest[-1]["test_accuracy"]
    )


def test_killed_at_any_moment_no_record_is_missing(tmp_path):
    """What lies on the disk when an epoch's record comes is of the epoch before, so that it comes again; later it does not."""
    whole, path, then = dataclasses.replace(SMALL, epochs=2), tmp_path / "run.safetensors", tmp_path / "then.safetensors"
    run = train(whole, checkpoint=path)
    for comes_first in (1, 2):
        if comes_first == 1:
            next(r for r in run if isinstance(r, EpochRecord))
        else:
            next(run)
        then.write_bytes(path.read_bytes())
        assert next(r.epoch for r in train(whole, checkpoint=then) if isinstance(r, EpochRecord)) == comes_first


def test_heads_are_in_a_checkpoint_too(tmp_path):
    whole = dataclasses.replace(SMALL, method=SurrogateModules(), architecture=Convolutional(channels=4), epochs=2)
    expected = numbers(train(whole))
    run = train(whole, checkpoint=tmp_path / "a.safetensors")
    next(r for r in run if isinstance(r, EpochRecord))
    run.close()
    assert numbers(train(whole, checkpoint=tmp_path / "a.safetensors")) == [r for r in expected if r["epoch"] == 2]


def test_stopped_in_the_first_batch_a_checkpoint_is_there(tmp_path):
    path = tmp_path / "run.safetensors"
    run = train(SMALL, checkpoint=path)
    next(run)
    run.close()
    assert numbers(train(SMALL, checkpoint=path)) == numbers(train(SMALL))


def test_bad_checkpoints_are_refused_in_one_sentence(tmp_path):
    path = tmp_path / "run.safetensors"
    run = train(SMALL, checkpoint=path)
    next(run)
    run.close()
    whole = path.read_bytes()
    with pytest.raises(ValueError, match="belongs to another training"):
        next(train(dataclasses.replace(SMALL, seed=5), checkpoint=path))
    for damaged in (whole[: len(whole) // 2], b"", b"PK\x03\x04" + bytes(100), whole[:9] + b"!" + whole[10:]):
        path.write_bytes(damaged)
        with pytest.raises(ValueError, match=r"run.safetensors is no checkpoint of a training, or is damaged") as caught:
            next(train(SMALL, checkpoint=path))
        assert "\n" not in str(caught.value)


def test_records_say_what_a_probe_sees():
    record = next(iter(train(dataclasses.replace(SMALL, method=LocalZO()))))
    samples = load(SMALL.dataset, Split.TRAIN)
    network = build(dataclasses.replace(SMALL, method=LocalZO()), samples).train()
    x, y = next(samples.batches(SMALL.batch, SMALL.seed, 1))
    with Probe(network) as probe:
        loss = SMALL.loss.of(network(x.flatten(2)).logits, y)
        loss.backward()
    assert record.rates == pytest.approx([layer.rate for layer in probe.layers])
    assert record.active == pytest.approx([layer.active for layer in probe.layers])
    assert record.loss == pytest.approx(loss.item())
    assert record.norms == pytest.approx([float(p.grad.norm()) for p in network.parameters()], rel=1e-5)


def test_the_chosen_sample_is_recorded():
    end = next(r for r in train(SMALL, record_sample=7) if isinstance(r, EpochRecord))
    assert [layer.name for layer in end.sample] == ["layer 1", "layer 2"]
    assert end.sample[0].spikes.shape == (12, 1, 32)
    with pytest.raises(ValueError, match="record_sample = 999: the test part has samples 0 to"):
        next(train(SMALL, record_sample=999))


def test_clipping_bounds_the_step():
    plain = dataclasses.replace(SMALL, optimiser=SGD(1.0, momentum=0.0))

    def moved(t):
        run, clock = RunningTraining(t, resolve(None)), 0.0
        before = [p.detach().clone() for p in run.network.parameters()]
        record = run.step(1, 2, *next(run.train.batches(t.batch, t.seed, 1)), clock)
        after = list(run.network.parameters())
        return record, torch.cat([(a - b).flatten() for a, b in zip(after, before, strict=True)]).norm().item()

    free, clipped = moved(plain), moved(dataclasses.replace(plain, clip=1e-3))
    assert free[1] == pytest.approx(np.linalg.norm(free[0].norms), rel=1e-3)
    assert clipped[1] == pytest.approx(1e-3, rel=1e-3) and clipped[0].norms == free[0].norms


def test_dead_and_exploding_layers_are_named():
    dead = epochs(train(dataclasses.replace(SMALL, neuron=LIF(theta=50.0), epochs=1)))[0]
    assert "layer 1: no spike in the whole epoch" in dead.problems[0]
    silent = epochs(train(dataclasses.replace(SMALL, method=snnviz.SparseGD(band=1e-9), epochs=1)))[0]
    assert any("no neuron was near enough to its threshold" in p for p in silent.problems)
    scaled = epochs(train(dataclasses.replace(SMALL, method=Slayer(scale=1e4), epochs=1)))[0]
    assert any("explodes on its way back" in p for p in scaled.problems)
    records = list(train(dataclasses.replace(SMALL, method=Slayer(scale=1e30), epochs=1)))
    assert "its gradient is not finite in batch 1 of epoch 1" in records[0].problems[0]
    assert np.isfinite(records[-1].test_loss)  # the weights were left alone


def test_one_that_fails_does_not_stop_the_others():
    trainings = [SMALL, dataclasses.replace(SMALL, loss=VanRossum()), dataclasses.replace(SMALL, method=Exodus())]
    records = list(compare_training(trainings))
    assert [n for n, _ in records[:5]] == [0, 1, 2, 0, 2]
    assert isinstance(records[1][1], Failure) and "Digits has none" in records[1][1].problem
    assert numbers(r for n, r in records if n == 0) == numbers(train(SMALL))


def test_closing_stops_all():
    run = compare_training([SMALL, SMALL])
    next(run)
    run.close()
    assert list(run) == []


@pytest.mark.parametrize(
    "t",
    [
        Training(),
        SMALL,
        *(t for several in presets().values() for t in several),
        Training(
            Digits(coding=Coding.RATE),
            Convolutional(channels=4),
            LIF(tau_mem=5.0),
            LocalZO(delta=0.2),
            StepwiseCrossEntropy(0.1),
            Activity(),
            AdamW(3e-4),
            Cosine(0.1),
            clip=1.5,
        ),
        Training(SpikePatterns(), loss=VanRossum(5.0), optimiser=SGD(0.2)),
    ],
    ids=lambda t: type(t.dataset).__name__,
)
def test_round_trips_through_python_and_toml(t):
    enums = {"Coding": Coding, "OverTime": OverTime, "float": float}
    assert eval(repr(t), VALUES | enums) == t
    assert Training.from_toml(t.to_toml()) == t


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"dataset": TemporalOrder(samples=40), "architecture": Convolutional()}, "needs square frames, and TemporalOrder"),
        ({"neuron": snnviz.LeakyReadout()}, "cannot be trained"),
        ({"method": SurrogateModules(), "loss": StepwiseCrossEntropy()}, "train with CrossEntropy"),
        ({"method": SurrogateModules(after=(9,))}, "there is no hidden layer 9"),
    ],
)
def test_settings_that_do_not_fit_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        next(train(dataclasses.replace(SMALL, **change)))


def test_over_budget_says_what_to_lower(monkeypatch):
    monkeypatch.setenv("SNNVIZ_BUDGET", "1_000_000")  # enough for the data set
    with pytest.raises(ValueError, match=r"lower the batch \(48\)"):
        next(train(SMALL))


def test_the_step_is_the_data_sets():
    t = dataclasses.replace(SMALL, dataset=Digits(steps=12, samples=300, dt=5.0), neuron=LIF(dt=1.0))
    assert build(t, load(t.dataset, Split.TRAIN)).blocks[0].spiking.neuron.dt == 5.0


def test_van_rossum_against_its_formula():
    loss, dt = VanRossum(tau=8.0), 0.5
    g = torch.Generator().manual_seed(0)
    s = (torch.rand(40, 3, 2, generator=g) < 0.2).double()
    targets = (torch.rand(40, 2, 2, generator=g) < 0.1).double()
    y = torch.tensor([0, 1, 0])
    times, expected = np.arange(40) * dt, np.zeros((3, 2))
    for b in range(3):
        for n in range(2):

            def f(train, t):
                return sum(np.exp(-(t - at) / 8.0) for at in times[train.numpy() > 0] if at <= t)

            expected[b, n] = sum((f(s[:, b, n], t) - f(targets[:, y[b], n], t)) ** 2 for t in times) * dt / 8.0
    assert loss.of(s, y, targets, dt).item() == pytest.approx(expected.mean(), rel=1e-12)
    alone = torch.zeros(4000, 1, 1, dtype=torch.float64)
    alone[0] = 1
    assert loss.of(alone, y[:1], torch.zeros(4000, 1, 1), 0.01).item() == pytest.approx(0.5, rel=2e-3)
    assert loss.scores(targets, targets, dt).argmax(1).tolist() == [0, 1]


def test_a_pattern_is_learned():
    t = Training(
        SpikePatterns(steps=60, samples=60, labels=2, inputs=40, outputs=3, rate=40.0, target_spikes=2),
        FeedForward(layers=1, width=64, first_gain=3.0),
        loss=VanRossum(),
        epochs=12,
        batch=8,
    )
    ends = epochs(train(t))
    assert ends[-1].train_loss < 0.6 * ends[0].train_loss
    assert ends[-1].test_accuracy > 0.9
    assert ends[0].confusion.shape == (2, 2)


def test_regulariser_and_stepwise_loss_against_their_formulas():
    g = torch.Generator().manual_seed(0)
    s = (torch.rand(10, 4, 6, generator=g) < 0.2).double()
    a = Activity(upper=1.5, lower=2.5, upper_weight=0.06, lower_weight=100.0)
    n = s.sum(0)
    expected = np.mean([0.06 * max(0, n[b].mean() - 1.5) + 100 / 6 * sum(max(0, 2.5 - c) ** 2 for c in n[b]) for b in range(4)])
    assert a.of(s).item() == pytest.approx(expected)
    z, y = torch.randn(5, 3, 4, generator=g), torch.tensor([0, 3, 1])
    each = [torch.nn.functional.cross_entropy(z[t], y).item() for t in range(5)]
    assert StepwiseCrossEntropy().of(z, y).item() == pytest.approx(np.mean(each), rel=1e-5)
    pulled = 0.9 * np.mean(each) + 0.1 * ((z - 1) ** 2).mean().item()
    assert StepwiseCrossEntropy(0.1).of(z, y).item() == pytest.approx(pulled, rel=1e-5)


def test_the_activity_regulariser_lowers_the_rate():
    plain = epochs(train(SMALL))[-1]
    held = epochs(train(dataclasses.replace(SMALL, regulariser=Activity(upper=0.1, upper_weight=5.0))))[-1]
    assert sum(held.rates) < 0.8 * sum(plain.rates)


def test_schedules():
    cosine = Cosine(warmup=0.1, floor=0.2)
    assert [cosine.factor(x) for x in (0.0, 0.05, 0.1, 0.55, 1.0)] == pytest.approx([0.0, 0.5, 1.0, 0.6, 0.2])


@pytest.mark.parametrize(
    "architecture",
    [
        FeedForward(layers=1, width=16, recurrent=True),
        FeedForward(layers=1, width=16, readout_tau=10.0),
        Convolutional(channels=4, gain=6.0),
    ],
    ids=repr,
)
def test_other_architectures_train(architecture):
    t = dataclasses.replace(SMALL, dataset=Digits(steps=8, samples=100), architecture=architecture, epochs=1)
    end = epochs(train(t))[0]
    assert len(end.rates) == len(end.norms) - 1 and all(n > 0 for n in end.norms)


# The command line.


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.setenv("SNNVIZ_HOME", str(tmp_path / "home"))
    path = tmp_path / "settings.toml"
    path.write_text(SMALL.to_toml(), encoding="utf-8")
    return path


def test_train_from_the_command_line(settings, capsys):
    assert main(["train", str(settings), "--backend", "native", "--touch-active"]) == 0
    output = capsys.readouterr()
    assert "BPTT, reset kept" in output.out and "test accuracy" in output.out and "100 %" in output.err

    from snnviz.runs import store, values

    saved = store.default().list()
    assert [(s.method, s.epochs, s.status) for s in saved] == [("BPTT, reset kept", 2, values.Status.FINISHED)]
    assert saved[0].test_accuracy == epochs(train(SMALL))[-1].test_accuracy
    assert store.default().open(saved[0].run).run.work.touch_active


def test_compare_writes_one_line_for_each_epoch(settings, capsys):
    table = settings.parent / "out.csv"
    assert main(["compare", str(settings), "--methods", "BPTT", "LocalZO", "--seeds", "2", "--csv", str(table), "--no-save"]) == 0
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert sorted((row["seed"], row["epoch"]) for row in rows) == sorted((s, e) for s in "01" for e in "12" for _ in range(2))
    assert len({row["train_loss"] for row in rows}) == len(rows) == 8
    assert " ± " in capsys.readouterr().out and not (settings.parent / "home").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("epochs = 2", "epochs = -2"), r"settings.toml: Training.epochs = -2: Epochs must be at least 1"),
        (("epochs = 2", "epochs = "), r"settings.toml is not valid TOML.*line 2"),
        (("epochs = 2", "speed = 2"), r"settings.toml: Training has no 'speed'"),
        (
            ('is = "LIF"', 'is = "LeakyReadout"'),
            r"settings.toml: neuron: LeakyReadout has no 'theta'; it has tau_mem, dt",
        ),
    ],
)
def test_bad_settings_are_one_sentence(settings, capsys, change, message):
    settings.write_text(settings.read_text(encoding="utf-8").replace(*change), encoding="utf-8")
    assert main(["train", str(settings)]) == 2
    complaint = capsys.readouterr().err.strip()
    assert "Traceback" not in complaint and "\n" not in complaint
    assert re.search(message, complaint), complaint


def test_the_settings_of_a_run_are_trained_all(settings, capsys):
    """The page's "Settings (TOML)": backend and every training, an absent regulariser too."""
    others = (dataclasses.replace(SMALL, method=LocalZO(draws=3)), dataclasses.replace(SMALL, regulariser=Activity()))
    work = Train((SMALL, *others), None, True)
    state = RunState.waiting(Run(work, "reference"))
    settings.write_text("\ufeff" + training_view.settings_toml(state), encoding="utf-8")
    assert Settings.from_toml(settings.read_text(encoding="utf-8")) == Settings(work.trainings, "reference", True, threads=1)
    assert Settings.from_toml(SMALL.to_toml()) == Settings((SMALL,))
    assert main(["train", str(settings), "--backend", "native"]) == 0
    assert "LocalZO" in capsys.readouterr().out

    from snnviz.runs import store

    (run,) = {line.run for line in store.default().list()}
    assert store.default().open(run).run.trainings == work.trainings
    assert main(["compare", str(settings), "--backend", "native", "--seeds", "2", "--no-save"]) == 0
    assert main(["train", str(settings), "--checkpoint", str(settings.parent / "a.safetensors")]) == 2
    assert "a checkpoint is of one" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("backend =", "speed = 1\nbackend ="), "has 'speed' beside its trainings"),
        (('is = "Training"', 'is = "LIF"'), "training 1: LIF has no"),
        (('is = "Training"', ""), "training 1: it must begin with is"),
        (("epochs = 2", 'epochs = "2"'), "training 1: Training.epochs = '2': Epochs must be a whole number"),
        (('backend = "native"', "backend = 3"), "Settings.backend = 3: it must be a text"),
        (("[[training]]", "[[trainings]]"), "has 'trainings'|is = "),
    ],
)
def test_bad_settings_of_several_are_one_sentence(change, message):
    with pytest.raises(ValueError, match=f"settings.toml.*({message})"):
        Settings.from_toml(Settings((SMALL,), "native").to_toml().replace(*change, 1), "settings.toml")


def test_the_exit_status_says_that_a_run_was_not_kept_or_failed(settings, capsys, monkeypatch):
    monkeypatch.setenv("SNNVIZ_STORE", f"sqlite:///{settings}/runs.db")
    assert main(["train", str(settings)]) == 1
    assert "The run is not kept:" in capsys.readouterr().err
    assert main(["train", str(settings), "--no-save"]) == 0
    table = settings.parent / "table"
    table.mkdir()
    assert main(["compare", str(settings), "--methods", "BPTT", "--no-save", "--csv", str(table)]) == 1
    assert "cannot be written" in capsys.readouterr().err


def test_missing_files_are_named(settings, capsys):
    assert main(["train", str(settings.parent / "none.toml")]) == 2
    assert "none.toml cannot be read: No such file" in capsys.readouterr().err


def test_the_printed_settings_are_the_defaults(capsys):
    assert main(["settings"]) == 0
    assert Training.from_toml(capsys.readouterr().out) == Training()


def test_training_over_active_entries_alone_is_the_same_training():
    """The sparse pass sees the same draws: spikes, loss and accuracy follow the dense one's."""
    ends = []
    for touch in (False, True):
        shape = dataclasses.replace(Training().architecture, width=32)
        value = Training(dataset=Digits(samples=200), method=LocalZO(delta=0.1), architecture=shape, epochs=2)
        ends.append([r for r in train(value, touch_active=touch) if isinstance(r, EpochRecord)][-1])
    dense, sparse = ends
    assert sparse.rates == pytest.approx(dense.rates, rel=0.02) and min(sparse.active) > 0
    assert sparse.train_loss == pytest.approx(dense.train_loss, rel=1e-3)


def test_accuracy_does_not_depend_on_the_order_or_the_batch_of_the_test_half(tmp_path):
    """A normalised network is scored with running statistics, which its checkpoint brings along."""
    shape = FeedForward(layers=2, width=32, first_gain=4.0, normalise=True)
    training, path = dataclasses.replace(SMALL, architecture=shape), tmp_path / "run.safetensors"
    last = epochs(train(training, checkpoint=path))[-1]
    settings, network = load_network(path)
    test = load(settings.dataset, Split.TEST)
    order = np.argsort(test.y.numpy(), kind="stable")
    with torch.no_grad():
        for size in (1, 16, len(test)):
            parts = [test.take(order[i : i + size].tolist()) for i in range(0, len(order), size)]
            right = sum(int((network(x.flatten(2)).logits.sum(0).argmax(1) == y).sum()) for x, y in parts)
            assert abs(right / len(test) - last.test_accuracy) < 1.5 / len(test)  # at most one sample on a knife's edge


def test_a_checkpoint_without_running_statistics_gets_them_from_its_training_half(tmp_path):
    """Version 0.1.0 saved none: an evaluation with none would be another network."""
    from safetensors import safe_open
    from safetensors.torch import save_file

    shape = FeedForward(layers=2, width=32, first_gain=4.0, normalise=True)
    path = tmp_path / "run.safetensors"
    last = epochs(train(dataclasses.replace(SMALL, architecture=shape), checkpoint=path))[-1]
    with safe_open(path, "pt") as file:
        statistics = (".mean", ".variance", ".batches")
        facts, names = file.metadata(), [n for n in file.keys() if not n.endswith(statistics)]  # noqa: SIM118  no mapping
        tensors = {name: file.get_tensor(name) for name in names}
    save_file(tensors, path, facts)
    settings, network = load_network(path)
    x, y = load(settings.dataset, Split.TEST).take(range(60))
    accuracy = (network(x.flatten(2)).logits.sum(0).argmax(1) == y).float().mean().item()
    assert all(block.normalise.calibrated for block in network.blocks) and not network.training
    assert accuracy > last.test_accuracy - 0.05


def test_kernels_are_built_before_the_first_batch(monkeypatch):
    """Or the first of several methods would be billed for them."""
    asked_for, library = [], source.library
    monkeypatch.setattr(source, "library", lambda *name: asked_for.append(name) or library(*name))
    Native._library.cache_clear()
    run = RunningTraining(SMALL, resolve("native"))
    before = list(asked_for)
    run.step(1, 1, *next(run.train.batches(48, 0, 1)), 0.0)
    assert before and asked_for == before


def test_what_0_1_0_wrote_with_the_shape_is_passed_over(tmp_path):
    """There a network's shape said how a training is run (`touch_active`). TOML files and checkpoints still carry it."""
    from safetensors import safe_open
    from safetensors.torch import save_file

    value = dataclasses.replace(SMALL, method=LocalZO(delta=0.3), epochs=1)
    assert "touch_active" not in value.to_toml()
    old = re.sub(r'(is = "FeedForward"\n)', r"\1touch_active = true\n", value.to_toml())
    assert "touch_active = true" in old and Training.from_toml(old) == value
    path = tmp_path / "old.safetensors"
    assert epochs(train(value, checkpoint=path))
    with safe_open(path, "pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  no mapping
        facts = file.metadata() | {"training": old}
    save_file(tensors, path, facts)
    assert load_network(path)[0] == value
    # A dense run's checkpoint goes on over active entries alone.
    assert [r.epoch for r in epochs(train(dataclasses.replace(value, epochs=2), checkpoint=path, touch_active=True))] == [2]
