"""How much of a file is read: asked of its headings and its length, before anything is made of it."""

MOST_EVENTS = 10_000_000  # of one recording: 0.4 GB as columns
LARGEST = 2**30  # bytes of one recording
MOST_TIMES = 20_000_000  # characters of a spike train
LONGEST_LINE = 1_000_000  # characters
PROBE = 50  # lines looked at to find out what is between the values


def check_events(count: int, words: int = 1) -> None:
    """Raise ValueError, a sentence, where a recording of this many events, or words of `words` for each, is too long to be read."""
    if count > words * MOST_EVENTS:
        what = "events" if words == 1 else "words"
        raise ValueError(f"has {count:,} {what}; one recording may have {words * MOST_EVENTS:,}. Cut it.")
