"""Recordings in the field's own formats, by hand in their native bytes: read as they were meant, or refused in one sentence."""

import gzip
import io
import pickle
import struct

import numpy as np
import pytest

from snnviz.datasets import Cifar10Dvs, DvsGesture, OwnRecordings, Split
from snnviz.tables import TimeUnit, apart, limits, read
from snnviz.ui import uploads as page

T, X, Y, P = [10, 20, 20, 4000], [3, 15, 16, 0], [1, 2, 2, 7], [1, 0, 0, 1]
EVENTS = list(zip(T, X, Y, P, strict=True))
HOURS = 3 * 3600 * 10**6  # microseconds


@pytest.fixture(autouse=True)
def places(tmp_path, monkeypatch):
    monkeypatch.setenv("SNNVIZ_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("SNNVIZ_HOME", str(tmp_path / "home"))


def nmnist(events=EVENTS):
    return b"".join(bytes((x, y, p << 7 | t >> 16, t >> 8 & 255, t & 255)) for t, x, y, p in events)


def dat(events=EVENTS, header=b"% Data file containing CD events\n% Version 2\n% Width 304\n% Height 240\n"):
    return header + bytes((12, 8)) + b"".join(struct.pack("<II", t, p << 28 | y << 14 | x) for t, x, y, p in events)


def evt2(events=EVENTS, header=b"% evt 2.0\n% geometry 640x480\n% end\n"):
    words = [w for t, x, y, p in events for w in (8 << 28 | t >> 6, p << 28 | (t & 63) << 22 | x << 11 | y)]
    return header + struct.pack(f"<{len(words)}I", *words)


def evt21(events=EVENTS):
    words = []
    for t, x, y, p in events:
        words += [8 << 60 | t >> 6 << 32, p << 60 | (t & 63) << 54 | (x & ~31) << 43 | y << 32 | 1 << (x & 31)]
    return b"% evt 2.1\n% format EVT21;height=720;width=1280\n% end\n" + struct.pack(f"<{len(words)}Q", *words)


def evt3():
    """The second and the third event are neighbours, in a word of eight behind an empty one of twelve."""
    words = [8 << 12, 6 << 12 | 10, 1, 2 << 12 | 1 << 11 | 3]
    words += [6 << 12 | 20, 2, 3 << 12 | 3, 4 << 12, 5 << 12 | 0b11]
    words += [6 << 12 | 4000, 7, 2 << 12 | 1 << 11]
    return b"% format EVT3;height=720;width=1280\n% end\n" + struct.pack(f"<{len(words)}H", *words)


def evt3_of_groups(groups):
    """Words of neighbours at one time each, at most twelve: `[groups, neighbours]`."""
    words, high = [], -1
    for group in groups:
        t, x, y, p = (int(group[name][0]) for name in "txyp")
        if (t >> 12) != high:
            high = t >> 12
            words.append(8 << 12 | high & 4095)
        words += [6 << 12 | t & 4095, y, 3 << 12 | p << 11 | x, 4 << 12 | (1 << len(group)) - 1]
    return struct.pack(f"<{len(words)}H", *words)


def aedat2(events=EVENTS, header=b"#!AER-DAT2.0\r\n# AEChip: ch.unizh.ini.jaer.chip.retina.DVS128\r\n"):
    return header + b"".join(struct.pack(">II", (127 - y) << 8 | (127 - x) << 1 | 1 - p, t) for t, x, y, p in events)


def davis(events=EVENTS):
    """With a sample of a frame between, which is no event, and jAER's last line of a header."""
    rows = [struct.pack(">II", (179 - y) << 22 | (239 - x) << 12 | p << 11, t) for t, x, y, p in events]
    rows.insert(1, struct.pack(">II", 1 << 31 | 77, 15))
    return b"#!AER-DAT2.0\r\n# AEChip: Davis240C\r\n#End Of ASCII Header\r\n" + b"".join(rows)


def aedat3(events=EVENTS):
    """A packet of events, one of another kind, and another one of events, the clock having gone round as often as need be."""

    def packet(kind, size, rows, overflow=0):
        return struct.pack("<HhiiiiII", kind, 1, size, 4, overflow, len(rows), len(rows), len(rows)) + b"".join(rows)

    rounds = [t >> 31 for t, *_ in events]
    rows = [struct.pack("<II", x << 17 | y << 2 | p << 1 | 1, t & 2**31 - 1) for t, x, y, p in events]
    header = b"#!AER-DAT3.1\r\n#Format: RAW\r\n#Source 1: DVS128\r\n#!END-HEADER\r\n"
    return header + packet(1, 8, rows[:2], rounds[0]) + packet(3, 36, [b"\xff" * 36]) + packet(1, 8, rows[2:], rounds[-1])


def aedat4(events=EVENTS):
    """DV's container: a header and a packet, each a FlatBuffer written out by hand, not packed."""

    def text(words):
        return struct.pack("<I", len(words)) + words + bytes(4 - len(words) % 4)

    about = (
        b'<dv version="2.0"><node name="outInfo" path="/outInfo/"><node name="0" path="/outInfo/0/">'
        b'<attr key="compression" type="string">NONE</attr><attr key="originalModuleName" type="string">capture</attr>'
        b'<attr key="originalOutputName" type="string">events</attr><attr key="typeDescription" type="string">-</attr>'
        b'<attr key="typeIdentifier" type="string">EVTS</attr><node name="info" path="/outInfo/0/info/">'
        b'<attr key="sizeX" type="int">346</attr><attr key="sizeY" type="int">260</attr>'
        b'<attr key="source" type="string">DAVIS</attr>'
        b"</node></node></node></dv>"
    )
    # vtable (10 bytes, padded to 12): size, table's size, offsets of compression, dataTablePosition, infoNode; then the table
    head = struct.pack("<I4sHHHHHxxiiqI", 20, b"IOHE", 10, 20, 4, 8, 16, 12, 0, -1, 4) + text(about)
    body = b"".join(struct.pack("<qhh?xxx", t, x, y, bool(p)) for t, x, y, p in events)
    packet = struct.pack("<I4sHHHxxiII", 16, b"EVTS", 6, 8, 4, 8, 4, len(events)) + body  # the same, with one vector of structs
    framed = struct.pack("<ii", 0, len(packet) + 4) + struct.pack("<I", len(packet)) + packet
    return b"#!AER-DAT4.0\r\n" + struct.pack("<I", len(head)) + head + framed


MADE = {
    "a.bin": (nmnist, None),
    "a.dat": (dat, (2, 240, 304)),
    "2.raw": (evt2, (2, 480, 640)),
    "21.raw": (evt21, (2, 720, 1280)),
    "3.raw": (evt3, (2, 720, 1280)),
    "a.aedat": (aedat2, (2, 128, 128)),
    "davis.aedat": (davis, (2, 180, 240)),
    "3.aedat": (aedat3, (2, 128, 128)),
    "a.aedat4": (aedat4, (2, 260, 346)),
}


def rows(table):
    return [tuple(int(table.columns[name][n]) for name in "txyp") for n in range(len(table.columns["t"]))]


@pytest.mark.parametrize("name", MADE)
def test_a_cameras_file_is_read_and_cut_anywhere_is_a_part_or_a_sentence(name):
    make, size = MADE[name]
    whole = make()
    table = read(whole, name)
    assert rows(table) == EVENTS and table.inputs == size and table.unit is TimeUnit.MICROSECOND and table.kind and not table.notes
    assert rows(read(gzip.compress(whole), f"{name}.gz")) == EVENTS
    for cut in range(0, len(whole), 5 if name == "a.aedat4" else 1):
        try:
            part = read(whole[:cut], name)
        except ValueError as problem:
            assert str(problem).count(".") and "\n" not in str(problem) and "Errno" not in str(problem)
        else:
            assert rows(part) == EVENTS[: len(rows(part))], "never another event"


def test_what_files_of_cameras_do_not_say_is_assumed_and_told(monkeypatch):
    nameless = read(aedat2(header=b"#!AER-DAT2.0\r\n# by hand\r\n"), "a.aedat")
    assert rows(nameless) == EVENTS and "read as one of 128 x 128 pixels" in nameless.notes[0]
    assert rows(read(dat(), "anything")) == EVENTS, "the bytes say what it is"
    assert rows(read(evt2()[:-2], "a.raw")) == EVENTS[:-1] and "cut short and left out" in read(evt2()[:-2], "a.raw").notes[0]
    legacy = evt21().replace(b"width=1280", b"width=1280;endianness=legacy")
    begin = legacy.index(b"end\n") + 4
    halves = np.frombuffer(legacy, "<u4", offset=begin).reshape(-1, 2)[:, ::-1].tobytes()
    assert rows(read(legacy[:begin] + halves, "a.raw")) == EVENTS
    old = b"% Data file containing CD events\n% Version 1\n" + bytes((0, 8)) + struct.pack("<II", 7, 1 << 17 | 100 << 9 | 300)
    assert rows(read(old, "ncars.dat")) == [(7, 300, 100, 1)]
    for name, data, reason in (
        ("a.raw", b"\0\0", "no header of a Prophesee RAW file"),
        ("a.raw", b"% format EVT4;\n% end\n", "EVT 2, 2.1 and 3 are read"),
        ("a.dat", b"% Data file containing CD events\n\x0c\x0a", "type 12 with 10 bytes"),
        ("a.aedat", b"nothing", "is no AEDAT file: such a file begins with '#!AER-DAT'"),
        ("a.aedat", b"#!AER-DAT1.0\r\n", "versions 2, 3.1 and 4 are read"),
        ("a.aedat", aedat3().replace(b"RAW", b"PNG"), "export it as RAW"),
        ("a.aedat4", b"#!AER-DAT4.0\r\n" + bytes(40), "is cut short, damaged, or packed"),
    ):
        with pytest.raises(ValueError, match=reason):
            read(data, name)
    monkeypatch.setattr(limits, "MOST_EVENTS", 3)
    for name, (make, _) in MADE.items():
        with pytest.raises(ValueError, match=r"one recording may have [36]"):
            read(make(), name)


def test_prophesees_formats_as_another_library_writes_and_reads_them(tmp_path):
    """Two thirds of a minute, neighbours at equal times: the clock of EVT 3 goes round twice."""
    from expelliarmus import Wizard

    rng = np.random.default_rng(0)
    events = np.empty(6000, [("t", "<i8"), ("x", "<i2"), ("y", "<i2"), ("p", "u1")])
    events["t"], events["p"] = np.sort(rng.integers(0, 40_000_000, 500)).repeat(12), rng.integers(0, 2, 500).repeat(12)
    events["y"] = rng.integers(0, 480, 500).repeat(12)
    events["x"] = (rng.integers(0, 40, 500) * 14)[:, None].repeat(12, 1).reshape(-1) + np.tile(np.arange(12), 500)
    for encoding, name in (("dat", "a.dat"), ("evt2", "a.raw")):
        Wizard(encoding).save(str(tmp_path / name), events)
        table = read((tmp_path / name).read_bytes(), name)
        again = Wizard(encoding).read(str(tmp_path / name))
        assert all(np.array_equal(table.columns[column], again[column]) for column in "txyp"), encoding
        assert np.array_equal(table.columns["t"], events["t"])
    table = read(b"% evt 3.0\n" + evt3_of_groups(events.reshape(-1, 12)), "a.raw")  # that library counts this clock wrong
    assert all(np.array_equal(table.columns[column], events[column]) for column in "txyp")


def test_a_clock_of_hours_and_files_sorted_by_class(tmp_path):
    for label, shift in (("down", 0), ("up", HOURS)):
        (tmp_path / "own" / label).mkdir(parents=True)
        for number in range(4):
            data = aedat3([(t + shift + number, x, y, p) for t, x, y, p in EVENTS])
            (tmp_path / "own" / label / f"{number}.aedat").write_bytes(data)
    (tmp_path / "own" / "up" / "spikes.pkl").write_bytes(pickle.dumps({"t": T}))
    with pytest.warns(UserWarning, match=r"up/spikes.pkl: is a pickle, which is never opened .* to_csv"):
        train = OwnRecordings(folder=str(tmp_path / "own"), steps=5, dt=1.0).load(Split.TRAIN)
    assert train.shape == (2, 128, 128) and train.classes == ("down", "up") and sorted(train.y.tolist()) == [0, 0, 0, 1, 1, 1]
    first, last = (train.take([int(np.flatnonzero(train.y == label)[0])])[0] for label in (0, 1))
    assert (first == last).all() and first.sum() == 4 and not train.notes
    (tmp_path / "own" / "up" / "spikes.pkl").unlink()
    few = OwnRecordings(folder=str(tmp_path / "own"), samples=4, steps=5)
    assert set(few.load(Split.TRAIN).y.tolist()) == {0, 1}


def test_uploads_of_any_kind_are_taken_or_refused_by_name():
    for number, (name, (make, _)) in enumerate(MADE.items()):
        assert not page.attempt_add("v", "ab"[number % 2], name, make())
    listed = page.everything("v")
    assert len(listed) == len(MADE) and page.layout(listed).kind
    assert page.choose_columns(page.layout(listed)) == ""
    for name, data, reason in (
        ("a.pkl", pickle.dumps({"t": T}), "is a pickle, which is never opened here"),
        ("a.csv", pickle.dumps([T], 0), "is a pickle"),
        (
            "a.npy",
            b"\x93NUMPY\x01\x00v\x00{'descr': '|O', 'fortran_order': False, 'shape': (1,), }",
            "Python objects, which are never",
        ),
        ("a.xlsx", b"PK\x03\x04[Content_Types].xml xl/workbook.xml", "a spreadsheet; save its sheet as CSV"),
        ("a.json", b'[{"t": 1}]', "is JSON"),
        ("a.wav", b"RIFF....WAVE", "a sound or a film"),
        ("a.mp4", b"\0\0\0\x18ftypmp42\xff", "no text file"),
        ("a.bin", b"12345678", "no whole number of events"),
        ("a.csv.gz", gzip.compress(b"t,i\n1,2", mtime=0)[:-9], "packed with gzip, but cut short"),
    ):
        complaint = page.attempt_add("v", "a", name, data)
        assert complaint.startswith(f"{name}: ") and reason in complaint and "\n" not in complaint
    assert len(page.everything("v")) == len(MADE)


# --- Files of several arrays ------------------------------------------------------------------------------------------


def mat(**arrays):
    from scipy.io import savemat

    out = io.BytesIO()
    savemat(out, arrays, do_compression=True)
    return out.getvalue()


def hdf5(**arrays):
    import h5py

    out = io.BytesIO()
    with h5py.File(out, "w") as file:
        for name, values in arrays.items():
            file[name.replace("__", "/")] = values
    return out.getvalue()


def parquet(**columns):
    import pyarrow
    import pyarrow.parquet

    out = pyarrow.BufferOutputStream()
    pyarrow.parquet.write_table(pyarrow.table(columns), out)
    return out.getvalue().to_pybytes()


STRUCT = np.array(list(zip(X, Y, P, T, strict=True)), [("x", "u2"), ("y", "u2"), ("p", "i2"), ("t", "i8")])
BOXES = {
    "ASL-DVS.mat": mat(ts=T, x=X, y=Y, pol=P),
    "struct.mat": mat(TD={"x": X, "y": Y, "p": P, "ts": T}),
    "rows.mat": mat(events=np.array(EVENTS)),
    "DSEC.h5": hdf5(events__t=T, events__x=X, events__y=Y, events__p=P, ms_to_idx=[0, 1]),
    "Metavision.hdf5": hdf5(CD__events=STRUCT),
    "MVSEC.hdf5": hdf5(davis__left__events=np.array(EVENTS, np.float64)),
    "pandas.parquet": parquet(t=T, x=X, y=Y, p=[bool(p) for p in P], about=["a"] * 4),
}


@pytest.mark.parametrize("name", BOXES)
def test_arrays_by_name_in_files_of_many_programs(name):
    data = BOXES[name]
    assert rows(read(data, name)) == EVENTS
    for cut in (*range(0, min(len(data), 200), 3), *np.linspace(200, len(data) - 1, 60).astype(int).tolist()):
        try:
            part = read(data[:cut], name)
        except ValueError as problem:
            assert "\n" not in str(problem)
        else:
            assert not set("txyp") <= set(part.columns) or rows(part) == EVENTS, cut  # a MAT file may lose its last arrays


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("shd.h5", hdf5(spikes__times=[[1.0]], spikes__units=[[1]], labels=[0]), "1 recordings laid out as SHD's"),
        ("a.h5", hdf5(picture=np.zeros((3, 3))), "without columns that are known"),
        ("a.h5", hdf5(t=["a"], i=["b"]), "without columns"),
        ("a.mat", mat(picture=np.zeros((3, 3, 3))), "without columns that are known"),
        ("a.parquet", parquet(colour=["red"]), "without columns that are known"),
    ],
)
def test_boxes_without_events_say_what_is_needed(name, data, reason):
    with pytest.raises(ValueError, match=reason):
        read(data, name)


def test_a_reader_that_breaks_down_takes_only_its_file_with_it(monkeypatch):
    data = BOXES["ASL-DVS.mat"]
    assert rows(read(data, "a.mat")) == EVENTS
    monkeypatch.setattr(apart, "PATIENCE", 0.0)  # the process is killed before it can answer
    with pytest.raises(ValueError, match="its reader broke down"):
        for _ in range(100):
            read(data, "a.mat")
    monkeypatch.undo()
    assert rows(read(data, "a.mat")) == EVENTS


@pytest.mark.parametrize(
    ("name", "data", "t", "neuron", "unit"),
    [
        ("spike_recorder-5-0.dat", b"# NEST version: 3.8\n# RecordingBackendASCII version: 2\nsender\ttime_ms\n4\t1.5\n2\t7.1\n",
         [1.5, 7.1], [4, 2], TimeUnit.MILLISECOND),
        ("brunel-12-0.gdf", b"4\t1.5\t\n2\t7.1\t\n", [1.5, 7.1], [4, 2], None),
        ("neo.txt", b"0.0015\t0.02\t0.3\n\n0.007\n", [0.0015, 0.02, 0.3, 0.007], [0, 0, 0, 2], None),
        ("elephant.mat", mat(spikes=np.array([np.array([1.5, 2.0]), np.array([]), np.array([7.0])], object)),
         [1.5, 2, 7], [0, 0, 2], None),
        ("brian2.csv", b",i,t\n0,4,0.0015\n1,2,0.0071\n", [0.0015, 0.0071], [4, 2], None),
        ("pandas.csv.gz", gzip.compress(b"senders,times\n4,1.5\n2,7.1\n", mtime=0), [1.5, 7.1], [4, 2], None),
        ("pandas.parquet", parquet(times=[1.5, 7.1], senders=[4, 2]), [1.5, 7.1], [4, 2], None),
    ],
)  # fmt: skip
def test_spike_tables_as_simulators_write_them(name, data, t, neuron, unit):
    table = read(data, name)
    assert table.columns["t"].tolist() == t and table.columns["neuron"].tolist() == neuron and table.unit is unit


# --- Official files ---------------------------------------------------------------------------------------------------


def test_official_files_of_two_sets_are_found_where_they_lie(tmp_path):
    for name in ("airplane", "truck"):
        (tmp_path / "CIFAR10DVS" / name).mkdir(parents=True)
        for number in range(3):
            (tmp_path / "CIFAR10DVS" / name / f"cifar10_{name}_{number}.aedat").write_bytes(aedat2())
    dataset = Cifar10Dvs(folder=str(tmp_path), downsample=1)
    train = dataset.load(Split.TRAIN)
    assert dataset.have() == "CIFAR10-DVS: 6 of 10,000 recordings found;"
    assert [tuple(one) for one in train.events(0).tolist()] == [(t / 1000 - 0.01, y, x, p) for t, x, y, p in EVENTS]
    home = tmp_path / "DvsGesture"
    home.mkdir()
    for person in (1, 24):
        (home / f"user{person:02}_led.aedat").write_bytes(aedat3())
        labels = "class,startTime_usec,endTime_usec\n1,10,21\n8,4000,4001\n"
        (home / f"user{person:02}_led_labels.csv").write_text(labels)
    gestures = DvsGesture(folder=str(tmp_path), downsample=1)
    train, test = (gestures.load(split) for split in Split)
    assert train.y.tolist() == [0, 7] == test.y.tolist() and train.classes[7] == "arm roll"
    assert "2 of 1,176 training and 2 of 288 test recordings found" in train.source
    assert [len(train.events(n)) for n in (0, 1)] == [3, 1] and train.events(1).tolist() == [(0.0, 0, 7, 1)]
    (home / "user01_led_labels.csv").write_text("class,startTime_usec,endTime_usec\n12,10,21\n")
    with pytest.raises(ValueError, match="names a class that is none of 11"):
        gestures.have()
