"""A run of trainings as a picture that moves: accuracy by epoch, and one test sample in each network, as a GIF for a slide."""

import io
from collections.abc import Mapping

import numpy as np

from snnviz.figures import theme
from snnviz.figures.theme import Colours
from snnviz.runs.values import Line, RunState, groups

SIZE = (880, 420)
CHART = (48, 40, 400, 370)  # left, top, right, bottom
MOST = 40  # pictures
ROWS = 4  # methods with a row of their own
EACH, LAST = 400, 2500  # milliseconds that a picture and the last one stand


def gif(state: RunState, hues: Mapping[str, str], dark: bool = False) -> bytes:
    """The animation of a run with at least one finished epoch. hues: the colour role of each of its labels (`figures.theme`).

    Raises:
        ValueError: no epoch has ended.
    """
    shown = [(group.label, state.lines[group.places[0]]) for group in groups([state.run])]
    last = max((len(line.epochs) for _, line in shown), default=0)
    if not last:
        raise ValueError("No epoch of this run has ended: there is nothing to see move.")
    epochs = sorted({round(epoch) for epoch in np.linspace(1, last, min(last, MOST))})
    pictures = [_picture(shown, epoch, last, hues, dark) for epoch in epochs]
    out = io.BytesIO()
    stand = [EACH] * (len(pictures) - 1) + [LAST]
    pictures[0].save(out, "GIF", save_all=True, append_images=pictures[1:], duration=stand, loop=0)
    return out.getvalue()


def _picture(shown: list[tuple[str, Line]], epoch: int, last: int, hues: Mapping[str, str], dark: bool):
    from PIL import Image, ImageDraw, ImageFont

    c = theme.colours(dark)
    image = Image.new("RGB", SIZE, c.paper)
    draw = ImageDraw.Draw(image)
    small, large = ImageFont.load_default(13), ImageFont.load_default(30)
    left, top, right, bottom = CHART
    draw.text((left, 12), f"right on the test part, %    epoch {epoch} of {last}", c.ink, small)
    for share in (0, 25, 50, 75, 100):
        y = bottom - (bottom - top) * share / 100
        draw.line((left, y, right, y), c.grid)
        draw.text((left - 8, y), str(share), c.muted, small, anchor="rm")
    for place, (label, line) in enumerate(shown):
        accuracy = [e.test_accuracy for e in line.epochs[:epoch]]
        colour = c.method(hues[label])
        points = [(left + (right - left) * i / max(last - 1, 1), bottom - (bottom - top) * a) for i, a in enumerate(accuracy)]
        if len(points) > 1:
            draw.line(points, colour, 3)
        if points:
            x, y = points[-1]
            draw.ellipse((x - 4, y - 4, x + 4, y + 4), colour)
        if place < ROWS:
            _row(draw, (left + 390, 40 + 90 * place), (label, line, epoch), colour, c, (small, large))
    return image


def _row(draw, corner: tuple[int, int], of: tuple[str, Line, int], colour: str, c: Colours, fonts) -> None:
    """A method's row: its name, the rasters of its layers, and what it says."""
    (x, y), (label, line, epoch), (small, large) = corner, of, fonts
    accuracy = line.epochs[min(epoch, len(line.epochs)) - 1].test_accuracy if line.epochs else float("nan")
    draw.line((x, y + 8, x + 24, y + 8), colour, 3)
    draw.text((x + 32, y), f"{label}: {100 * accuracy:.3g} %", c.ink, small)
    looks = [e.look for e in line.epochs if e.look is not None and e.epoch <= epoch]
    if not looks:
        return
    look = looks[-1]
    for number, raster in enumerate(list(look.rasters.values())[:2]):
        at = x + 170 * number
        draw.rectangle((at, y + 22, at + 155, y + 74), c.panel)
        steps, neurons = raster.shape
        for step, neuron in zip(*np.nonzero(raster), strict=True):
            px, py = at + 3 + 150 * step / steps, y + 24 + 48 * neuron / neurons
            draw.rectangle((px, py, px + max(150 / steps - 1, 1), py + 1), c.spike)
    names = line.epochs[-1].classes
    word = names[look.answer] if names else str(look.answer)
    draw.text((x + 345, y + 30), word[:6], c.current if look.answer == look.label else c.ink, large if len(word) < 3 else small)
