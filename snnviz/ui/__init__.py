"""The only part of snnviz that knows Streamlit: controls drawn from `param()`, the cache, and what every page uses."""
