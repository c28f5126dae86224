"""One HTML file with everything that lives in the browser: it opens from a disk, and asks no network for anything.

It is made of what the app itself uses: the scripts of assets/ as one text, the kernels as WebAssembly, the declarations of
`param()`, the laws' curves, the themes. What the app's server computes for a scope (the current of a stimulus) is computed
by assets/static/, and tests hold that against Python. Its addresses are spelt as the app's are: #/neuron?neuron=ALIF.
"""

import base64
import dataclasses
import hashlib
import html
import json
import string
import tomllib
from typing import Any
from urllib.parse import urlencode

from snnviz import places
from snnviz.backends import browser
from snnviz.experiments import Experiment
from snnviz.figures import theme
from snnviz.laws import LAWS
from snnviz.live import declared, playground, scopes, scripts
from snnviz.live.scenes import OWN, PLAIN, Scene
from snnviz.neurons import NEURONS
from snnviz.stimuli import STIMULI, SpikeTrain
from snnviz.surrogates import FastSigmoid

STEPS = 400  # of a run, before anybody asks for more
# Fonts that a machine may have in place of the app's, with the share of their size at which they are as wide: its name for the
# browser, regular and bold names, per cent.
FONTS = (
    ("Helvetica", ("Helvetica Neue", "HelveticaNeue"), ("Helvetica Neue Bold", "HelveticaNeue-Bold"), 93),
    ("Segoe", ("Segoe UI", "SegoeUI"), ("Segoe UI Semibold", "SegoeUI-Semibold"), 93),
    ("Roboto", ("Roboto", "Roboto-Regular"), ("Roboto Medium", "Roboto-Medium"), 93),
    ("Arial", ("Arial", "ArialMT", "Liberation Sans"), ("Arial Bold", "Arial-BoldMT", "Liberation Sans Bold"), 93),
    ("DejaVu", ("DejaVu Sans Condensed",), ("DejaVu Sans Condensed Bold",), 90),
)
TIMES = {
    "name": "times", "label": "Spike times", "symbol": "", "unit": "ms", "kind": "numbers", "low": 0.0, "high": None,
    "open_low": False, "allowed": "at least 0", "help": "When an input spike comes; separated by spaces or commas.",
}  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Example:
    """Settings to begin with, and a sentence on what they show."""

    title: str
    sentence: str
    settings: dict[str, str]
    page: str = ""  # where that is, if it is another page


@dataclasses.dataclass(frozen=True)
class Page:
    """A page of the file: its script is assets/static/<name>.js, its name that of the app's page."""

    name: str
    tab: str
    title: str
    about: str
    examples: tuple[Example, ...] = ()
    quiet: bool = False  # its heading is for those who do not see the page


PAGES = (
    Page(
        "playground",
        "Playground",
        "Playground: one spiking network, many gradients",
        "A small spiking network learns here, under several gradient methods, from the same weights on the same batches.",
        (
            Example(
                "A neuron that tires",
                "One neuron of another kind under a constant current: its spikes thin out. Why?",
                {"neuron": "ALIF", "stimulus.Step.amplitude": "0.12"},
                "neuron",
            ),
            Example(
                "A slope that is missing",
                "The derivative of a spike is zero or infinite. Look back along a gradient, and at what stands in its place.",
                {"scope.backward": "true"},
                "neuron",
            ),
            Example(
                "Random, and right on average",
                "How LocalZO touches so few: most of its draws are 0, and their mean is a surrogate all the same.",
                {"zo.delta": "0.3"},
                "derivative",
            ),
        ),
        quiet=True,
    ),
    Page(
        "neuron",
        "Neuron",
        "A neuron under a current",
        "At the threshold it fires and is reset. Move a control, drag the threshold, draw a current: it follows the hand.",
        (
            Example(
                "Spikes that thin out",
                "Each spike lifts the threshold of an adaptive neuron for a while, so the next one takes longer.",
                {"neuron": "ALIF", "stimulus.Step.amplitude": "0.12"},
            ),
            Example(
                "Noise alone makes it fire",
                "The mean current would never reach the threshold; what fluctuates around it does.",
                {"stimulus": "Noise", "stimulus.Noise.mean": "0.03", "run.neurons": "40"},
            ),
            Example(
                "Stronger is sooner",
                "Fifty neurons, each under a little more current than the one before: they fire in order.",
                {
                    "run.neurons": "50",
                    "run.spread": "0.5",
                    "stimulus.Step.amplitude": "0.15",
                    "run.steps": "150",
                    "scope.column": "25",
                },
            ),
            Example(
                "A gradient that explodes",
                "With a narrow, strong surrogate the exact gradient grows from step to step; where the reset is cut it does not.",
                {"scope.backward": "true", "scope.scale": "2", "scope.surrogate.SingleExponential.width": "0.1"},
            ),
        ),
    ),
    Page(
        "derivative",
        "Spike derivative",
        "In place of the step's derivative",
        "Random values stand in for the derivative of a spike. Draw after draw falls, and their mean settles on a surrogate.",
        (
            Example(
                "The mean settles on the Gaussian",
                "A Gaussian surrogate lies dashed over the closed curve. Watch the mean find both.",
                {"compare": "Gaussian", "compare.Gaussian.sigma": "0.5"},
            ),
            Example(
                "Five draws, not 5 ×",
                "At u = δ one draw is active in 31.7 % of cases, the mean of five in 85.2 %; the variance is a fifth.",
                {"zo.delta": "0.05", "zo.draws": "5"},
            ),
            Example(
                "A law for any surrogate",
                "Draws of this law average to a triangle: random values that touch few neurons, with the mean one asks for.",
                {"law": "SurrogateLaw", "made": "Triangle", "compare": "Triangle"},
            ),
        ),
    ),
)


def page() -> str:
    """The file's text.

    Raises:
        NoCompiler: the kernels cannot be built for the browser. RuntimeError: the compiler could not.
    """
    script = scripts.bundle("static/main.js") + "//# sourceURL=snnviz.js\n"
    begin = _asset("static/begin.js")
    template = string.Template(_asset("static/page.html"))
    shown = json.dumps(shipped() | {"script": _packed(script)}, ensure_ascii=False, separators=(",", ":"))
    return template.substitute(
        # The browser itself forbids the file every request: only what is written here may run.
        policy=f"default-src 'none'; script-src '{_hash(begin)}' '{_hash(script)}' 'wasm-unsafe-eval'; worker-src blob:; "
        "style-src 'unsafe-inline'; img-src data: blob:; base-uri 'none'; form-action 'none'",
        icon=base64.b64encode(_asset("icon.svg").encode()).decode("ascii"),
        style="\n".join((_fonts(), _themes(), *map(_asset, ("scope/scope.css", "playground/style.css", "static/static.css")))),
        logo=_asset("logo.svg").strip(),
        tabs="\n".join(f'    <a href="#/{p.name}" data-page="{p.name}">{html.escape(p.tab)}</a>' for p in PAGES),
        pages="\n".join(map(_section, PAGES)),
        shipped=shown.replace("<", "\\u003c"),
        begin=_safe(begin),
    )


def shipped() -> dict[str, Any]:
    """What the scripts of the file know of Python."""
    neurons = {}
    for name, cls in NEURONS.items():
        data = scopes.neuron_data(cls())
        controls = declared.declare(cls())
        neurons[name] = {**data, "title": cls.title, "amplitude": cls.amplitude, "controls": controls}
    stimuli = {}
    for name, cls in STIMULI.items():
        stimulus = cls()
        lists = [TIMES | {"default": stimulus.times}] if isinstance(stimulus, SpikeTrain) else []
        controls = declared.declare(stimulus) + lists
        stimuli[name] = {"title": cls.title, "charges": stimulus.charges, "controls": controls}
    declarations = {d["name"]: d for d in declared.declare(Experiment())}
    population = [declarations["steps"] | {"default": STEPS}, *(declarations[name] for name in ("neurons", "spread", "seed"))]
    scene = {d["name"]: d for d in declared.declare(Scene())}
    starts = {
        key: {d["name"]: getattr(value, d["name"]) for d in declared.declare(value)} for key, value in (("zo", PLAIN), ("own", OWN))
    }
    return {
        "playground": playground.data() | {"module": browser.payload(browser.PLAYGROUND)},
        "module": browser.payload(browser.SCOPES), "colours": scopes.colours(), "surrogates": declared.surrogates(),
        "neurons": neurons,
        "stimuli": stimuli, "population": population, "scene": scene, "surrogate": type(Scene().surrogate).__name__,
        "shared": {"surrogate": scopes.SURROGATE},
        "derivative": scopes.derivative_data(declared.laws())
        | {"starts": starts, "first": next(iter(LAWS)), "made": FastSigmoid.__name__},
    }  # fmt: skip


def _section(page: Page) -> str:
    examples = "".join(
        f'<li><a href="#/{example.page or page.name}?{urlencode(example.settings)}"><b>{html.escape(example.title)}</b>'
        f"<span>{html.escape(example.sentence)}</span></a></li>"
        for example in page.examples
    )
    begin = f'\n    <ul class="examples" aria-label="To begin with">{examples}</ul>' if examples else ""
    heading = f'<h1 id="{page.name}-title">{html.escape(page.title)}</h1><p>{html.escape(page.about)}</p>'
    return (
        f'  <section id="{page.name}" aria-labelledby="{page.name}-title" hidden>\n'
        f'    <div class="{"unseen" if page.quiet else "about"}">{heading}</div>\n'
        f'    <div class="live"></div>{begin}\n  </section>'
    )


def _themes() -> str:
    """The variables that Streamlit gives its components, from the app's own settings, for both themes."""
    font = ", ".join(["'Source Sans 3'", "'Source Sans'", *(f"'as wide {name}'" for name, *_ in FONTS), "sans-serif"])
    config = tomllib.loads((places.app().parent / ".streamlit" / "config.toml").read_text(encoding="utf-8"))["theme"]

    def variables(name: str) -> str:
        colours, own = theme.colours(name == "dark"), config[name]
        values = {f"--st-{_dashed(key)}": value for key, value in own.items() if isinstance(value, str)}
        values |= {"--st-orange-color": colours.active, "--st-red-text-color": "#FF9A91" if name == "dark" else "#B3261E"}
        values |= {"--sidebar-color": own["sidebar"]["backgroundColor"], "--st-font": font, "color-scheme": name}
        return " ".join(f"{key}: {value};" for key, value in values.items())

    light, dark = variables("light"), variables("dark")
    return (
        f":root {{ {light} }}\n@media (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}\n"
        f':root[data-theme="light"] {{ {light} }}\n:root[data-theme="dark"] {{ {dark} }}'
    )


def _fonts() -> str:
    """The fonts of this machine, at sizes at which they are as wide as the app's, on canvases too."""

    def face(name: str, places: tuple[str, ...], weight: str, share: int) -> str:
        sources = ", ".join(f'local("{place}")' for place in places)
        return f'@font-face {{ font-family: "as wide {name}"; src: {sources}; font-weight: {weight}; size-adjust: {share}%; }}'

    return "\n".join(
        f"{face(name, regular, '100 500', share)}\n{face(name, bold, '501 900', share)}" for name, regular, bold, share in FONTS
    )


def _dashed(name: str) -> str:
    return "".join(f"-{c.lower()}" if c.isupper() else c for c in name)


def _packed(script: str) -> str:
    return browser.packed(script.encode("utf-8"))


def _hash(script: str) -> str:
    """By which a policy names the one script that may run."""
    return f"sha256-{base64.b64encode(hashlib.sha256(script.encode('utf-8')).digest()).decode('ascii')}"


def _safe(script: str) -> str:
    """A script as it stands in HTML, where "</script" would end it.

    Raises:
        ValueError: it would.
    """
    for end in ("</script", "<!--"):
        if end in script.lower():
            raise ValueError(f"A script of assets/ says {end!r}, which ends a script in HTML.")
    return script


def _asset(name: str) -> str:
    return (places.assets() / name).read_text(encoding="utf-8")
