"""A link as a QR code: a phone held to the screen opens it."""

from typing import Any

import segno


def svg(link: str, dark: bool = False) -> str:
    """The QR code of a link as an SVG that fills its box; on a dark page ink and ground stay as readers expect them, dark on light.

    Modules are drawn with four of quiet ground on each side (ISO/IEC 18004). ValueError if the link is longer than a code holds.
    """
    return _code(link).svg_inline(**_look(dark))


def picture(link: str, dark: bool = False) -> str:
    """`svg` as the address of a picture, for `<img src=...>`: Streamlit takes the elements of an SVG out of HTML.

    ValueError as there.
    """
    return _code(link).svg_data_uri(**_look(dark))


def _code(link: str) -> segno.QRCode:
    try:
        return segno.make(link, micro=False)
    except segno.encoder.DataOverflowError as problem:
        raise ValueError(f"The link has {len(link):,} characters, more than a QR code holds.") from problem


def _look(dark: bool) -> dict[str, Any]:
    return {"border": 4, "dark": "#11151B", "light": "#E8ECF1" if dark else "#FFFFFF", "omitsize": True}
