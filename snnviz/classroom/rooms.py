"""Classes in the database of saved runs: who may do what to one is decided here, and all of it is gone after a day.

A teacher is a visitor who opened the class, or who has shown its secret; the database has a hash of the secret only. A student is
a visitor who joined by the code. What a student may do concerns the student alone.
"""

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable, Sequence
from typing import Any

from snnviz import text
from snnviz.classroom import values
from snnviz.classroom.values import Experiment, Push, Question, Room, Stage, Student
from snnviz.runs import store
from snnviz.runs.database import Database
from snnviz.runs.rights import Forbidden
from snnviz.runs.schema import CLASS_TABLES

PARTS: dict[str, type] = {cls.__name__: cls for cls in (Stage, Push, Question, Experiment)}
CHOICES = 10  # a choice's number is below
NOT_YOURS = "Only who opened this class, or has its teacher's link, may do that."
GONE = "This class is over."


def default() -> "Rooms":
    """The classes in the store that this machine is set up to use."""
    return Rooms(store.default())


def hashed(secret: str) -> str:
    """What the database keeps of a secret. It has 128 random bits: no table of hashes reaches them."""
    return hashlib.sha256(secret.encode()).hexdigest()


class Rooms:
    """The classes of a database.

    Raises:
        Forbidden: from what only a teacher or a student of the class may do, where the visitor is none. StoreError: from every
        method, where the database cannot be used.
    """

    def __init__(self, database: Database):
        import sqlalchemy as sa

        self._sa, self.database = sa, database
        tables = (database.tables[name] for name in CLASS_TABLES)
        self._classes, self._teachers, self._students, self._answers, self._seeds = tables

    # ---- the teacher ---------------------------------------------------------------------------------------------------

    def open(self, teacher: str, now: float | None = None) -> tuple[str, str]:
        """Open a class; a teacher's earlier one ends. Return its id and its secret, which is said only here."""
        begun = time.time() if now is None else now
        room, secret = secrets.token_hex(8), secrets.token_urlsafe(16)
        c = self._classes.c

        def work(connection: Any) -> None:
            over = set(connection.scalars(self._sa.select(c.id).where((c.until < begun) | (c.owner == teacher))))
            self._remove(connection, sorted(over))
            taken = set(connection.scalars(self._sa.select(c.code)))
            code = next(code for _ in range(1000) if (code := _fresh_code()) not in taken)
            row = {
                "id": room,
                "code": code,
                "secret": hashed(secret),
                "owner": teacher,
                "opened": begun,
                "until": begun + values.DAY,
            }
            connection.execute(self._classes.insert(), row | {"joined": 0, "stage": text.to_json(Stage())})
            connection.execute(self._teachers.insert(), {"room": room, "visitor": teacher})

        self.database.transact(work)
        return room, secret

    def close(self, room: str, by: str) -> None:
        """End a class: all that is kept of it is gone. The runs of its experiments stay with whose browser made them."""

        def work(connection: Any) -> None:
            self._require_teacher(connection, room, by)
            self._remove(connection, [room])

        self.database.transact(work)

    def fresh_secret(self, room: str, by: str) -> str:
        """Another secret, in place of the one before: links with that one open nothing any more."""
        secret = secrets.token_urlsafe(16)

        def work(connection: Any) -> None:
            self._require_teacher(connection, room, by)
            connection.execute(self._classes.update().where(self._classes.c.id == room), {"secret": hashed(secret)})

        self.database.transact(work)
        return secret

    def show_secret(self, secret: str, visitor: str) -> str | None:
        """Make who has a class's secret a teacher of it; return the class. None: no class that is open has this secret."""
        c = self._classes.c
        query = self._sa.select(c.id, c.secret).where(c.secret == hashed(secret), c.until >= time.time())

        def work(connection: Any) -> str | None:
            row = connection.execute(query).first()
            if row is None or not hmac.compare_digest(row.secret, hashed(secret)):
                return None
            if not self._teaches(connection, row.id, visitor):
                connection.execute(self._teachers.insert(), {"room": row.id, "visitor": visitor})
            return row.id

        return self.database.transact(work)

    def taught_by(self, visitor: str) -> str | None:
        """The class that a visitor teaches, the latest of several; None where there is none."""
        c, t = self._classes.c, self._teachers.c
        query = (
            self._sa.select(c.id).join(self._teachers, t.room == c.id).where(t.visitor == visitor, c.until >= time.time())
        ).order_by(c.opened.desc())
        return self.database.transact(lambda connection: connection.scalar(query))

    def set_stage(self, room: str, by: str, change: Callable[[Stage], Stage]) -> None:
        """Change what a teacher has set for all; two teachers at once do not undo one another."""
        c = self._classes.c

        def work(connection: Any) -> None:
            # The write takes the row's lock before it is read.
            connection.execute(self._classes.update().where(c.id == room).values(joined=c.joined))
            self._require_teacher(connection, room, by)
            stage = _stage(connection.scalar(self._sa.select(c.stage).where(c.id == room)))
            connection.execute(self._classes.update().where(c.id == room), {"stage": text.to_json(change(stage))})

        self.database.transact(work)

    # ---- a student -----------------------------------------------------------------------------------------------------

    def by_code(self, code: str) -> str | None:
        """The open class of a join code, as somebody typed it."""
        c = self._classes.c
        query = self._sa.select(c.id).where(c.code == values.code(code), c.until >= time.time())
        return self.database.transact(lambda connection: connection.scalar(query))

    def join(self, room: str, visitor: str, nickname: str = "") -> int:
        """Make a visitor a student of a class, or give one who is another nickname; return the number.

        Raises:
            ValueError: the class is over, or full.
        """
        c, s, called = self._classes.c, self._students.c, values.nickname(nickname)

        def work(connection: Any) -> int:
            mine = (s.room == room) & (s.visitor == visitor)
            updated = self._classes.update().where(c.id == room, c.until >= time.time()).values(joined=c.joined + 1)
            if not connection.execute(updated).rowcount:
                raise ValueError(GONE)
            if (number := connection.scalar(self._sa.select(s.number).where(mine))) is not None:
                if called:
                    connection.execute(self._students.update().where(mine), {"nickname": called})
                return number
            number = (connection.scalar(self._sa.select(self._sa.func.max(s.number)).where(s.room == room)) or 0) + 1
            if number > values.MOST:
                raise ValueError(f"This class has {values.MOST} students, and no place for more.")
            row = {"room": room, "number": number, "visitor": visitor, "nickname": called, "seen": time.time(), "place": ""}
            connection.execute(self._students.insert(), row | {"followed": 0})
            return number

        return self.database.transact(work)

    def leave(self, room: str, visitor: str) -> None:
        """Take a student out of a class, with what they chose."""

        def work(connection: Any) -> None:
            number = self._require_student(connection, room, visitor)
            for table, column in ((self._answers, "student"), (self._seeds, "student"), (self._students, "number")):
                connection.execute(table.delete().where(table.c.room == room, table.c[column] == number))

        self.database.transact(work)

    def attended_by(self, visitor: str) -> tuple[str, int] | None:
        """The class that a visitor is a student of, and their number in it."""
        c, s = self._classes.c, self._students.c
        query = self._sa.select(c.id, s.number).join(self._students, s.room == c.id)
        query = query.where(s.visitor == visitor, c.until >= time.time()).order_by(c.opened.desc())
        row = self.database.transact(lambda connection: connection.execute(query).first())
        return None if row is None else (row.id, row.number)

    def answer(self, room: str, visitor: str, key: str, choice: int) -> bool:
        """Keep what a student chose in the present round of a poll; False where it is revealed already, and the choice stays."""
        if not 0 <= choice < CHOICES:
            raise ValueError("There is no such choice.")
        c, a = self._classes.c, self._answers.c

        def work(connection: Any) -> bool:
            number = self._require_student(connection, room, visitor)
            stage = _stage(connection.scalar(self._sa.select(c.stage).where(c.id == room)))
            if stage.is_revealed(key):
                return False
            own = (a.room == room) & (a.ballot == stage.ballot(key)) & (a.student == number)
            if not connection.execute(self._answers.update().where(own), {"choice": choice}).rowcount:
                row = {"room": room, "ballot": stage.ballot(key), "student": number, "choice": choice}
                connection.execute(self._answers.insert(), row)
            return True

        return self.database.transact(work)

    def be_at(self, room: str, visitor: str, place: str, followed: int) -> None:
        """Note where a student is, and the number of the last push that brought them somewhere."""
        s = self._students.c
        row = {"place": place[:100], "followed": followed, "seen": time.time()}

        def work(connection: Any) -> None:
            number = self._require_student(connection, room, visitor)
            connection.execute(self._students.update().where(s.room == room, s.number == number), row)

        self.database.transact(work)

    def take_seed(self, room: str, visitor: str, experiment: int, run: str) -> bool:
        """Note that a student's browser makes this run of an experiment; False where it has one already."""
        e = self._seeds.c

        def work(connection: Any) -> bool:
            number = self._require_student(connection, room, visitor)
            own = (e.room == room) & (e.experiment == experiment) & (e.student == number)
            if connection.scalar(self._sa.select(e.run).where(own)) is not None:
                return False
            row = {"room": room, "experiment": experiment, "student": number, "run": run}
            connection.execute(self._seeds.insert(), row)
            return True

        return self.database.transact(work)

    def give_seed_back(self, room: str, visitor: str, experiment: int) -> None:
        """Forget that a student's browser makes a run of an experiment: it could not start."""
        e = self._seeds.c

        def work(connection: Any) -> None:
            number = self._require_student(connection, room, visitor)
            connection.execute(self._seeds.delete().where(e.room == room, e.experiment == experiment, e.student == number))

        self.database.transact(work)

    # ---- all -----------------------------------------------------------------------------------------------------------

    def read(self, room: str, seen: Sequence[int] = (), now: float | None = None) -> Room | None:
        """A class as it stands; None where it is over. seen: students whose browsers gave a sign since the last time."""
        at = time.time() if now is None else now
        c, s, a, e = self._classes.c, self._students.c, self._answers.c, self._seeds.c
        select = self._sa.select

        def work(connection: Any) -> Any:
            if seen:
                connection.execute(self._students.update().where(s.room == room, s.number.in_(list(seen))), {"seen": at})
            row = connection.execute(select(c.id, c.code, c.until, c.stage).where(c.id == room)).first()
            if row is None or row.until < at:
                self._remove(connection, [room])
                return None
            students = connection.execute(
                select(s.number, s.nickname, s.seen, s.place, s.followed).where(s.room == room).order_by(s.number)
            ).all()
            answers = connection.execute(select(a.ballot, a.student, a.choice).where(a.room == room)).all()
            return row, students, answers, connection.execute(select(e.experiment, e.student, e.run).where(e.room == room)).all()

        rows = self.database.transact(work)
        if rows is None:
            return None
        row, students, answers, seeds = rows
        by_ballot: dict[str, dict[int, int]] = {}
        for ballot, student, choice in answers:
            by_ballot.setdefault(ballot, {})[student] = choice
        by_experiment: dict[int, dict[int, str]] = {}
        for experiment, student, run in seeds:
            by_experiment.setdefault(experiment, {})[student] = run
        joined = tuple(Student(*student) for student in students)
        return Room(row.id, row.code, row.until, _stage(row.stage), joined, by_ballot, by_experiment)

    def any_open(self) -> bool:
        """Whether any class is open: where none is, nobody has to ask which is theirs."""
        query = self._sa.select(self._classes.c.id).where(self._classes.c.until >= time.time()).limit(1)
        return self.database.transact(lambda connection: connection.scalar(query)) is not None

    def _teaches(self, connection: Any, room: str, visitor: str) -> bool:
        t = self._teachers.c
        return connection.scalar(self._sa.select(t.room).where(t.room == room, t.visitor == visitor)) is not None

    def _require_teacher(self, connection: Any, room: str, visitor: str) -> None:
        if not self._teaches(connection, room, visitor):
            raise Forbidden(NOT_YOURS)

    def _require_student(self, connection: Any, room: str, visitor: str) -> int:
        c, s = self._classes.c, self._students.c
        query = self._sa.select(s.number).join(self._classes, c.id == s.room)
        number = connection.scalar(query.where(s.room == room, s.visitor == visitor, c.until >= time.time()))
        if number is None:
            raise Forbidden("Join the class first.")
        return number

    def _remove(self, connection: Any, rooms: Sequence[str]) -> None:
        if rooms:
            for table in (self._teachers, self._students, self._answers, self._seeds):
                connection.execute(table.delete().where(table.c.room.in_(rooms)))
            connection.execute(self._classes.delete().where(self._classes.c.id.in_(rooms)))


def _stage(written: str) -> Stage:
    """The stage that a database has; a newer version's, which this one cannot read, is an empty one."""
    try:
        stage = text.from_json(written, PARTS)
    except ValueError:
        return Stage()
    return stage if isinstance(stage, Stage) else Stage()


def _fresh_code() -> str:
    return "".join(secrets.choice(values.LETTERS) for _ in range(values.CODE))
