"""The QR code of a link."""

import re

import pytest

from snnviz.ui import qr


def test_a_code_is_whole_and_dark_on_light():
    drawn = qr.svg("http://localhost:8501/neuron?neuron=LIF&run.steps=1000")
    size = re.search(r'viewBox="0 0 (\d+) \1"', drawn)
    assert size and (int(size[1]) - 8 - 17) % 4 == 0, "17 + 4 v modules and four of quiet ground on each side"
    assert " width=" not in drawn.split(">")[0], "it fills its box"
    assert "#11151B" in drawn.upper() or "#11151b" in drawn


def test_a_link_too_long_for_a_code_is_said_so():
    with pytest.raises(ValueError, match=r"8,000 characters, more than a QR code holds"):
        qr.svg("x" * 8000)
