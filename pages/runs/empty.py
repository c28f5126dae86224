"""No run yet: what fills this page, and what a saved run looks like."""

import streamlit as st

from snnviz.runs import recorded_trainings
from snnviz.ui import page, training_view
from snnviz.ui.words import literal

EXAMPLE = "recorded-step"  # of the runs that come along
# What fills this page: title, what it makes, page, its settings.
FIRST = (
    ("Train the digits", "Several methods from the same weights: some seconds.", "training.py", {}),
    ("Measure a depth", "How much of each layer's gradient is error: a minute or two.", "depth.py", {}),
    (
        "Sweep the growth",
        "The gradient against the number of layers: some seconds.",
        "gradients.py",
        {"of": "network", "view": "growth"},
    ),
)


def show() -> None:
    for column, (number, (name, what, file, link)) in zip(st.columns(len(FIRST)), enumerate(FIRST), strict=True):
        with column.container(border=True, height="stretch", key=f"card-{number}"):
            st.page_link(f"pages/{file}", label=f"**{name}**", query_params=page.here(link))
            st.markdown(f":small[{what}]")
    if example := next((one for one in recorded_trainings.everything() if one.state.run.id == EXAMPLE), None):
        st.markdown(
            f"**What a run looks like: {literal(example.state.run.title)}** :gray-badge[:material/inventory_2: {example.about}]"
        )
        training_view.picture([example.state], "learning", 0, "example", fill=True)
    page.says("**Runs that you start appear here, also after you close the page.** Runs of others are here where they share them.")
