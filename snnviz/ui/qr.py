"""A link as a QR code: a phone held to the screen opens it."""

import segno


def svg(link: str, dark: bool = False) -> str:
    """The QR code of a link as an SVG that fills its box; on a dark page ink and ground stay as readers expect them, dark on light.

    Modules are drawn with four of quiet ground on each side (ISO/IEC 18004). ValueError if the link is longer than a code holds.
    """
    ground = "#E8ECF1" if dark else "#FFFFFF"
    try:
        code = segno.make(link, micro=False)
    except segno.encoder.DataOverflowError as problem:
        raise ValueError(f"The link has {len(link):,} characters, more than a QR code holds.") from problem
    return code.svg_inline(border=4, dark="#11151B", light=ground, omitsize=True)
