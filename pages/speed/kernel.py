"""Kernel: a neuron's equation, and beside it the text that runs, with the lines of the recursion marked."""

import streamlit as st

from snnviz.neurons import NEURONS
from snnviz.ui import controls, page, speed


def show(left, right):
    with left:
        name = controls.option(list(NEURONS), "Neuron", "neuron", titles=lambda n: NEURONS[n].title)
        speed.legend()
        st.caption("The loops over time around these lines stand in `scan.cuh`, the derivative ds/du in `spike_derivative.cuh`.")
    neuron = NEURONS[name]
    with right:
        page.equation(neuron.equation)
        speed.text_of(neuron.kernel)
        page.citation(neuron.cite)
    source = f"""
from snnviz import *
from snnviz.backends import source

text = source.joined("{neuron.kernel}.cu")      # what a compiler gets, headers and all
print(text)
"""
    return source, {"text.count('SNN_NEURON(')": _neurons(neuron.kernel)}


def _neurons(kernel: str) -> int:
    from snnviz.backends import source

    return source.joined(f"{kernel}.cu").count("SNN_NEURON(")
