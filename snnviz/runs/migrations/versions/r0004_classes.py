"""Schema 4: classes, their teachers and students, what these chose, and the runs that they made of an experiment."""

revision = "4"
down_revision = "3"


def upgrade() -> None:
    import sqlalchemy as sa
    from alembic import op

    text, number, whole, name = sa.Text, sa.Double, sa.Integer, sa.String(32)
    op.create_table(
        "classes",
        sa.Column("id", name, primary_key=True),
        sa.Column("code", sa.String(16), nullable=False, unique=True),
        sa.Column("secret", sa.String(64), nullable=False, index=True),
        sa.Column("owner", text),
        sa.Column("opened", number),
        sa.Column("until", number),
        sa.Column("joined", whole),
        sa.Column("stage", text),
    )
    op.create_table(
        "class_teachers",
        sa.Column("room", name, primary_key=True),
        sa.Column("visitor", sa.String(64), primary_key=True, index=True),
    )
    op.create_table(
        "class_students",
        sa.Column("room", name, primary_key=True),
        sa.Column("number", whole, primary_key=True, autoincrement=False),
        sa.Column("visitor", sa.String(64), index=True),
        sa.Column("nickname", text),
        sa.Column("seen", number),
        sa.Column("place", text),
        sa.Column("followed", whole),
    )
    op.create_table(
        "class_answers",
        sa.Column("room", name, primary_key=True),
        sa.Column("ballot", sa.String(128), primary_key=True),
        sa.Column("student", whole, primary_key=True, autoincrement=False),
        sa.Column("choice", whole),
    )
    op.create_table(
        "class_seeds",
        sa.Column("room", name, primary_key=True),
        sa.Column("experiment", whole, primary_key=True, autoincrement=False),
        sa.Column("student", whole, primary_key=True, autoincrement=False),
        sa.Column("run", name),
    )
    op.execute("UPDATE snnviz SET value = '4' WHERE name = 'schema'")
