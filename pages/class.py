"""Class: a teacher opens one, students join by a code; who is where, what they chose, and one training with a seed for each."""

import app  # noqa: F401  before all else of ours: a fresh server may run a page bare, and says a word while Python loads
from snnviz.ui import page
from snnviz.ui.classroom import door

with page.guarded():
    door.draw()
