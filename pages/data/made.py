"""Made here: the sets that are computed, without files."""

import streamlit as st

from snnviz.datasets import DATASETS
from snnviz.ui import controls, page, url

MADE = {name: cls for name, cls in DATASETS.items() if cls.offline}


def choose():
    """The chosen set, and a function that draws more: a link to train on it."""
    dataset = controls.choose(MADE, "Set", "data", default="Saccades", more="More of the data", folded="The set")

    def train() -> None:
        st.page_link(
            "pages/training.py",
            label="Train on this set",
            icon=":material/model_training:",
            query_params=page.here(url.write(dataset, "data", default="Digits", tables=[MADE])),
        )

    return dataset, train
