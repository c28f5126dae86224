"""Studies: one for each question that a page or a paper asks, computed without a page."""
