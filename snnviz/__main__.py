"""The command `snnviz`, which is also `python -m snnviz`: the app, and training without a browser.

snnviz app                                  # the pages; builds the kernels first, where they are not built
snnviz build                                # the kernels alone
snnviz settings > settings.toml             # the settings of a training, ready to be changed
snnviz train settings.toml                  # results go into the store that the app reads
snnviz compare settings.toml --methods BPTT Exodus Slayer LocalZO --seeds 3 --csv results.csv --html report.html
snnviz settings --grid scale > grid.toml    # a grid of settings and seeds, for compare
snnviz weights a1b2c3d4e5f60718 weights.safetensors      # of a saved run, whose name is in its address on the page Runs
snnviz fetch SHD --folder recordings        # a set of tonic's catalogue
snnviz static class.html                    # the live pages as one file, for a class without a server
"""

import argparse
import pathlib
import sys
from collections.abc import Callable, Sequence

from snnviz.commands import Wrong
from snnviz.commands.app import app
from snnviz.commands.build import build
from snnviz.commands.compare import COMPARED, compare
from snnviz.commands.fetch import fetch
from snnviz.commands.static import static
from snnviz.commands.train import settings, train
from snnviz.commands.weights import weights


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; 0 if it went well, 1 if a training failed or what came out could not be kept, 2 if what was asked for
    cannot be done, 130 if it was interrupted."""
    options = _parser().parse_args(arguments)
    try:
        return options.command(options)
    except Wrong as problem:
        print(f"snnviz: {problem}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="snnviz", description="See how a spiking network is trained: in a browser, or without one."
    )
    commands = parser.add_subparsers(required=True, metavar="command")

    def command(name: str, run: Callable[[argparse.Namespace], int], text: str, example: str, **kwargs) -> argparse.ArgumentParser:
        made = commands.add_parser(
            name,
            help=text,
            description=f"{text[0].upper()}{text[1:]}.",
            epilog=f"Example:\n  {example}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            **kwargs,
        )
        made.set_defaults(command=run)
        return made

    opened = command("app", app, "open the app: pages in the browser", "snnviz app --port 8600")
    opened.add_argument("--port", type=int, default=8501, help="where the app answers (8501)")
    opened.add_argument("--host", default="127.0.0.1", help="who may open it: this machine alone (127.0.0.1), or a class (0.0.0.0)")
    opened.add_argument("streamlit", nargs="*", help="after --, options of `streamlit run`: snnviz app -- --server.baseUrlPath=snn")
    command("build", build, "compile the kernels that the app needs on this machine, so that no page has to", "snnviz build")
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("settings", type=pathlib.Path, help="a TOML file: what `settings` prints, or the app's Settings (TOML)")
    shared.add_argument("--backend", help="native (the default), cuda or reference")
    shared.add_argument("--no-save", action="store_true", help="do not keep the run in the store")
    shared.add_argument("--touch-active", action="store_true", help="run sparse methods over their active entries alone")
    shared.add_argument(
        "--products",
        choices=("dense", "events", "measured"),
        help="multiply all inputs, the active ones, or what the batch's activity makes faster (dense, or what the settings say)",
    )
    shared.add_argument("--threads", type=int, help="threads of the CPU (what the settings say, or as many as torch finds)")
    one = command(
        "train", train, "train what the settings say", "snnviz train settings.toml --checkpoint run.safetensors", parents=[shared]
    )
    one.add_argument("--checkpoint", type=pathlib.Path, help="a .safetensors file to write after every epoch and go on from")
    several = command(
        "compare",
        compare,
        "the same trainings with several methods, settings and seeds, on all cores or a Dask cluster",
        "snnviz compare settings.toml --methods BPTT Exodus --seeds 3 --csv results.csv --html report.html",
        parents=[shared],
    )
    several.add_argument("--methods", nargs="+", help=f"names of methods ({' '.join(COMPARED)}; of settings with several: theirs)")
    several.add_argument("--seeds", type=int, help="how many seeds, from that of the settings on (1, or what a grid says)")
    several.add_argument(
        "--validation", type=float, help="share of the training part to choose an epoch on (0.2, or what a grid says)"
    )
    for name, what in (
        ("csv", "a table of every epoch"),
        ("parquet", "the same table for pandas"),
        ("html", "a report with figures"),
    ):
        several.add_argument(f"--{name}", type=pathlib.Path, help=f"where to write {what}")
    several.add_argument("--scheduler", metavar="ADDRESS", help="a Dask cluster (SNNVIZ_SCHEDULER); without one all cores here")
    several.add_argument("--again", action="store_true", help="train anew what is saved already")
    shows = command(
        "settings", settings, "print the settings of a training, ready to be changed", "snnviz settings > settings.toml"
    )
    shows.add_argument("--grid", choices=("shape", "depth", "scale"), help="of a grid instead, which snnviz compare trains")
    taken = command(
        "weights",
        weights,
        "write the weights of a saved run into a file",
        "snnviz weights a1b2c3d4e5f60718 weights.safetensors --training 2",
    )
    taken.add_argument("run", help="its name, as the page Runs has it in its address")
    taken.add_argument(
        "file",
        type=pathlib.Path,
        help="where they go: x.safetensors, or x.nir for other simulators",
    )
    taken.add_argument("--training", type=int, help="which one of a run with several, counted from 1")
    away = command("fetch", fetch, "fetch a set of recordings through tonic", "snnviz fetch SHD --folder recordings")
    away.add_argument("name", help="tonic's name of the set: NMNIST, SHD, ...")
    away.add_argument("--folder", default="", help="where it goes (SNNVIZ_DATA, else a folder beside the cache)")
    away.add_argument("--part", default="", help="which one, of the sets that are lists of recordings")
    alone = command(
        "static",
        static,
        "write the pages that live in the browser as one HTML file, which needs no server",
        "snnviz static class.html",
    )
    alone.add_argument("file", type=pathlib.Path, help="where the file goes; one that is there is replaced")
    return parser


if __name__ == "__main__":
    sys.exit(main())
