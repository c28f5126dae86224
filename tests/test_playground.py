"""The playground's engine against the library: the same points, spikes, draws and losses, in node or else in Chromium."""

import gzip
import itertools
import re

import numpy as np
import pytest
import torch

from snnviz import places
from snnviz.backends import BACKENDS, browser
from snnviz.backends.base import Upstream
from snnviz.datasets import Circles, Digits, OwnPoints, PlaneCoding, Spirals, Split, TwoMoons, Xor, YinYangPoints
from snnviz.draws import Draw, half_normal
from snnviz.live import played, playground, scripts
from snnviz.losses import CrossEntropy, OverTime
from snnviz.methods import BPTT, Exodus, LocalZO, Slayer, SparseGD
from snnviz.methods.base import AtSpike
from snnviz.neurons import ALIF, IF, LIF, CubaLIF
from snnviz.optimisers import SGD, Adam
from snnviz.studies.small_training import SmallTraining
from snnviz.surrogates import FastSigmoid, Gaussian, SingleExponential, Triangle
from snnviz.zeroth_order import ZerothOrder
from tests.playground_kit import Kit

UPDATES = 50
CLOSE = 1e-5  # a membrane nearer to its threshold than this may fire here and not there, by rounding
SETS = {"moons": TwoMoons, "circles": Circles, "xor": Xor, "spirals": Spirals, "yinyang": YinYangPoints}
NEURONS = {"LIF": LIF, "IF": IF, "ALIF": ALIF, "CubaLIF": CubaLIF}
BASE = {
    "set": "moons", "noise": 0.05, "seed": 1, "coding": "latency", "mirrored": True, "T": 20, "tau": 15.0, "neuron": "LIF",
    "hidden": [5, 4], "methods": ["bptt", "exodus", "bptt_cut", "slayer", "localzo", "sparse"], "rate": 0.03, "optimiser": "adam",
    "batch": 8, "surrogate": "single_exponential", "width": 0.5, "delta": 0.3, "draws": 1, "scale": 0.5, "band": 0.4,
    "overTime": "mean", "firstGain": 2.5, "gain": 2.0, "bias": 1.5, "points": "",
}  # fmt: skip


@pytest.fixture(scope="module")
def kit(tmp_path_factory, request):
    return Kit(tmp_path_factory.mktemp("kit"), lambda: request.getfixturevalue("chromium"))


def same(got, expected: np.ndarray | torch.Tensor, what: str) -> None:
    """Every bit of float32, so that -0 and 0 differ."""
    got, expected = np.asarray(got, np.float32), np.ascontiguousarray(expected, np.float32)
    assert got.shape == expected.shape, f"{what}: {got.shape} and {expected.shape}"
    different = got.view(np.uint32) != expected.view(np.uint32)
    assert not different.any(), f"{what}: {different.sum()} of {different.size} differ, first at {np.argwhere(different)[0]}"


def test_the_engine_has_what_python_declares():
    file = places.assets() / "playground" / "facts.js"
    assert file.read_text(encoding="utf-8") == played.script(), "python tools/facts.py writes it anew"
    assert tuple(played.facts()["surrogates"]) == browser.STANDING


SAMPLES = """(kit, all) => all.map((s) => {
  const { train, test } = kit.parts(s), I = kit.inputsOf(s).length, n = train.n, x = new Float32Array(s.T * I * n);
  for (let b = 0; b < n; b++) kit.encodeSample(x, { T: s.T, I, B: n }, b, train, b, s);
  return [train, test].map((part) => [part.x, part.y, part.c].map((a) => Array.from(a))).concat([Array.from(x)]);
})"""


def dataset_of(s):
    """The library's data set that the page's settings name."""
    coding = {"latency": PlaneCoding.SPIKE_TIME, "constant": PlaneCoding.CONSTANT}[s["coding"]]
    if s["set"] == "digits":
        return Digits(steps=s["T"])
    fields = {"steps": s["T"], "coding": coding, "mirrored": s["mirrored"]}
    if s["set"] == "own":
        return OwnPoints(placed=s["points"], **fields)
    return SETS[s["set"]](noise=s["noise"], seed=s["seed"], **fields)


def test_points_and_their_coding_are_the_librarys(kit):
    cases = [
        BASE | {"set": name, "seed": seed, "noise": noise, "coding": coding, "mirrored": mirrored, "T": T}
        for name in SETS
        for seed, noise, coding, mirrored, T in ((1, 0.05, "latency", True, 40), (99999, 0.3, "constant", False, 17))
    ] + [BASE | {"set": "own", "points": "0.1,-0.37,0;-0.333,1,2;0.7,0.7,1"}]
    for s, (train, test, x) in zip(cases, kit.evaluate(SAMPLES, cases), strict=True):
        dataset = dataset_of(s)
        for axis, values in zip("xy", dataset.points(), strict=False):
            whole = train["xy".index(axis)] if s["set"] == "own" else train["xy".index(axis)] + test["xy".index(axis)]
            same(whole, values, f"{axis} of {dataset}")
        samples = dataset.load(Split.TRAIN)
        assert train[2] == samples.y.tolist() and test[2] == dataset.load(Split.TEST).y.tolist()
        same(np.reshape(x, (s["T"], -1, len(samples))), samples.x.float().transpose(1, 2), f"inputs of {dataset}")


PASS = """(kit, [s, count, seed]) => {
  const shape = kit.shapeOf(s, count), engine = new kit.Engine(kit.module);
  engine.reset(2 * (kit.Room.bytes(shape) + kit.Net.bytes(shape)));
  const room = new kit.Room(engine, shape), net = new kit.Net(engine, shape), { train } = kit.parts(s);
  net.set(kit.firstWeights(net.sizes, s));
  for (let b = 0; b < count; b++) kit.encodeSample(room.x, { T: s.T, I: room.inputs, B: room.B }, b, train, b, s);
  room.forward(net, count);
  const plain = (l) => Object.fromEntries(["x", "u", "s", "ds", "gs", "delta"].map((name) => [name, Array.from(l[name])]));
  return Object.fromEntries(s.methods.map((key) => {
    room.backward(net, room.row(kit.rowOf(key, s)), count, seed);
    const shares = { active: room.active(count), spikes: room.rates(count), silent: room.silent(count) };
    return [key, { B: room.B, layers: room.layers.map((l) => ({ N: l.N, ...plain(l) })), ...shares }];
  }));
}"""
METHODS = {
    "bptt": lambda g, s: BPTT(g), "exodus": lambda g, s: Exodus(g), "bptt_cut": lambda g, s: BPTT(g, keep_reset=False),
    "slayer": lambda g, s: Slayer(g, scale=s["scale"]), "localzo": lambda g, s: LocalZO(delta=s["delta"], draws=s["draws"]),
    "sparse": lambda g, s: SparseGD(g, band=s["band"]),
}  # fmt: skip
SURROGATES = {
    "single_exponential": SingleExponential, "gaussian": Gaussian, "triangle": Triangle,
    "fast_sigmoid": lambda width: FastSigmoid(1 / width),
}  # fmt: skip


def librarys(layer, name: str, T: int, B: int, count: int) -> torch.Tensor:
    """An array [T, N, B] of the page as the library has it, [T, B N], without the lanes that no sample fills."""
    return torch.tensor(layer[name], dtype=torch.float32).view(T, layer["N"], B)[..., :count].transpose(1, 2).flatten(1)


def neuron_of(s):
    cls = NEURONS[s["neuron"]]
    return cls() if cls is IF else cls(tau_mem=s["tau"])


def training_of(s, key: str) -> SmallTraining:
    """What the code behind the page says: the training of one method in the library."""
    rate = s["rate"]
    return SmallTraining(
        dataset_of(s), tuple(s["hidden"]), neuron_of(s), METHODS[key](SURROGATES[s["surrogate"]](s["width"]), s),
        CrossEntropy(OverTime(s["overTime"])),
        {"adam": Adam(rate), "sgd": SGD(rate, momentum=0.0), "momentum": SGD(rate)}[s["optimiser"]],
        batch=s["batch"], seed=s["seed"], readout_tau=s["tau"], first_gain=s["firstGain"], gain=s["gain"], bias=s["bias"],
    )  # fmt: skip


@pytest.mark.parametrize("neuron", NEURONS)
def test_spikes_slopes_and_deltas_are_the_native_backends(kit, neuron):
    """Of every layer and method, given what flows into the layer: the same bits. An odd batch, so that lanes are left over."""
    count, seed = 13, 77
    several = BASE | {"neuron": neuron, "set": "yinyang", "draws": 5, "T": 40, "firstGain": 4.0, "gain": 4.0}
    value, native = neuron_of(several), BACKENDS["native"]
    coefficients = torch.tensor(list(value.coefficients().values()), dtype=torch.float64)
    fired = 0
    one = several | {"draws": 1, "methods": ["localzo"]}
    passes = [(s, key, got) for s in (several, one) for key, got in kit.evaluate(PASS, [s, count, seed]).items()]
    for s, key, got in passes:
        method = training_of(s, key).method
        for number, layer in enumerate(got["layers"]):
            a = {name: librarys(layer, name, s["T"], got["B"], count) for name in ("x", "u", "s", "ds", "gs", "delta")}
            initial = torch.zeros(len(value.states), a["x"].shape[1])
            forward = native.forward(value, coefficients, a["x"], initial)
            same(a["u"], forward.u, f"u of {key}, layer {number}")
            same(a["s"], forward.s, f"spikes of {key}, layer {number}")
            fired += forward.s.sum()
            draw, upstream = Draw(seed, number), Upstream(s=a["gs"])
            back = native.backward(
                value, coefficients, method.at_spike, method.reset_path, draw, a["x"], initial, forward, upstream, record=True
            )
            same(a["ds"], back.ds_du, f"ds/du of {key}, layer {number}")
            same(a["delta"], back.x, f"delta of {key}, layer {number}")
            share, silent = (a["ds"] != 0).float().mean(), (a["s"].view(s["T"], count, -1).sum((0, 1)) == 0).sum()
            assert got["active"][number] == pytest.approx(share.item()) and got["silent"][number] == silent
            assert got["spikes"][number] == pytest.approx(a["s"].mean().item())
    assert fired > 100, "nothing was compared: no neuron fired"


@pytest.mark.parametrize(("draws", "delta", "count"), [(6, 0.3, 5), (1, 0.3, 37), (1, 0.02, 200), (1, 2.0, 8)])
def test_draws_of_localzo_are_those_of_the_formula(kit, draws, delta, count):
    """And so of torch: ds/du from the page's own margins. One draw has a way of its own, kernels/normal_slopes.cuh."""
    seed = 2**32 - 3
    s = BASE | {"draws": draws, "delta": delta, "methods": ["localzo"]}
    got = kit.evaluate(PASS, [s, count, seed])["localzo"]
    for number, layer in enumerate(got["layers"]):
        u, ds = (
            torch.tensor(layer[n]).view(s["T"], layer["N"], got["B"])[..., :count].transpose(1, 2).flatten(1) for n in ("u", "ds")
        )
        estimate = AtSpike(ZerothOrder(delta=s["delta"], draws=s["draws"]))
        same(ds, estimate.ds_du(u - 1, Draw(seed, number)), f"ds/du of layer {number}")
        assert 0 < (ds != 0).float().mean() < (1 if delta < 1 else 1.1)


def test_no_draw_that_gives_a_slope_is_left_out():
    """Of every draw that may be larger than a margin the playground's kernel says so before it has computed the draw."""
    text = (places.kernels() / "normal_slopes.cuh").read_text(encoding="utf-8")
    a, b = (np.float32(x) for x in re.search(r"\(([\d.]+)f \* m\[half\] \+ ([\d.]+)f \* delta\)", text).groups())
    x = torch.cat([torch.arange(2**16), torch.arange(2**16, 2**23, 5)]).float() + 0.5  # 2^23 p
    z = half_normal(x * 2.0**-23).numpy()
    for delta in (np.float32(d) for d in (0.02, 0.3, 2.0)):
        bit, m = np.float32(1.6527e-7) * delta * delta, z * delta
        most = np.float32(1258291200.0) * bit + np.float32(1e-4) * delta * delta
        assert (m * (a * m + b * delta) <= most - x.numpy().view(np.int32).astype(np.float32) * bit).all()


TRAIN = """async (kit, [all, updates, packed]) => {
  const digits = await kit.unpackDigits(packed);
  return all.map((s) => {
    const t = new kit.Trainer(new kit.Engine(kit.module), s, digits), out = {};
    const { forward } = t.room, nets = Object.entries(t.nets), B = t.room.B, { c, adaptive } = t.room.neuron;
    for (const [key] of nets) out[key] = { losses: [], margins: [] };
    t.room.forward = function (net, count) {
      const loss = forward.call(this, net, count), [key] = nets.find(([, n]) => n === net);
      let margin = Infinity;
      for (const l of this.layers) for (let i = 0; i < l.u.length; i++) {
        if (i % B < count) margin = Math.min(margin, Math.abs(l.u[i] - (adaptive ? c[1] + c[2] * l.trace[i] : c[1])));
      }
      out[key].losses.push(loss);
      out[key].margins.push(margin);
      return loss;
    };
    for (let i = 0; i < updates; i++) t.step();
    for (const [key, net] of nets) out[key].weights = Array.from(net.flat());
    return out;
  });
}"""
CASES = {
    "as it opens": {},
    "Yin-Yang under a current, momentum": {
        "set": "yinyang",
        "coding": "constant",
        "optimiser": "momentum",
        "surrogate": "gaussian",
    },
    "XOR, ALIF, plain SGD": {"set": "xor", "neuron": "ALIF", "optimiser": "sgd", "rate": 0.1, "seed": 6, "overTime": "last"},
    "circles, CUBA, the largest value": {"set": "circles", "neuron": "CubaLIF", "overTime": "max", "surrogate": "triangle"},
    "spirals, IF, three layers": {"set": "spirals", "neuron": "IF", "hidden": [4, 3, 4], "mirrored": False, "draws": 4},
    "own points": {"set": "own", "points": "0.1,-0.37,0;-0.333,1,2;0.7,0.7,1;-0.5,-0.5,0;0,0.2,1", "surrogate": "fast_sigmoid"},
    "digits": {"set": "digits", "hidden": [6], "T": 10, "draws": 2},
}


@pytest.fixture(scope="module")
def trained(kit):
    settings = {name: BASE | changes for name, changes in CASES.items()}
    answers = kit.evaluate(TRAIN, [list(settings.values()), UPDATES, playground.digits()])
    return {name: (s, answer) for (name, s), answer in zip(settings.items(), answers, strict=True)}


@pytest.mark.parametrize("case", CASES)
def test_losses_are_torchs(trained, case):
    """The losses of 50 updates under every method, to 1e-6, up to where a membrane comes within 1e-5 of its threshold."""
    torch.set_num_threads(1)
    s, answer = trained[case]
    checked = {}
    for key, got in answer.items():
        close = next((i for i, margin in enumerate(got["margins"]) if margin < CLOSE), UPDATES)
        steps = itertools.islice(training_of(s, key).train(UPDATES, "native"), close)
        for number, ((expected, _), loss) in enumerate(zip(steps, got["losses"], strict=False)):
            assert abs(loss - expected) <= 1e-6 * abs(expected), f"{key}, update {number}: {loss}, torch says {expected}"
        checked[key] = close
        if close < UPDATES:
            print(f"{case}, {key}: a membrane meets its threshold in update {close}; checked up to there")
    assert max(checked.values()) > 10 and sum(checked.values()) > 2 * UPDATES, checked


@pytest.mark.parametrize("case", CASES)
def test_exodus_is_bptt_to_the_last_bit(trained, case):
    _, answer = trained[case]
    assert answer["exodus"]["losses"] == answer["bptt"]["losses"]
    same(answer["exodus"]["weights"], np.array(answer["bptt"]["weights"]), "weights")
    assert answer["bptt_cut"]["weights"] != answer["bptt"]["weights"]


def test_the_digits_are_the_librarys_and_small():
    packed = playground.digits()
    assert len(packed["packed"]) <= 60 * 1024 and packed["count"] == 1797 and packed["train"] == len(Digits().load(Split.TRAIN))


def test_module_and_scripts_are_small():
    """What travels to the page, the worker's script among it, whose text is in the page's once."""
    text = scripts.bundle("playground/component.js")
    assert [text.count(f"class {name} {{") for name in ("Engine", "Trainer", "Stage")] == [1, 1, 1]
    parts = [browser.module(browser.PLAYGROUND), text.encode()]
    assert sum(map(len, parts)) < 200_000 and sum(len(gzip.compress(part)) for part in parts) < 60_000


def test_settings_that_a_page_leaves_out_are_the_methods_own(kit):
    s = {name: value for name, value in BASE.items() if name not in ("delta", "draws", "band", "scale")}
    rows = kit.evaluate("(kit, s) => Object.keys(kit.METHODS).map((key) => [key, kit.rowOf(key, s)])", s)
    own = {"delta": LocalZO().delta, "draws": 1, "band": SparseGD().band, "scale": 1.0}
    for key, row in rows:
        at_spike = METHODS[key](SingleExponential(s["width"]), own).at_spike
        assert row["gain"] == at_spike.gain and (row["window"] or np.inf) == at_spike.window
        assert row["d"] == list(at_spike.derivative.coefficients()) and row["derivative"] == at_spike.derivative.kernel
