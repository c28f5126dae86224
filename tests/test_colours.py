"""Colours of methods that are shown together by default, as readers without red or green cones see them."""

import ast
import itertools
import re
from pathlib import Path

import numpy as np
import pytest

from snnviz.figures.theme import METHOD_DASHES, colours
from snnviz.ui.methods import CHOICES

ROOT = Path(__file__).parents[1]

# Machado, Oliveira & Fernandes 2009, severity 1, on linear RGB.
SEEN = {
    "all cones": np.eye(3),
    "protanopia": np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]),
    "deuteranopia": np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]),
}
TO_XYZ = np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]])
WHITE = TO_XYZ.sum(1)
APART = 15.0  # of CIE 1976; from about 2.3 on two patches side by side are told apart, thin lines need several times that
ON = [  # by default, as the pages say
    ast.literal_eval(names)
    for page in sorted((ROOT / "pages").rglob("*.py"))
    for names in re.findall(r"methods\.names\([^\[]*(\[[^\]]*\])", page.read_text(encoding="utf-8"))
]


def lab(colour: str, cones: np.ndarray) -> np.ndarray:
    """CIE L*a*b* of #RRGGBB, seen with these cones."""
    srgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    t = TO_XYZ @ np.clip(cones @ linear, 0, 1) / WHITE
    f = np.where(t > (6 / 29) ** 3, np.cbrt(t), t / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def test_lab_is_that_of_known_colours():
    np.testing.assert_allclose(lab("#FFFFFF", np.eye(3)), [100, 0, 0], atol=0.01)
    np.testing.assert_allclose(lab("#FF0000", np.eye(3)), [53.24, 80.09, 67.20], atol=0.05)


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("cones", SEEN)
def test_methods_that_are_on_together_are_told_apart_by_colour_and_all_others_by_colour_or_dash(cones, dark):
    assert ["kept", "cut", "slayer", "exodus"] in ON and len(ON) >= 3
    roles = {name: choice.hue or name for name, (_, choice) in CHOICES.items()}
    places = {name: lab(colours(dark).method(role), SEEN[cones]) for name, role in roles.items()}
    for a, b in itertools.combinations(roles, 2):
        distance = float(np.linalg.norm(places[a] - places[b]))
        together = any({a, b} <= set(names) for names in ON)
        same_dash = METHOD_DASHES[roles[a]] == METHOD_DASHES[roles[b]]
        assert distance >= APART or not (together or same_dash), f"{a} and {b}: {distance:.1f} with {cones}"
