"""Record the measurements that the presets of the Depth page ask for: `python -m tools.record_depth [NAME ...]`, into
assets/recorded/. A measurement takes one to three minutes on two cores.
"""

import argparse
import datetime
import os

from snnviz.methods import Route, SurrogateModules
from snnviz.places import assets
from snnviz.runs import recorded
from snnviz.runs.work import MeasureDepth
from snnviz.studies.depth import DepthStudy, measure_depth

# The file's name -> the study of a preset.
STUDIES = {
    "depth-6": DepthStudy(),
    "depth-8-3": DepthStudy(SurrogateModules(after=(3,)), layers=8),
    "depth-6-detached": DepthStudy(SurrogateModules(after=(2, 4), route=Route.DETACH)),
    "depth-6-closer": DepthStudy(looks=4),
}


def record(name: str) -> None:
    *_, last = measure_depth(STUDIES[name], "native")
    busy = " busy" if os.getloadavg()[0] > 1.5 * (os.cpu_count() or 1) else ""
    where, when = f"{os.cpu_count()}{busy} cores", datetime.date.today().strftime("%B %Y")
    recorded.write(assets() / "recorded" / f"{name}.json", recorded.Recording(MeasureDepth(STUDIES[name]), last, where, when))
    print(name)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*STUDIES, []], help=f"of {', '.join(STUDIES)}; all without one")
    for chosen in parser.parse_args().names or STUDIES:
        record(chosen)
