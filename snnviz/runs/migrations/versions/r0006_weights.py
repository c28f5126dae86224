"""Schema 6: the weights of trainings that have ended."""

revision = "6"
down_revision = "5"


def upgrade() -> None:
    import sqlalchemy as sa
    from alembic import op

    op.create_table(
        "weights",
        sa.Column("run", sa.String(32), primary_key=True),
        sa.Column("line", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("file", sa.LargeBinary),
    )
    op.execute("UPDATE snnviz SET value = '6' WHERE name = 'schema'")
