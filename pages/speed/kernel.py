"""Kernel: a neuron's equation, and beside it the text that runs, with the lines of the recursion marked."""

import streamlit as st

from snnviz.backends import kernel_text
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

for line in kernel_text.lines("{neuron.kernel}"):
    print(f"{{line.role:7}} {{line.text}}")
"""
    return source, {f'kernel_text.lines("{neuron.kernel}")': kernel_text.lines(neuron.kernel)}
