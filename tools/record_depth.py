"""Record the measurements that the presets of the Depth page ask for: `python -m tools.record_depth [NAME ...]`, into
assets/recordings/depth/.

A measurement takes one to three minutes on two cores; a file is some kilobytes.
"""

import argparse
import datetime
import os

from snnviz.methods import Route, SurrogateModules
from snnviz.runs import recorded_depth
from snnviz.studies.depth import DepthStudy, measure_depth

# The file's name -> the study of a preset.
STUDIES = {
    "both": DepthStudy(),
    "eight": DepthStudy(SurrogateModules(after=(3,)), layers=8),
    "detached": DepthStudy(SurrogateModules(after=(2, 4), route=Route.DETACH)),
    "closer": DepthStudy(looks=4),
}


def record(name: str) -> None:
    *_, last = measure_depth(STUDIES[name], "native")
    busy = "busy " if os.getloadavg()[0] > 1.5 * (os.cpu_count() or 1) else ""
    about = f"recorded on {os.cpu_count()} {busy}cores, {datetime.date.today().strftime('%B %Y')}"
    recorded_depth.write(last, about, recorded_depth.folder() / f"{name}.json.gz")
    print(name, about)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*STUDIES, []], help=f"of {', '.join(STUDIES)}; all without one")
    for chosen in parser.parse_args().names or STUDIES:
        record(chosen)
