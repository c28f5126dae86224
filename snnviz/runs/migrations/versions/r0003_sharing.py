"""Schema 3: whether a run is shared. Everybody saw the runs of the schemas before: they are shared until their owner says no."""

revision = "3"
down_revision = "2"


def upgrade() -> None:
    import sqlalchemy as sa
    from alembic import op

    op.add_column("runs", sa.Column("shared", sa.Boolean, nullable=False, server_default=sa.false()))
    op.execute(sa.update(sa.table("runs", sa.column("shared", sa.Boolean))).values(shared=True))
    op.execute("UPDATE snnviz SET value = '3' WHERE name = 'schema'")
