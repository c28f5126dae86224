"""Faults."""

MUTATIONS = ()
