"""Schema 2: runs of every kind, with what was asked for, how far it has come, and one result that grows."""

revision = "2"
down_revision = "1"


def upgrade() -> None:
    import sqlalchemy as sa
    from alembic import op

    text, number = sa.Text, sa.Double
    for column in (
        sa.Column("kind", sa.String(16), nullable=False, server_default="training"),
        sa.Column("work", text),
        sa.Column("share", number),
        sa.Column("doing", text),
        sa.Column("seconds", number),
        sa.Column("result", sa.LargeBinary),
    ):
        op.add_column("runs", column)
    op.create_index("ix_runs_kind", "runs", ["kind"])
    op.execute("UPDATE snnviz SET value = '2' WHERE name = 'schema'")
