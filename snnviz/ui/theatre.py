"""The theatre of a training on a page: one component (assets/theatre/) that has the whole run and walks through its epochs."""

import functools
from typing import Any

from snnviz.figures import theme
from snnviz.live import scripts
from snnviz.places import assets
from snnviz.runs.values import Line, RunState, groups
from snnviz.training import Look
from snnviz.ui import methods, scope

SHOWN_LAYERS = 2  # beside the curves there is room for the first hidden layer and the last
THEMES = {"light": False, "dark": True}
ROWS = 5  # methods that get a row; their curves are all there
LOOKS = 400  # at the sample of all rows and seeds together: about 600 kB to send


def theatre(state: RunState, *, key: str, changed: bool = False) -> None:
    """Draw a run of trainings: accuracy by epoch, and what each network does with one test sample. changed: it is of other
    settings than the page's, and drawn paler."""
    _component()(key=f"theatre-{key}", data=data(state) | {"changed": changed})


def data(state: RunState) -> dict[str, Any]:
    """What the component gets of a run: a row for each training, with all its seeds; the visitor chooses which one the row shows,
    the others are thin curves. While a run goes, it is sent every second, and what the sample does comes for the first seed only.
    Colours are of both themes: the browser may change between them at any moment."""
    of_seeds = [(group.label, [state.lines[place] for place in group.places]) for group in groups([state.run])]
    looks = [epoch.look for line in state.lines for epoch in line.epochs if epoch.look is not None]
    layers = list(looks[0].rasters) if looks else ["layer 1", "layer 2"]
    if len(layers) > SHOWN_LAYERS:
        layers = [layers[0], layers[-1]]
    rows, hues = [], []
    of_first = sum(e.look is not None for _, lines in of_seeds[:ROWS] for e in lines[0].epochs)
    whole = 1 if state.status.live else max(1, LOOKS // max(1, of_first))
    for label, lines in of_seeds[:ROWS]:
        hue = methods.hue(lines[0].training.method)
        styles = {name: theme.method_line(hue, dark, turn=hues.count(hue)) for name, dark in THEMES.items()}
        hues.append(hue)
        colours = {name: style["color"] for name, style in styles.items()}
        rows.append(_row(label, lines, whole) | {"colours": colours, "dash": styles["light"]["dash"]})
    ended = [(label, lines[0].accuracy) for label, lines in of_seeds if lines[0].epochs]
    last = ", ".join(f"{label} {theme.percent(accuracy)}" for label, accuracy in ended)
    return {
        "rows": rows,
        "layers": layers,
        "epochs": max(line.training.epochs for line in state.lines),
        "classes": next((list(e.classes) for line in state.lines for e in line.epochs if e.classes), []),
        "sample": _sample(looks),
        "alt": f"Accuracy on the test part by epoch, and one test sample in each network. Last: {last or 'no value yet'}.",
        "colours": {name: _roles(dark) for name, dark in THEMES.items()},
    }


def _roles(dark: bool) -> dict[str, str]:
    c = theme.colours(dark)
    return (
        {name: getattr(c, name) for name in ("paper", "panel", "ink", "muted", "grid", "silent")}
        | {"line": "#38414D" if dark else "#CFD5DE", "accent": c.membrane}
        | {"good": "#2BC08F" if dark else "#00704F", "good-soft": "#123328" if dark else "#E2F3EC"}
    )


def _row(label: str, lines: list[Line], whole: int) -> dict[str, Any]:
    """Of one training all seeds, the first `whole` of them with what the sample does."""
    runs = [
        {
            "seed": line.training.seed,
            "accuracy": [e.test_accuracy for e in line.epochs],
            "looks": [{"epoch": e.epoch, **_plain(e.look)} for e in line.epochs if e.look is not None and number < whole],
        }
        for number, line in enumerate(lines)
    ]
    return {"label": label, "runs": runs}


def _plain(look: Look) -> dict[str, Any]:
    plain = look.to_plain()
    return {name: plain[name] for name in ("rasters", "counts", "scores")}


def _sample(looks: list[Look]) -> dict[str, Any] | None:
    pictured = next((look for look in looks if look.shown is not None), None)
    if pictured is None:
        return {"label": looks[0].label, "picture": False, "values": [0, 0, 0, 0, ""]} if looks else None
    return {"label": pictured.label, "picture": pictured.picture, "values": pictured.to_plain()["shown"]}


@functools.cache
def _component() -> Any:
    style = (assets() / "theatre" / "theatre.css").read_text(encoding="utf-8")
    return scope.component("snnviz_theatre", style, scripts.bundle("theatre/main.js"))
