"""What the command `snnviz` can do, one file each; `snnviz/__main__.py` puts them together."""


class Wrong(Exception):
    """What the user gave cannot be used; one sentence says why."""
