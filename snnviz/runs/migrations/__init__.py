"""The steps from one schema of the store to the next, in Alembic's form; `snnviz.runs.schema` runs them."""
