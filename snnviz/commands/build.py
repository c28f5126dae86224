"""`snnviz build`: compile what the app needs, so that no page has to."""

import argparse
import sys
import time

from snnviz.commands import Wrong


def build(arguments: argparse.Namespace) -> int:
    """The command `snnviz build`: build the missing kernels, with progress; its exit status."""
    from snnviz import places
    from snnviz.backends import prepare, source

    start = time.perf_counter()
    try:
        parts = prepare.parts()
        missing = [part for part in parts if not part.built]
        if missing:
            print(
                f"Building {len(missing)} kernels for this machine, once: about a minute on two cores.", file=sys.stderr, flush=True
            )
        for number, (part, seconds) in enumerate(prepare.build_missing(), 1):
            print(f"[{number}/{len(missing)}] {part.title}: {seconds:.1f} s", file=sys.stderr, flush=True)
    except source.NoCompiler as problem:
        raise Wrong(f"{problem} Without one the app computes in torch alone, and draws on the server.") from None
    except (OSError, RuntimeError) as problem:
        raise Wrong(" ".join(str(problem).split())) from None
    took = f"in {time.perf_counter() - start:.1f} s" if missing else "already"
    print(f"All {len(parts)} kernels that the app needs are built {took}, in {places.cache()}.", file=sys.stderr)
    return 0
