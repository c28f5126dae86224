"""Lessons: ten short ones, each with a prediction to make before the picture is seen."""

import app  # noqa: F401  before all else of ours: a fresh server may run a page bare, and says a word while Python loads
from snnviz.ui import lesson_cards, page

page.heading(
    "Lessons",
    "Predict, then look. Each lesson asks first and shows afterwards: a wrong prediction helps you see as much as a right one. How "
    "far you are stays in this browser.",
)
lesson_cards.language()
lesson_cards.cards()
