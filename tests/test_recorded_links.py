"""Links made by version 0.1.0: later versions restore the screens that they stand for.

`tests/recorded/links_0_1_0.json` holds twenty links (page and query string) to all nine pages, and what 0.1.0 showed when they
were opened:

* widgets: label and value of every control, the live scope's own controls included. Of a choice the value is the text shown.
* titles: the page's title, subheaders, and lines in bold, which are the titles of figures; a number below a millionth stands
  there as "tiny", because rounding makes it.
* metrics: label and value. warnings: their text; there are none but those of a saved run's layers.
* tables: the columns of text in every table.
* values: the values that the code behind the picture makes, as Python: the outermost calls of classes, without imports.

0.1.0 opened with a page of text; what opens now is the playground, so of the first link only the controls are compared.

Nothing is compared by key, and order does not matter, so names inside the program and places on the page may change. No link
gives an error or an exception. Saved runs come from `tests/recorded/store_0_1_0.sqlite`.

`python -m tests.test_recorded_links --record` writes the file anew, for a change of the screens that is wanted and explained.
"""

import argparse
import ast
import collections
import json
import os
import pathlib
import re
import shutil
import tempfile
import urllib.parse
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import ButtonGroup, Multiselect, Selectbox

ROOT = pathlib.Path(__file__).parents[1]
FILE = ROOT / "tests" / "recorded" / "links_0_1_0.json"
STORE = ROOT / "tests" / "recorded" / "store_0_1_0.sqlite"
TABLES_WITHOUT = {"started", "whose"}  # the first depends on the time zone; 0.1.0 had not the second

# Controls that came later, each at the value that leaves everything as it was (products: but for the order of sums).
LATER = [["Biases", False], ["First biases up to", 0.0], ["Products", "Measured"], ["Compare", ["Methods"]], ["Step", None]]
LATER += [["Threads", 1]]
LATER += [["Once more, at the scale", False], ["Normalise to the threshold", False], ["Where outputs are pulled", 1.0]]
RENAMED = {"Pull of the outputs": "Pull towards 1"}  # controls with another label since, by the one they have now

# A current drawn by hand in the live scope.
DRAWN = (
    "OgAAAAAAAAAAAAAAAAAAAAAGBgYGBgYGBgYGBgYGBgYGAAAAAAAAAAAAAAAAAAAAAAYGBgYGBgYGBgYGBgYGBgYAAAAAAAAAAAAAAAAAAAAABgYGBgYGBgYGBgYG"
    "BgYGBgAAAAAAAAAAAAAAAAAAAAAGBgYGBgYGBgYGBgYGBgYG"
)

LINKS = {
    "start": "?backend=reference",
    "neuron_live_alif": "neuron?neuron=ALIF&neuron.ALIF.kappa=25&neuron.ALIF.tau_adapt=60&neuron.ALIF.reset_mode=zero"
    "&stimulus=Noise&stimulus.Noise.mean=0.1&stimulus.Noise.sd=0.2&run.steps=150&run.neurons=12&run.seed=4&scope.column=3",
    "neuron_live_drawn_and_looked_back": f"neuron?neuron.LIF.tau_mem=35&neuron.LIF.max_spikes=3&scope.gain=1.5&scope.drawn={DRAWN}"
    "&scope.backward=true&scope.surrogate=Triangle&scope.surrogate.width=0.5&scope.scale=2&scope.loss=target&scope.loss_at=0.6"
    "&scope.target=0.8&stimulus.Step.amplitude=0.04",
    "neuron_figure_population": "neuron?view=figure&neuron=CubaLIF&neuron.CubaLIF.tau_mem=31&neuron.CubaLIF.tau_syn=12"
    "&neuron.CubaLIF.reset_mode=zero&neuron.CubaLIF.early_decay=true&neuron.CubaLIF.v_min.on=true&neuron.CubaLIF.v_min=-0.5"
    "&stimulus=Pulses&stimulus.Pulses.amplitude=0.2&stimulus.Pulses.period=40&run.neurons=20&run.spread=0.4&run.steps=500",
    "neuron_figure_own_spike_train": "neuron?view=figure&neuron=IF&neuron.IF.theta=0.8&stimulus=SpikeTrain"
    "&stimulus.SpikeTrain.times=10+12.5%2C14+30+31+80&stimulus.SpikeTrain.weight=0.35&run.steps=120",
    "neuron_figure_izhikevich": "neuron?view=figure&neuron=Izhikevich&neuron.Izhikevich.a=0.1&neuron.Izhikevich.d=2&stimulus=Ramp"
    "&stimulus.Ramp.amplitude=12&run.steps=800&backend=reference",
    "derivative_surrogates": "derivative?of=MultiGaussian-Dspike&look.unit_area=true&look.reach=2.5&s.MultiGaussian.share=0.3"
    "&s.Dspike.gamma=4",
    "derivative_live": "derivative?view=live&law=SurrogateLaw&made=Triangle&own.delta=0.6&own.draws=3&draw.u=0.2&draw.seed=7"
    "&compare=Gaussian&compare.Gaussian.sigma=0.25",
    "derivative_estimator": "derivative?view=estimator&law=LaplaceLaw&zo.delta=0.05&zo.draws=5&draw.u=-0.1&draw.count=1000"
    "&draw.seed=9&compare=Sigmoid&compare.Sigmoid.slope=8",
    "derivative_trade_off": "derivative?view=cost&law=UniformLaw&zo.delta=0.3&zo.draws=2&over=delta&density=normal"
    "&margins.mean=-0.5&margins.sd=0.2",
    "gradients_several_methods": "gradients?methods=cut-slayer-localzo-gated-sparse&surrogate=Gaussian&surrogate.Gaussian.sigma=0.5"
    "&slayer.scale=2&slayer.after_reset=true&localzo.law=UniformLaw&localzo.draws=20&gated.peak=0.5&sparse.band=0.4&neuron=CubaLIF"
    "&neuron.CubaLIF.tau_syn=8&stimulus=Poisson&stimulus.Poisson.rate=150&loss=SpikeAt&loss.SpikeAt.step=100&run.steps=160&run.seed=2"
    "&log=true",
    "gradients_who_is_right": "gradients?view=smooth&methods=kept-cut-exodus&surrogate=Sigmoid&surrogate.Sigmoid.slope=3"
    "&neuron.LIF.reset_mode=zero&stimulus.Noise.mean=0.1&run.steps=80",
    "gradients_network_weights": "gradients?of=network&view=weights&methods=kept-exodus-modules&network.FeedForward.layers=4"
    "&network.FeedForward.width=32&network.FeedForward.recurrent=true&modules.after=1-3&modules.alpha=0.8&modules.route=detach"
    "&neuron=ALIF&neuron.ALIF.kappa=2&run.steps=40&run.batch=4&layer=layer+2",
    "gradients_growth_convolutional": "gradients?of=network&view=growth&over=scale&methods=slayer-exodus&network=Convolutional"
    "&network.Convolutional.channels=4&network.Convolutional.side=8&surrogate=Arctan&surrogate.Arctan.alpha=3&run.steps=20&run.batch=2",
    "sparsity_raster": "sparsity?view=raster&localzo.delta=0.1&localzo.draws=3&law=RademacherLaw&network.layers=3"
    "&network.width=48&input.rate=80&neuron=ALIF&run.steps=120&run.batch=4&run.seed=2&layer=layer+3&sample=2",
    "sparsity_times": "sparsity?view=time&source=here&timed=step&against=steps&plan.steps=100&plan.batch=4&plan.repeats=5",
    "depth": "depth?depth.layers=8&after=3-5&modules.route=detach&modules.alpha=0.75&modules.weight=0.5&modules.temperature=2"
    "&modules.keep_reset=false&depth.training=100&depth.looks=3&depth.sigma=0.5&depth.width=24&depth.rate=0.01&depth.seed=6"
    "&surrogate=Arctan&surrogate.Arctan.alpha=4",
    "training": "training?data=YinYang&data.YinYang.samples=600&data.YinYang.dt=1&methods=cut-slayer-sparse&slayer.scale=0.1"
    "&sparse.band=0.3&surrogate=FastSigmoid&surrogate.FastSigmoid.slope=5&epochs=12&network.FeedForward.width=64"
    "&network.FeedForward.layers=3&neuron=CubaLIF&neuron.CubaLIF.tau_syn=8&optimiser=SGD&optimiser.SGD.lr=0.02"
    "&optimiser.SGD.momentum=0.5&schedule=Cosine&schedule.Cosine.warmup=0.1&loss=StepwiseCrossEntropy"
    "&loss.StepwiseCrossEntropy.pull=0.05&run.batch=32&run.seed=3&run.clip=1.5&repeats=2&sample=4&view=norms",
    "data": "data?data=YinYang&data.YinYang.samples=300&data.YinYang.dot=0.15&data.YinYang.dt=1&view=raster&half=test&class=2"
    "&sample=3",
    "runs": "runs?view=norms",
}


def opened(link: str) -> AppTest:
    page, _, query = link.partition("?")
    at = AppTest.from_file(ROOT / "app.py", default_timeout=120)
    if page:
        at.switch_page(f"pages/{page}.py")
    for key, value in urllib.parse.parse_qsl(query, keep_blank_values=True, strict_parsing=True):
        at.query_params[key] = value
    return at.run()


def screen(at: AppTest) -> dict[str, list]:
    """What is on a page, each list in an order that does not depend on the place."""
    nodes = [node for part in (at.main, at.sidebar) for node in part]
    of = collections.defaultdict(list)
    for node in nodes:
        of[getattr(node, "type", "")].append(node)
    kinds = ("slider", "select_slider", "number_input", "text_input", "toggle", "checkbox")
    widgets = [[w.label, w.value] for kind in kinds for w in of[kind]]
    widgets += [[w.proto.label, shown_text(w)] for kind in ("selectbox", "multiselect", "button_group") for w in of[kind]]
    widgets += [pair for w in of["bidi_component"] if w.proto.WhichOneof("data") == "json" for pair in of_scope(w.proto.json)]
    bold = [line.value[2:-2] for line in of["markdown"] if line.value.startswith("**") and line.value.endswith("**")]
    bold += [title for title in titles_of_figures(of["bidi_component"]) if title not in bold]
    texts = [text.value for kind in ("title", "subheader") for text in of[kind]] + bold
    texts = [re.sub(r"\d[\d.]*e-(0[6-9]|\d[1-9])", "tiny", text) for text in texts]
    tables = [table for kind in ("dataframe", "table") for node in of[kind] if (table := columns_of_text(node.value))]
    values = [text for code in of["code"] if code.language == "python" for text in made_by(code.value)]
    return {
        "widgets": in_order(widgets),
        "titles": in_order(texts),
        "metrics": in_order([[m.label, m.value] for m in of["metric"]]),
        "warnings": in_order([w.value for w in of["warning"]]),
        "tables": in_order(tables),
        "values": in_order(values),
    }


def titles_of_figures(components: list[Any]) -> list[str]:
    """The titles of pictures that fill their page: there the sentence above may say something else."""
    sent = [json.loads(c.proto.bytes) for c in components if c.proto.WhichOneof("data") == "bytes"]
    return [figure["layout"]["meta"]["title"] for figure in sent if figure.get("fill") and figure["layout"]["meta"].get("title")]


def in_order(entries: list) -> list:
    return sorted(entries, key=lambda entry: json.dumps(entry, ensure_ascii=False))


def shown_text(widget: Any) -> Any:
    """What a choice shows."""
    if isinstance(widget, Selectbox):
        return widget.format_func(widget.value) if widget.value is not None else None
    if isinstance(widget, ButtonGroup):
        return sorted(widget.formatted_values)
    assert isinstance(widget, Multiselect)
    return sorted(widget.values)


def of_scope(sent: str) -> Iterator[list]:
    """Label and value of the controls that the live scope draws in the browser, from what is sent to it."""
    data = json.loads(sent)
    if "view" not in data:
        return  # the playground
    labels = {name: specs["label"] for name, specs in data["controls"].items() if name != "neuron"}
    parts = {name: surrogate["controls"] for name, surrogate in data["surrogates"].items()}

    def of_part(label: str, part: Mapping[str, Any], specs: list[Mapping[str, Any]]) -> Iterator[list]:
        yield [label, part["is"]]
        yield from ([f"{label}: {one['label']}", part[one["name"]]] for one in specs)

    for name, value in data["scene"].items():
        if name == "is":
            continue
        label = labels.get(name, name.capitalize())
        if not isinstance(value, dict):
            yield [label, value]
        elif name == "neuron":
            yield from of_part(label, value, data["controls"]["neuron"])
        else:
            yield from of_part(label, value, parts[value["is"]])


def columns_of_text(frame: Any) -> dict[str, list[str]]:
    columns = {str(name): list(frame[name]) for name in frame.columns if name not in TABLES_WITHOUT}
    return {name: column for name, column in columns.items() if column and all(isinstance(v, str) for v in column)}


def made_by(code: str) -> Iterator[str]:
    """The outermost calls of classes in some code: the values it is about."""

    def calls(node: ast.AST) -> Iterator[str]:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id[0].isupper():
            yield ast.unparse(node)
            return
        for child in ast.iter_child_nodes(node):
            yield from calls(child)

    return calls(ast.parse(code))


@pytest.fixture(scope="module")
def recorded() -> dict[str, Any]:
    return json.loads(FILE.read_text(encoding="utf-8"))


@pytest.fixture(autouse=True, scope="module")
def libraries():
    import_libraries()


def import_libraries() -> None:
    """What the Training page imports in the background is here before: in Python 3.11 two threads that parse Python at the
    same time fail with a SystemError about the recursion depth of the AST."""
    import sklearn.datasets  # noqa: F401
    import torch._dynamo  # noqa: F401


@pytest.fixture(autouse=True)
def places(tmp_path, monkeypatch):
    for name, value in places_in(tmp_path).items():
        monkeypatch.setenv(name, value)


def places_in(folder: pathlib.Path) -> dict[str, str]:
    """Where the app finds its saved runs and its data: a folder with a copy of the recorded database."""
    shutil.copyfile(STORE, folder / "runs.sqlite")
    return {"SNNVIZ_STORE": f"sqlite:///{folder / 'runs.sqlite'}", "SNNVIZ_HOME": str(folder), "SNNVIZ_DATA": str(folder / "sets")}


@pytest.mark.parametrize("name", LINKS)
def test_a_link_restores_the_screen_that_it_restored(recorded, name):
    before = recorded[name]
    at = opened(before["link"])
    assert not at.exception, [e.value for e in at.exception]
    assert not at.error, [e.value for e in at.error]
    now = screen(at)
    now["widgets"] = in_order(
        [[RENAMED.get(label, label), value] for label, value in now["widgets"] if [label, value] not in LATER]
    )
    for what, entries in before["screen"].items():
        if name == "start" and what == "titles":
            continue
        gone = [entry for entry in entries if entry not in now[what]]
        fresh = [entry for entry in now[what] if entry not in entries]
        # The code may make more of the picture than it did in 0.1.0, and not less.
        same = not gone if what == "values" else now[what] == entries
        assert same, f"{what}: missing {gone}, not there before {fresh}"


def test_every_page_has_a_link(recorded):
    from app import PAGES

    assert {name: entry["link"] for name, entry in recorded.items()} == LINKS and len(LINKS) == 20
    pages = {link.partition("?")[0] for link in LINKS.values()} - {"start"}
    assert pages <= {entry.address for entry in PAGES}, "every page of version 0.1.0 is there"


def record() -> None:
    import_libraries()
    made = {}
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= places_in(pathlib.Path(folder))
        for name, link in LINKS.items():
            at = opened(link)
            complaints = [e.value for kind in (at.exception, at.error, () if name == "runs" else at.warning) for e in kind]
            assert not complaints, f"{name}: {complaints}"
            made[name] = {"link": link, "screen": screen(at)}
    rows = []
    for name, entry in made.items():
        parts = [f"   {json.dumps(what)}: {json.dumps(entries, ensure_ascii=False)}" for what, entries in entry["screen"].items()]
        link = json.dumps(entry["link"])
        rows.append(f' {json.dumps(name)}: {{\n  "link": {link},\n  "screen": {{\n' + ",\n".join(parts) + "\n  }\n }")
    FILE.write_text("{\n" + ",\n".join(rows) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Record what links restore, for later versions to be compared with.")
    parser.add_argument("--record", action="store_true", required=True, help=f"write {FILE.name} anew")
    parser.parse_args()
    record()
