"""What the lessons state and takes minutes to compute; and the pictures on their cards.

python -m tools.lessons --seeds [NAME ...]      each figure of ten seeds and of long trainings: as stated, and as it is
python -m tools.lessons --thumbnails [NAME ...] draws the cards' pictures from the lessons' own looks, in Chromium
"""

import sys

# By lesson: the figures, as it states them, that `--seeds` checks and the tests do not.
SEEDS: dict[str, tuple[str, ...]] = {
    "missing-slope": ("68", "61", "74", "94", "92", "95"),
    "four-ways": ("2.5", "3.9"),
    "of-what": ("2.5", "2.9", "1.3", "18.4", "4.5", "25.1"),
    "width-first": ("94", "100", "93"),
    "one-layer-more": ("15", "6", "30", "10", "26", "3.5", "11,200", "152", "94.2", "2.9", "66.4", "29.8", "95.7", "1.6"),
}


def near(stated: str, got: float) -> bool:
    """Whether a number rounds to what a text states: "0.92", "3,900" (whose zeros are not meant)."""
    digits = stated.replace(",", "")
    places = len(digits.partition(".")[2])
    if "," in stated:
        places = -min(2, len(digits) - len(digits.rstrip("0")))
    return abs(float(got) - float(digits)) <= 0.5 * 10**-places * (1 + 1e-6)


def main() -> None:
    sys.exit(__doc__)


if __name__ == "__main__":
    main()
