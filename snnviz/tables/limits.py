"""How much of a file is read: asked of its headings and its length, before anything is made of it."""

MOST_EVENTS = 10_000_000  # of one recording: 0.4 GB as columns
LARGEST = 2**30  # bytes of one recording
MOST_TIMES = 20_000_000  # characters of a spike train
LONGEST_LINE = 1_000_000  # characters
PROBE = 50  # lines looked at to find out what is between the values
