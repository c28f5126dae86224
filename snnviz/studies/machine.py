"""The machine, the versions and the date of a measurement: without them a time means little."""

import datetime
import os
import pathlib
import platform
from typing import Any

import torch

from snnviz.backends import source


def machine(device: str = "cpu") -> dict[str, Any]:
    """The processor, the load of the last minute, versions and the date. device: "cpu" or "cuda", whose GPU is named then."""
    try:
        info = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8")
        cpu = next(line.split(":")[1].strip() for line in info.splitlines() if line.startswith("model name"))
    except (OSError, StopIteration):
        cpu = platform.processor()
    return {
        "cpu": cpu,
        "cores": os.cpu_count(),
        "torch_threads": torch.get_num_threads(),
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        "gpu": torch.cuda.get_device_name() if device == "cuda" else None,
        "system": platform.platform(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "compiler": source.compiler()[1],
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }
