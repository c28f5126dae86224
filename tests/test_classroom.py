"""Classes in the database: no address, cookie or guess of a student does what is the teacher's or another's."""

import dataclasses
import shutil
import threading
from pathlib import Path

import pytest

from snnviz.classroom import guesses, rooms, shared, values
from snnviz.classroom.rooms import Rooms
from snnviz.classroom.values import CODE, DAY, HERE, LETTERS, Experiment, Question, Stage
from snnviz.figures import seeds
from snnviz.runs.rights import Forbidden
from snnviz.runs.store import Store
from snnviz.ui.classroom import role, strip

RECORDED = Path(__file__).parent / "recorded"
TEACHER, STUDENT, OTHER = "teacher", "student", "another"


@pytest.fixture(params=["sqlite", "postgresql"])
def classes(request, tmp_path):
    """No class yet, in a file and in a database of a server."""
    in_file = request.param == "sqlite"
    opened = Store(f"sqlite:///{tmp_path / 'runs.sqlite'}" if in_file else request.getfixturevalue("empty_database")())
    yield Rooms(opened)
    opened.close()


def test_a_class_from_its_opening_to_its_end(classes):
    room, secret = classes.open(TEACHER)
    code = classes.read(room).code
    assert len(code) == CODE and set(code) <= set(LETTERS) and classes.by_code(f" {code[:2].lower()}-{code[2:]} ") == room
    assert classes.taught_by(TEACHER) == room and classes.taught_by(STUDENT) is None
    assert (classes.join(room, STUDENT, " <b>Ada</b>\n\x00of a very long name"), classes.join(room, OTHER)) == (1, 2)
    assert classes.join(room, STUDENT) == 1 and classes.attended_by(OTHER) == (room, 2)
    first, second = classes.read(room).students
    assert (first.name, second.name) == ("<b>Ada</b> of a very", "2")

    classes.set_stage(room, TEACHER, lambda stage: stage.ask("Why?", ("leak", " reset ")))
    asked_question = classes.read(room).stage.question
    assert asked_question == Question("Why?", ("leak", "reset"), 1) and classes.read(room).stage.push.page == "class"
    key = asked_question.key
    assert classes.answer(room, STUDENT, key, 0) and classes.answer(room, OTHER, key, 1)
    assert classes.answer(room, STUDENT, key, 1), "a choice can be changed"
    assert classes.read(room).counts(key, 2) == (0, 2)
    classes.set_stage(room, TEACHER, lambda stage: stage.reveal(key))
    assert not classes.answer(room, STUDENT, key, 0), "not after the reveal"
    assert classes.read(room).chosen(key) == {1: 1, 2: 1}
    classes.set_stage(room, TEACHER, lambda stage: stage.vote_again(key))
    again = classes.read(room)
    assert not again.stage.is_revealed(key) and again.counts(key, 2) == (0, 0) and classes.answer(room, STUDENT, key, 0)

    assert classes.take_seed(room, STUDENT, 1, "run b") and not classes.take_seed(room, STUDENT, 1, "run a")
    classes.give_seed_back(room, STUDENT, 1)  # it could not start
    assert classes.take_seed(room, STUDENT, 1, "run a")
    classes.be_at(room, OTHER, "leaky-bucket/2", 4)
    now = classes.read(room)
    assert now.seeds == {1: {1: "run a"}} and (now.student(2).place, now.student(2).followed) == ("leaky-bucket/2", 4)
    at = now.student(2).seen
    assert {s.number for s in now.here(at)} == {1, 2} and now.here(at + HERE + 60) == ()
    assert {s.number for s in classes.read(room, [2], now=at + HERE + 60).here(at + HERE + 60)} == {2}

    classes.leave(room, STUDENT)
    left = classes.read(room)
    assert [s.number for s in left.students] == [2] and left.seeds == {} and left.counts(key, 2) == (0, 0)
    classes.close(room, TEACHER)
    assert classes.read(room) is None and classes.by_code(code) is None and classes.attended_by(OTHER) is None
    assert classes.show_secret(secret, TEACHER) is None
    for name in rooms.CLASS_TABLES:
        assert classes.database.transact(lambda c, name=name: c.execute(classes.database.tables[name].select()).all()) == []


def test_a_student_opens_neither_the_console_nor_what_is_anothers(classes):
    room, secret = classes.open(TEACHER)
    code = classes.read(room).code
    classes.join(room, STUDENT)
    classes.join(room, OTHER)
    classes.set_stage(room, TEACHER, lambda stage: stage.ask("Why?", ("leak", "reset")))
    classes.answer(room, OTHER, "own-1", 1)
    before = classes.read(room)

    for by in (STUDENT, "stranger"):
        for act in (classes.close, classes.fresh_secret, lambda r, by: classes.set_stage(r, by, lambda s: s.reveal("own-1"))):
            with pytest.raises(Forbidden, match="Only who opened this class"):
                act(room, by)
    with pytest.raises(Forbidden, match="Join the class"):
        classes.answer(room, "stranger", "own-1", 0)
    for guess in (code, room, secret[:-1], secret.swapcase(), rooms.hashed(secret), "", "%"):
        assert classes.show_secret(guess, STUDENT) is None
    assert classes.read(room) == before
    written = classes.database.transact(lambda c: c.execute(classes.database.tables["classes"].select()).mappings().one())
    assert secret not in map(str, written.values()), "the database has the secret's hash only"

    # The secret makes a teacher of who has it, on another machine too; a fresh one ends it.
    assert classes.show_secret(secret, "the teacher's phone") == room
    classes.set_stage(room, "the teacher's phone", lambda stage: dataclasses.replace(stage, frozen=True))
    assert classes.read(room).stage.frozen
    fresh = classes.fresh_secret(room, TEACHER)
    assert classes.show_secret(secret, STUDENT) is None and classes.show_secret(fresh, "a third") == room

    # Another class of theirs is another: nothing of this one moves by it.
    elsewhere, _ = classes.open("another teacher")
    with pytest.raises(Forbidden):
        classes.close(room, "another teacher")
    with pytest.raises(Forbidden):
        classes.answer(elsewhere, STUDENT, "own-1", 0)


def test_a_class_is_gone_after_a_day_and_a_teacher_has_one(classes):
    old, _ = classes.open(TEACHER, now=1000.0)
    assert classes.read(old, now=1000 + DAY - 1).until == 1000 + DAY and classes.taught_by(TEACHER) is None
    assert classes.read(old, now=1000 + DAY + 1) is None
    old, _ = classes.open(TEACHER, now=1000.0)
    classes.open(OTHER)
    assert classes.read(old, now=1001.0) is None, "whoever opens a class removes what is over"
    one, _ = classes.open(TEACHER)
    two, _ = classes.open(TEACHER)
    assert classes.read(one) is None and classes.taught_by(TEACHER) == two and classes.any_open()
    with pytest.raises(ValueError, match="This class is over"):
        classes.join(one, STUDENT)


def test_everybody_who_joins_at_once_gets_a_number_and_two_teachers_do_not_undo_one_another(classes):
    room, _ = classes.open(TEACHER)
    numbers = []
    crowd = [threading.Thread(target=lambda i=i: numbers.append(classes.join(room, f"visitor {i}"))) for i in range(8)]
    crowd += [
        threading.Thread(target=classes.set_stage, args=(room, TEACHER, lambda stage, i=i: stage.reveal(f"a/{i}")))
        for i in range(8)
    ]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()
    assert sorted(numbers) == list(range(1, 9))
    assert set(classes.read(room).stage.revealed) == {f"a/{i}.0" for i in range(8)}


def test_a_database_of_an_older_schema_gets_classes(tmp_path):
    shutil.copyfile(RECORDED / "store_schema_2.sqlite", tmp_path / "runs.sqlite")
    opened = Store(f"sqlite:///{tmp_path / 'runs.sqlite'}")
    room, _ = Rooms(opened).open(TEACHER)
    assert Rooms(opened).read(room).stage == Stage() and len(opened.list()) == 2
    opened.close()


@pytest.mark.parametrize(
    ("text", "choices", "why"),
    [
        (" ", ("a", "b"), "A question has 1 to"),
        ("x" * 201, ("a", "b"), "A question has 1 to"),
        ("Why?", ("a",), "2 to 6 choices"),
        ("Why?", tuple("abcdefg"), "2 to 6 choices"),
        ("Why?", ("a", "x" * 81), "A choice has 1 to"),
        ("Why?", ("a", "a "), "the same"),
    ],
)
def test_what_cannot_be_asked_is_said_in_a_sentence(text, choices, why):
    with pytest.raises(ValueError, match=why):
        Stage().ask(text, choices)


def test_guesses_are_slowed_down_and_right_codes_wait_too():
    now = [0.0]
    count = guesses.Guesses(clock=lambda: now[0])
    for _ in range(guesses.OF_ONE):
        count.check("a", "school")
        count.wrong("a", "school")
    with pytest.raises(guesses.TooMany, match="Try again in 60 s"):
        count.check("a", "home")
    count.check("b", "school")  # another student behind the same address
    for number in range(guesses.OF_ADDRESS - guesses.OF_ONE):
        count.wrong(f"fresh cookie {number}", "school")
    with pytest.raises(guesses.TooMany):
        count.check("yet another cookie", "school")
    count.check("b", "home")
    now[0] = guesses.WINDOW + 1
    count.check("a", "school")


def test_sixty_sessions_are_one_look_at_the_database(home, monkeypatch):
    room, _ = rooms.default().open(TEACHER)
    number = rooms.default().join(room, STUDENT)
    looks, read = [], Rooms.read
    monkeypatch.setattr(Rooms, "read", lambda self, *arguments, **named: looks.append(arguments) or read(self, *arguments, **named))
    monkeypatch.setattr(shared, "FRESH", 1000.0)
    crowd = [threading.Thread(target=shared.read, args=(room, number)) for _ in range(60)]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()
    assert len(looks) == 1
    queries = []
    monkeypatch.setattr(Store, "tested", lambda self, runs: queries.append(runs) or {"b": (0.5,)})
    experiment = dataclasses.replace(shared.read(room), stage=Stage(experiment=Experiment(1)), seeds={1: {2: "b", 1: "a"}})
    assert [shared.tested(experiment) for _ in range(60)] == 60 * [((), (0.5,))] and queries == [["a", "b"]]
    rooms.default().set_stage(room, TEACHER, lambda stage: stage.reveal("a/1"))
    shared.changed(room)
    assert shared.read(room).stage.is_revealed("a/1") and len(looks) == 2

    # What changes while somebody reads is in the next look, however fresh that reader's is.
    def read_before_the_change(self, *arguments, **named):
        old = read(self, *arguments, **named)
        self.join(room, "late")
        shared.changed(room)
        return old

    shared.changed(room)
    monkeypatch.setattr(Rooms, "read", read_before_the_change)
    assert len(shared.read(room).students) == 1
    monkeypatch.setattr(Rooms, "read", read)
    assert len(shared.read(room).students) == 2


def test_the_seeds_of_a_class_are_one_picture_that_says_what_they_say():
    runs = [(0.25, 0.26), (0.5, 0.95), (0.75, 0.92), (0.5,), ()]
    fig = seeds.seeds(runs, "slayer", "a title", epochs=2, chance=0.25)
    band, lines, median = fig.data
    assert list(median.y) == [50, 92] and median.line.width > lines.line.width and band.opacity == 0.16
    assert [value for value in lines.y if value == value] == [25, 26, 50, 95, 75, 92, 50]
    assert "4 runs that differ in their seed alone" in fig.layout.meta["alt"] and "92 %" in fig.layout.meta["alt"]
    assert seeds.verdict(runs, 2, 0.25) == "1 of 3 end at chance, 2 pass 90 %. One run would have told you either story."
    assert seeds.verdict(runs[:1], 2, 0.25) == "" and seeds.verdict(runs[1:], 2, 0.25).endswith(
        "Any one run would have told the same."
    )
    none = seeds.seeds([], "slayer", "a title", epochs=3)
    assert "none has a value yet" in none.layout.meta["alt"] and len(none.data) == 2


def test_a_push_carries_no_identity_and_a_link_of_another_app_is_none():
    pages = {"": "Playground", "neuron": "Neuron"}
    link = "https://x.org/class/snn/neuron?neuron=IF&me=a.b&key=k&teach=s&join=c&chosen=b&lesson=leaky-bucket"
    assert strip.parsed(link, pages, "/class/snn") == ("neuron", {"neuron": "IF", "lesson": "leaky-bucket"})
    assert strip.parsed("https://x.org/class/snn/?a=1", pages, "/class/snn") == ("", {"a": "1"})
    for other in ("", "https://x.org/elsewhere", "https://x.org/"):
        with pytest.raises(ValueError, match="no link to a page of this app"):
            strip.parsed(other, pages, "/class/snn")
    assert role.pushed({"me": "x", "neuron": "IF"}) == {"neuron": "IF"}


def test_a_stage_that_a_newer_version_wrote_is_an_empty_one(classes):
    room, _ = classes.open(TEACHER)
    table = classes.database.tables["classes"]
    classes.database.transact(lambda c: c.execute(table.update(), {"stage": '{"is": "Stage", "music": true}'}))
    assert classes.read(room).stage == Stage()
    assert values.nickname("x" * 30) == "x" * values.NICKNAME
