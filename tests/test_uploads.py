"""A visitor's own recordings: all there under any name, read as they were meant, exported and loaded back as the same."""

import os
import time

import numpy as np
import pytest
import torch

from snnviz.datasets import OwnRecordings, Split, uploads
from snnviz.studies import sample_views
from snnviz.tables import TimeUnit
from snnviz.ui import uploads as page
from snnviz.ui.figure import to_csv
from snnviz.ui.words import literal
from tests.test_datasets import SMALL

TABLE = b"t,neuron\n0,1\n5,2\n9,3\n"
LONG = "a" * 90 + ".csv"


@pytest.fixture(autouse=True)
def places(tmp_path, monkeypatch):
    monkeypatch.setenv("SNNVIZ_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("SNNVIZ_HOME", str(tmp_path / "home"))


def own(visitor="v", **settings):
    return OwnRecordings(folder=str(page.folder(visitor)), steps=10, **settings)


@pytest.mark.parametrize(
    "sent",
    [
        [("up", "events.csv"), ("up", "events.csv")],
        [("up", "trial 1.csv"), ("up", "trial_1.csv")],
        [("<=5", "a.csv"), (">5", "a.csv")],
        [("C++", "a.csv"), ("C#", "a.csv")],
        [("up", LONG), ("up", LONG[1:])],
        [("..", "../../etc/passwd"), ("/", "con.csv"), ("", "\u202e.csv"), ("![x](http://example.org/p.png)", "<b>.csv")],
    ],
    ids=["equal names", "blank and underline", "<=5 and >5", "C++ and C#", "90 characters", "hostile"],
)
def test_all_uploads_are_there_under_their_own_names(sent, tmp_path):
    sent = sent * 2  # of each class two, so that both halves have one
    for label, name in sent:
        page.add("v", label, name, TABLE)
    expected = sorted((label.strip() or "unlabelled", name) for label, name in sent)
    assert [(label, name) for label, name, _ in page.everything("v")] == expected
    halves = [own().load(split) for split in Split]
    assert halves[0].classes == tuple(sorted({label for label, _ in expected})) and sum(map(len, halves)) >= len(sent)
    assert not halves[0].problems
    inside = page.folder("v")
    assert all(path.is_relative_to(tmp_path) for path in inside.rglob("*")) and len(list(inside.iterdir())) == 2 * len(sent)
    page.forget("v")
    assert page.everything("v") == []


def test_uploads_of_version_0_1_0_are_still_read():
    (page.folder("v") / "up").mkdir(parents=True)
    (page.folder("v") / "up" / "old.csv").write_bytes(TABLE)
    (page.folder("v") / "up" / "other.csv").write_bytes(TABLE)
    page.add("v", "down", "old.csv", TABLE)
    page.add("v", "down", "old.csv", TABLE)
    assert [(label, name) for label, name, _ in page.everything("v")] == [("down", "old.csv")] * 2 + [
        ("up", "up/old.csv"),
        ("up", "up/other.csv"),
    ]
    assert own().load(Split.TRAIN).classes == ("down", "up")


def test_a_damaged_entry_hides_no_recording():
    one = uploads.add(page.folder("v"), "up", "a.csv", TABLE)
    one.path.with_suffix(".json").write_text("{")
    assert [(each.label, each.name) for each in uploads.listed(page.folder("v"))] == [("unlabelled", one.id)]
    uploads.remove(one)
    assert page.everything("v") == []


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"l0\n20", "line 1: 'l0' is neither"),
        (b"x,y,p,t\n1,2,7,3", "polarities"),
        (b"t,x\n1,2", "needed are t, neuron or t, x, y, p"),
        (b"t,neuron\n", "holds no events"),
    ],
)
def test_an_upload_is_refused_when_it_is_sent_and_not_later(data, reason):
    complaint = page.attempt_add("v", "up", "a.csv", data)
    assert complaint.startswith("a.csv: ") and reason in complaint and page.everything("v") == []


def test_what_was_assumed_can_be_said_otherwise():
    page.add("v", "up", "a.csv", b"3,100000\n2,200000\n2,300000\n")
    page.add("v", "up", "b.csv", b"3,100000\n2,200000\n2,300000\n")
    table = page.layout(page.everything("v"))
    assert (table.roles, table.assumed, table.likely, table.first) == (("neuron", "t"), True, TimeUnit.MICROSECOND, ("3", "100000"))
    made = own(unit=TimeUnit.MICROSECOND, dt=100.0).load(Split.TRAIN)
    assert made.x[:, 0].nonzero().tolist() == [[0, 3], [1, 2], [2, 2]]
    assert "a.csv and 1 more: There is no heading: the columns are read as neuron, t." in made.notes[-1]
    turned = own(columns="t neuron", unit=TimeUnit.MILLISECOND, dt=1.0)
    assert turned.load(Split.TRAIN).shape == (300_001,)
    wrong = own(unit=TimeUnit.MILLISECOND, dt=100.0).load(Split.TRAIN)
    assert any("read as milliseconds; they look like microseconds" in note for note in wrong.notes)
    assert any("events lie outside the 1000 ms" in note for note in wrong.notes)
    for columns in ("t t", "t colour"):
        with pytest.raises(ValueError, match="at most once"):
            own(columns=columns)


def test_one_class_only_and_parts_of_sets_are_said_once():
    for number in range(3):
        page.add("v", "up", f"{number}.csv", TABLE)
    assert sum("All recordings are of one class (up)" in note for note in own().notes()) == 1
    assert sum("one class" in note for note in own().load(Split.TRAIN).notes) == 1
    page.add("v", "down", "0.csv", TABLE)
    assert not any("one class" in note for note in own().notes())


def test_the_whole_set_is_told_from_a_part_without_reading_it(tmp_path):
    from snnviz.datasets import NMnist
    from tests.test_datasets import write_nmnist

    write_nmnist(tmp_path)
    dataset = NMnist(folder=str(tmp_path), steps=10)
    assert dataset.notes() == ("Not the whole set: 10 of its 70,000 recordings are here.",)
    dataset.load(Split.TRAIN)
    assert len(dataset.notes()) == 2 and "events lie outside the 50 ms" in dataset.notes()[1], "known once it has been read"


@pytest.mark.parametrize("name", SMALL)
def test_what_is_exported_loads_back_as_the_same_sample(name, tmp_path):
    half = SMALL[name].load(Split.TRAIN)
    (tmp_path / "sets" / "a").mkdir(parents=True)
    for number in range(2):
        columns, comments = sample_views.table(half, 0)
        (tmp_path / "sets" / "a" / f"{number}.csv").write_text(to_csv(columns, comments))
    back = OwnRecordings(folder=str(tmp_path / "sets"), steps=half.steps, dt=half.dt, unit=TimeUnit.SECOND).load(Split.TRAIN)
    assert back.shape == half.shape and torch.equal(back.take([0])[0], half.take([0])[0])
    assert not any("columns" in note for note in back.notes)
    assert any("outside" in note for note in back.notes) == any("outside" in note for note in half.notes)


@pytest.mark.parametrize("shape", [(20,), (1, 8, 8), (2, 8, 8), (2, 1, 20)])
def test_an_export_keeps_its_size_where_most_of_it_is_silent(shape, tmp_path):
    from snnviz.datasets import Samples
    from snnviz.datasets.storage import Dense

    x = torch.zeros(5, 1, *shape, dtype=torch.uint8)
    x[3].view(-1)[1] = 2
    half = Samples(Dense(x), torch.zeros(1), ("a",), shape, 0.7, "")
    columns, comments = sample_views.table(half, 0)
    for number in range(2):
        (tmp_path / f"{number}.csv").write_text(to_csv(columns, comments))
    back = OwnRecordings(folder=str(tmp_path), steps=5, dt=0.7).load(Split.TRAIN)
    assert back.shape == shape and torch.equal(back.x, x)


def test_folders_of_nobody_are_a_sentence(monkeypatch):
    with pytest.raises(ValueError, match="'~nosuchuser' names the home of a user that this machine does not have"):
        OwnRecordings(folder="~nosuchuser").load(Split.TRAIN)
    from snnviz import places

    with pytest.raises(ValueError, match="nosuchuser"):
        places.data("~nosuchuser/sets")


def test_a_sample_too_large_to_be_laid_out_is_refused_before_it_is():
    from snnviz.datasets.storage import Binned

    storage = Binned(np.zeros(1, np.int32), np.zeros(1, np.int32), np.array([0, 1]), np.array([0]), (4_000_000,), 1000, 1.0)
    with pytest.raises(ValueError, match=r"4,000,000 inputs in 1,000 steps would take about 14\.9 GB"):
        storage.take(np.array([0]))


def test_words_of_others_are_no_markdown():
    assert literal("![x](http://a.b/p.png)\n<b>") == r"!\[x\](http\://a.b/p.png) \<b\>"
    assert literal("*a* _b_ `c` $d$ :red[e] www.f.g") == r"\*a\* \_b\_ \`c\` \$d\$ \:red\[e\] www\.f.g"
    for sentence in ("shd_train.h5: is cut short (again), 3 of 4.", "line 3: 'soon' is not a time; at least 0."):
        assert literal(sentence) == sentence
    assert literal("l\u00e4ufer 3") == "l\u00e4ufer 3"


def test_the_command_says_it_before_the_first_epoch(tmp_path, capsys):
    from snnviz import FeedForward, Training
    from snnviz.__main__ import main

    for number in range(4):
        page.add("v", "up", f"{number}.csv", TABLE)
    run = Training(dataset=own(dt=0.5), architecture=FeedForward(width=4), epochs=1)
    (tmp_path / "settings.toml").write_text(run.to_toml())
    assert main(["train", str(tmp_path / "settings.toml"), "--backend", "reference"]) == 0
    output = capsys.readouterr().err
    assert "snnviz: All recordings are of one class (up)" in output and "8 of 12 events lie outside the 5 ms" in output


def test_the_training_page_says_it_above_the_fold_once():
    from streamlit.testing.v1 import AppTest

    def script(folder):
        from snnviz.datasets import OwnRecordings
        from snnviz.ui import recordings

        recordings.before_training(OwnRecordings(folder=folder, steps=10, dt=0.5))

    for number in range(4):
        page.add("v", "![x](http://example.org/p.png)", f"{number}.csv", TABLE)
    at = AppTest.from_function(script, args=(str(page.folder("v")),)).run()
    assert not at.exception and len(at.info) == 1 and not at.warning
    assert "8 of 12 events lie outside the 5 ms" in at.info[0].value
    assert r"one class (!\[x\](http" in at.info[0].value and "![" not in at.info[0].value


def test_one_visitor_keeps_no_more_than_the_quota(monkeypatch):
    assert not page.attempt_add("w", "up", "a.csv", TABLE)
    one = uploads.size(page.folder("w"))
    assert one > len(TABLE)
    monkeypatch.setenv("SNNVIZ_UPLOADS", str(2.2 * one))
    assert not page.attempt_add("w", "up", "a.csv", TABLE)
    refused = page.attempt_add("w", "up", "b.csv", TABLE)
    assert refused.startswith("b.csv: ") and "that one visitor may keep; remove some first" in refused
    assert len(uploads.listed(page.folder("w"))) == 2
    assert not page.attempt_add("x", "up", "b.csv", TABLE), "another visitor has a quota of their own"
    page.forget("w")
    assert not page.attempt_add("w", "up", "b.csv", TABLE)
    monkeypatch.setenv("SNNVIZ_UPLOADS", "much")
    assert "SNNVIZ_UPLOADS = 'much' is no number" in page.attempt_add("w", "up", "b.csv", TABLE)


def test_a_look_at_uploads_is_no_change_of_them():
    assert not page.attempt_add("w", "up", "a.csv", TABLE)
    before = sorted(page.folder("w").rglob("*"))
    assert page.everything("w") and sorted(page.folder("w").rglob("*")) == before and uploads.stamp(page.folder("w")).exists()


def test_what_nobody_looks_at_is_removed_after_a_week(tmp_path, monkeypatch):
    old, used, unnoted = (tmp_path / name for name in ("old", "used", "unnoted"))
    for folder in (old, used, unnoted):
        uploads.add(folder, "up", "a.csv", TABLE)
    for folder in (old, used):
        uploads.looked_at(folder)
    now = time.time()
    assert uploads.expire(tmp_path, now + 6 * 86_400) == []
    assert len(uploads.listed(unnoted)) == 1
    os.utime(uploads.stamp(used), (now + 5 * 86_400,) * 2)
    os.utime(uploads.stamp(unnoted), (now + 5 * 86_400,) * 2)
    assert uploads.expire(tmp_path, now + 7.5 * 86_400) == [old] and not old.exists() and len(uploads.listed(used)) == 1
    monkeypatch.setenv("SNNVIZ_UPLOADS_DAYS", "1")
    assert sorted(uploads.expire(tmp_path, now + 7.5 * 86_400)) == [unnoted, used]
    assert uploads.expire(tmp_path / "nowhere") == []
