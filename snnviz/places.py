"""Where snnviz keeps things on this machine."""

import os
import sys
from pathlib import Path


def home() -> Path:
    """Where saved runs and checkpoints lie: SNNVIZ_HOME if set, else the platform's place for an application's data."""
    if chosen := os.environ.get("SNNVIZ_HOME"):
        return Path(chosen).expanduser()
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "snnviz"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "snnviz"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "snnviz"
