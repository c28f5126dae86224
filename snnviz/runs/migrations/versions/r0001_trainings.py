"""Schema 1, that of version 0.1.0: runs, their trainings, and the epochs of each."""

revision = "1"
down_revision = None


def upgrade() -> None:
    import sqlalchemy as sa
    from alembic import op

    text, number, whole = sa.Text, sa.Double, sa.Integer
    meta = op.create_table("snnviz", sa.Column("name", sa.String(32), primary_key=True), sa.Column("value", text))
    op.bulk_insert(meta, [{"name": "schema", "value": "1"}])
    op.create_table(
        "runs",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("title", text),
        sa.Column("owner", text),
        sa.Column("status", sa.String(16)),
        sa.Column("created", number, index=True),
        sa.Column("seen", number),
        sa.Column("place", text),
        sa.Column("backend", text),
        sa.Column("sample", whole),
        sa.Column("notes", text),
    )
    op.create_table(
        "lines",
        sa.Column("run", sa.String(32), primary_key=True),
        sa.Column("line", whole, primary_key=True),
        sa.Column("settings", text),
        sa.Column("dataset", text),
        sa.Column("method", text),
        sa.Column("seed", whole),
        sa.Column("asked", whole),
        sa.Column("ended", sa.Boolean),
        sa.Column("problem", text),
        sa.Column("curve", sa.LargeBinary),
        sa.Column("spikes", sa.LargeBinary),
    )
    numbers = ("train_loss", "train_accuracy", "test_loss", "test_accuracy", "seconds")
    op.create_table(
        "epochs",
        sa.Column("run", sa.String(32), primary_key=True),
        sa.Column("line", whole, primary_key=True),
        sa.Column("epoch", whole, primary_key=True),
        *(sa.Column(name, number) for name in numbers),
        sa.Column("rest", text),
    )
