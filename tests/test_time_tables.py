"""Tables of times as people have them on disk: read as they were meant, or refused with one sentence that says where."""

import io
import struct
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from snnviz import SpikeTrain
from snnviz.tables import TimeUnit, guess_unit, read, spike_times


@pytest.mark.parametrize(
    ("text", "times", "note"),
    [
        ("\ufeff10\n20\n30", (10, 20, 30), ""),
        ("i,t\n0,10.5\n3,20\n5,30", (10.5, 20, 30), ""),
        ("senders;times\n0;10,5\n3;20\n5;30", (10.5, 20, 30), "decimal points"),
        ("10,5\n20,7\n30,9", (10.5, 20.7, 30.9), "10,5 as 10.5"),
        ("10,20,30", (10, 20, 30), ""),
        ("10 20\n30", (10, 20, 30), ""),
        ("10\t20\t30\n40\t50\t60", (10, 20, 30, 40, 50, 60), ""),
        ("10;20", (10, 20), ""),
        ("10,5;20,7", (10.5, 20.7), "decimal points"),
        ('"10"\n"20"', (10, 20), ""),
        ("# made by hand\n\n10 # the first\n20,\n", (10, 20), ""),
        ("30\n10\n20", (10, 20, 30), ""),
        ("spike times (ms)\n10\n20", (10, 20), ""),
        ("time (s)\n0.01\n0.02", (10, 20), ""),
        ("t_us\n1000\n2500", (1, 2.5), ""),
        ("t\n10 20 30\n40", (10, 20, 30, 40), ""),
        ("Spike times [us]\n1000 2000\n500 700", (0.5, 0.7, 1, 2), ""),
        ("0,10.5\n3,20\n5,30", (10.5, 20, 30), "read as neuron, t"),
        ("neuron\tt\n1\t2.5\n0\t1", (1, 2.5), ""),
    ],
)
def test_spike_times(text, times, note):
    for given_as in (text, text.encode()):
        got = spike_times(given_as)
        assert got.times == times and (note in " ".join(got.notes)) and bool(got.notes) == bool(note)
        assert SpikeTrain.from_csv(given_as).times == times


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("l0\n20\n30", "mine.csv, line 1: 'l0' is neither a number nor the name of a column"),
        ("10\n2o\n30", "mine.csv, line 2: '2o' is not a time"),
        ("10\n-1", "mine.csv, line 2: -1 is not a time"),
        ("10\nnan", "mine.csv, line 2: nan is not a time"),
        ("10\n1_000", "mine.csv, line 2: '1_000'"),
        ("", "mine.csv holds no spike times"),
        ("t\n", "mine.csv holds no spike times"),
        ("i,x\n1,2", "mine.csv has the columns i, x; a column t"),
        ("t,i\n1,2\n3", "mine.csv, line 3 has 1 values where 2 are expected"),
        ("![x](http://example.org/p.png)", "mine.csv, line 1: '![x](http://example.org/p.png)' is neither"),
    ],
)
def test_what_are_no_spike_times(text, reason):
    with pytest.raises(ValueError, match=r"^mine\.csv") as raised:
        SpikeTrain.from_csv(text, "mine.csv")
    assert reason in str(raised.value) and "\n" not in str(raised.value)


XYTP = {"x": [7, 16, 9], "y": [32, 10, 4], "t": [100, 200, 300], "p": [1, 0, 1]}


def rows(order, between, values=XYTP):
    return "\n".join(between.join(str(values[name][n]) for name in order) for n in range(3))


@pytest.mark.parametrize("between", [",", ";", "\t", " ", " , ", "   "])
@pytest.mark.parametrize("order", ["txyp", "xytp", "xypt", "pxyt"])
@pytest.mark.parametrize("heading", [True, False])
def test_columns_in_any_order_with_anything_between(order, between, heading):
    table = read((between.join(order) + "\n" if heading else "").encode() + rows(order, between).encode())
    assert {name: column.tolist() for name, column in table.columns.items()} == XYTP
    assert table.roles == tuple(order) and bool(table.notes) is not heading
    assert heading or f"read as {', '.join(order)}" in table.notes[0]


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("0.000821 7 32 1\n0.001605 16 10 1", {"t": [0.000821, 0.001605], "x": [7, 16], "y": [32, 10], "p": [1, 1]}),
        ("3,0.5\n2,1.5", {"neuron": [3, 2], "t": [0.5, 1.5]}),
        ("0.5,3\n1.5,2", {"neuron": [3, 2], "t": [0.5, 1.5]}),
        ("5,3\n15,2", {"t": [5, 15], "neuron": [3, 2]}),
        ("x,y,p,t\n1,2,True,3\n1,2,False,4", {"x": [1, 1], "y": [2, 2], "p": [1, 0], "t": [3, 4]}),
        (",t,neuron\n0,1.5,2\n1,2.5,3", {"t": [1.5, 2.5], "neuron": [2, 3]}),
        ('"t","neuron"\n"1","3"\n', {"t": [1], "neuron": [3]}),
        ('"t","neuron"\n"1,5","3"\n', {"t": [1.5], "neuron": [3]}),
        ("times\tsenders\tremark\n1\t2\tabc\n", {"t": [1], "neuron": [2]}),
        ("# t x y p\n1 2 3 1", {"t": [1], "x": [2], "y": [3], "p": [1]}),
        ("pol,ts,x,y\n-1,5,1,2", {"p": [-1], "t": [5], "x": [1], "y": [2]}),
        ("1\n2\n3", {"t": [1, 2, 3]}),
        ("Timestamp [us];Channel\n5;2", {"t": [5], "neuron": [2]}),
    ],
)
def test_recordings(text, columns):
    for data in (text.encode(), b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode()):
        table = read(data)
        assert {name: column.tolist() for name, column in table.columns.items()} == columns


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_unicode_text_as_spreadsheets_write_it(encoding):
    table = read("\ufefft\tneuron\r\n1,5\t2\r\n".encode(encoding))
    assert {name: column.tolist() for name, column in table.columns.items()} == {"t": [1.5], "neuron": [2]}
    with pytest.raises(ValueError, match="cut short or damaged"):
        read("\ufefft\tneuron\n1\t2".encode(encoding)[:-1])
    with pytest.raises(ValueError, match="Save it as CSV in UTF-8"):
        read(b"\xff" + "t\tneuron\n1\t2".encode(encoding))


def test_the_columns_can_be_said():
    assert {n: c.tolist() for n, c in read(b"1,2\n3,4", roles=("neuron", "t")).columns.items()} == {"neuron": [1, 3], "t": [2, 4]}
    table = read(b"a,time,b\n1,2,3", roles=("neuron", "", "t"))
    assert {n: c.tolist() for n, c in table.columns.items()} == {"neuron": [1], "t": [3]} and not table.notes
    assert read(b"t,neuron\n1,2", roles=("x", "y", "t")).roles == ("t", "neuron"), "said of files with other columns"


def test_what_a_file_states():
    table = read(b"# inputs = 1 x 8 x 8\n# unit = us\n# zero = of the recording\nt,x,y\n1,2,3")
    assert (table.inputs, table.unit, table.own_zero) == ((1, 8, 8), TimeUnit.MICROSECOND, True)
    packed = io.BytesIO()
    np.savez(packed, t=[1], x=[2], y=[3], inputs=[1, 8, 8], unit="us", own_zero=True)
    table = read(packed.getvalue())
    assert (table.inputs, table.unit, table.own_zero, table.roles) == ((1, 8, 8), TimeUnit.MICROSECOND, True, ("t", "x", "y"))
    odd = ({"inputs": [1, -8, 8]}, {"inputs": ["a"]}, {"unit": "fortnight"}, {"unit": 3}, {"own_zero": "yes"}, {"own_zero": []})
    for stated in odd:
        packed = io.BytesIO()
        np.savez(packed, t=[1], neuron=[2], **stated)
        table = read(packed.getvalue())
        assert (table.inputs, table.unit, table.own_zero) == (None, None, False)
    assert read(b"time (s),i\n1,2").unit is TimeUnit.SECOND and read(b"t_ms,i\n1,2").unit is TimeUnit.MILLISECOND
    assert read(b"t,i\n1,2").unit is None and read(b"spike_times,i\n1,2").unit is None


@pytest.mark.parametrize(
    ("times", "unit"),
    [
        (np.arange(0, 300_000, 7), TimeUnit.MICROSECOND),
        (np.arange(10_000_000, 10_100_000, 50), TimeUnit.MICROSECOND),
        (np.arange(0, 400), TimeUnit.MILLISECOND),
        (np.array([10.5, 20.7, 300.9]), TimeUnit.MILLISECOND),
        (np.array([0.000821, 0.001605, 0.3]), TimeUnit.SECOND),
        (np.array([0.0105, 0.02, 3.07]), TimeUnit.SECOND),
    ],
)
def test_the_unit_is_guessed_from_the_span(times, unit):
    assert guess_unit(times) is unit


def test_units_of_version_0_1_0():
    assert [TimeUnit(number) for number in (1, 1000, 1_000_000)] == list(TimeUnit)
    with pytest.raises(ValueError):
        TimeUnit(7)


# --- NumPy's files ----------------------------------------------------------------------------------------------------


def packed(**arrays):
    out = io.BytesIO()
    np.savez_compressed(out, **arrays)
    return out.getvalue()


def bare(array):
    out = io.BytesIO()
    np.save(out, array)
    return out.getvalue()


EVENTS = np.array([(100, 7, 32, True), (200, 16, 10, False)], [("ts", "<u4"), ("x", "<u2"), ("y", "<u2"), ("polarity", "?")])


@pytest.mark.parametrize(
    "data",
    [
        packed(events=EVENTS),
        packed(anything=EVENTS),
        bare(EVENTS),
        packed(t=EVENTS["ts"], x=EVENTS["x"], y=EVENTS["y"], p=EVENTS["polarity"]),
        packed(t=EVENTS["ts"], x=EVENTS["x"], y=EVENTS["y"], p=EVENTS["polarity"], about=np.array("a text")),
        bare(np.array([[100, 7, 32, 1], [200, 16, 10, 0]])),
        bare(np.asfortranarray(np.array([[100, 7, 32, 1], [200, 16, 10, 0]]))),
    ],
    ids=["structured", "any name", "npy", "columns", "with a text", "rows", "columns first in memory"],
)
def test_npz_and_npy(data):
    table = read(data, "a.npz")
    assert {n: [int(v) for v in c] for n, c in table.columns.items()} == {"t": [100, 200], "x": [7, 16], "y": [32, 10], "p": [1, 0]}


def version_20(data):
    """The same archive, said to need version 20 of the format, of which there are six."""
    at = data.index(b"PK\x01\x02")
    return data[: at + 6] + struct.pack("<H", 200) + data[at + 8 :]


ZIPPED = packed(t=np.arange(3), neuron=np.arange(3))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (bare(np.arange(3)) + ZIPPED, "something else behind it"),
        (version_20(ZIPPED), "no NPZ file"),
        (ZIPPED[: len(ZIPPED) // 2], "cut short, damaged or no NPZ"),
        (b"nothing", "cut short, damaged or no NPZ"),
        (packed(t=np.array(["a", "b"]), neuron=np.arange(2)), "column t holds no numbers"),
        (packed(t=np.zeros((2, 2, 2))), "the shape"),
        (packed(anything=np.zeros((9, 9))), "a table of 9 x 9"),
        (bare(np.array(["a", "b"])), "no array of numbers"),
    ],
)
def test_damaged_archives_are_one_sentence(data, reason):
    with pytest.raises(ValueError, match=reason) as raised:
        read(data, "a.npz")
    assert "\n" not in str(raised.value)


def test_a_small_file_of_too_many_events_is_refused_before_it_is_unpacked(monkeypatch):
    """195 kB that become 200 MB, and 4.9 GB as events: the header says so, and no value is read."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("t", "neuron"):
            header = io.BytesIO()
            np.lib.format.write_array_header_1_0(header, {"descr": "|i1", "fortran_order": False, "shape": (100_000_000,)})
            with archive.open(f"{name}.npy", "w") as member:
                member.write(header.getvalue())
                for _ in range(100):
                    member.write(bytes(1_000_000))
    assert len(out.getvalue()) < 200_000
    taken = []
    whole = zipfile.ZipExtFile.read
    monkeypatch.setattr(zipfile.ZipExtFile, "read", lambda file, n=-1: taken.append(n) or whole(file, n))
    with pytest.raises(ValueError, match="unpacks to 100,000,000 events of 1 bytes; one recording may have 10,000,000 events"):
        read(out.getvalue(), "zeros.npz")
    assert min(taken) >= 0 and sum(taken) < 1000
    monkeypatch.setattr("snnviz.tables.limits.MOST_EVENTS", 1000)
    with pytest.raises(ValueError, match="2,000 lines; one recording may have 1,000 events"):
        read(b"1,2\n" * 2000)


@given(st.text(max_size=80) | st.text('0123456789.,;-\t \n#te"', max_size=40))
def test_any_text_gives_times_or_one_sentence(text):
    try:
        got = spike_times(text)
    except ValueError as problem:
        assert "\n" not in str(problem)
    else:
        assert got.times == tuple(sorted(got.times)) and all(t >= 0 for t in got.times)
