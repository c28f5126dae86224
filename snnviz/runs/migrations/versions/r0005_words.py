"""Schema 5: what the owner of a run says of it: a name, a note, tags."""

revision = "5"
down_revision = "4"


def upgrade() -> None:
    import sqlalchemy as sa
    from alembic import op

    op.create_table(
        "words",
        sa.Column("run", sa.String(32), primary_key=True),
        sa.Column("name", sa.Text),
        sa.Column("note", sa.Text),
        sa.Column("tags", sa.Text),
    )
    op.execute("UPDATE snnviz SET value = '5' WHERE name = 'schema'")
