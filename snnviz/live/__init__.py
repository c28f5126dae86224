"""What pictures that live in the browser get from Python: scripts as one text, declarations, curves and colours as data.

The app sends it through Streamlit (snnviz/ui/scope.py); a file that needs no server carries it (snnviz/live/static.py).
"""
