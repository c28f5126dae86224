"""The machine, the versions and the date of a measurement, without which a time means little; where recorded ones lie."""

import datetime
import os
import pathlib
import platform
from collections.abc import Mapping
from typing import Any

import torch

from snnviz.backends import source

# What bench/ has recorded: the repository has this folder; an installed package has not.
RESULTS = pathlib.Path(__file__).parents[2] / "bench" / "results"


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


def in_words(machine: Mapping[str, Any]) -> str:
    """A machine, as `machine` describes it, in a few words: its GPU, or its processor and how many threads torch uses."""
    if machine.get("gpu"):
        return str(machine["gpu"])
    threads = machine.get("torch_threads", 1)
    return f"{machine.get('cpu', 'CPU')}, {threads} thread{'s' if threads != 1 else ''}"


def here() -> tuple[str, str]:
    """This machine's processor in words, and the date."""
    this = machine("cpu")
    return in_words(this), this["date"][:10]
