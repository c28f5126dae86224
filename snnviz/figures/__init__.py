"""Figures: pure functions from records to Plotly figures, one file each; the look they share is in `theme`."""
