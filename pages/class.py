"""Class: a teacher opens one, students join by a code; who is where, what they chose, and one training with a seed for each."""

import snnviz.ui.loaded  # noqa: F401  before all else of ours: a fresh server may run a page bare
from snnviz.ui import page
from snnviz.ui.classroom import door

with page.guarded():
    door.draw()
