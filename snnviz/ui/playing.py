"""The frames of a recording, played on a page: one component (assets/frames/)."""

import base64
import functools
from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.colors

from snnviz.figures import theme
from snnviz.live import scripts
from snnviz.places import assets
from snnviz.ui import scope

QUANTILE = 0.99  # of the pixels in which something happens: those above it have the full colour


def player(frames: Sequence[np.ndarray], times: np.ndarray, alt: str, *, dark: bool, key: str) -> None:
    """Draw frames [rows, columns] that play, brighter minus darker events each; times in ms [frames + 1]: where each begins and the
    last ends. With reduced motion they stand still until Play is pressed."""
    c, stack = theme.colours(dark), np.stack(frames).astype(float)
    happened = np.abs(stack[stack != 0])
    top = float(np.quantile(happened, QUANTILE)) if len(happened) else 1.0
    values = (128 + np.clip(np.round(127 * stack / top), -127, 127)).astype(np.uint8)
    _component()(
        key=f"frames-{key}",
        data={
            "values": base64.b64encode(values.tobytes()).decode(),
            "rows": stack.shape[1],
            "columns": stack.shape[2],
            "times": times.tolist(),
            "brightest": int(np.abs(stack).sum((1, 2)).argmax()),
            "alt": alt,
            "rgb": {
                role: plotly.colors.hex_to_rgb(colour)
                for role, colour in (("paper", c.paper), ("brighter", c.ink), ("darker", c.membrane))
            },
            "colours": {name: getattr(c, name) for name in ("paper", "ink", "muted", "grid")} | {"accent": c.membrane},
        },
    )


@functools.cache
def _component() -> Any:
    style = (assets() / "frames" / "frames.css").read_text(encoding="utf-8")
    return scope.component("snnviz_frames", style, scripts.bundle("frames/main.js"))
