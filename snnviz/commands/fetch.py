"""`snnviz fetch`: a set of recordings, through tonic."""

import argparse
import signal
import sys

from snnviz.commands import Wrong


def fetch(options: argparse.Namespace) -> int:
    """The command `snnviz fetch`: fetch a set of tonic's catalogue unless it is here; its exit status."""
    ended = signal.signal(signal.SIGTERM, signal.default_int_handler)  # stopped by another program as by Ctrl-C
    try:
        from snnviz import places
        from snnviz.datasets.catalogue import by_hand, named
        from snnviz.datasets.images import AbstractImages

        dataset = named(options.name, options.folder, options.part)
        root = places.data(options.folder)
        try:
            have, note = dataset.have(), "Nothing was fetched; name another folder for a fresh copy."
        except (OSError, ValueError):
            if (reason := by_hand(dataset)) or isinstance(dataset, AbstractImages):
                raise Wrong(reason) from None
            print(f"Fetching {options.name} into {root}: {dataset.size}.", file=sys.stderr)
            dataset.fetch()
            have, note = dataset.have(), ""
        print(f"{have.rstrip(';')}, in {root}. {note}".rstrip())
    except (OSError, ValueError) as problem:
        raise Wrong(" ".join(str(problem).split())) from None
    except KeyboardInterrupt:
        print("Stopped; what had arrived is removed.", file=sys.stderr)
        return 130
    finally:
        signal.signal(signal.SIGTERM, ended)
    return 0
