"""Files that are never opened, or cannot be, each with a sentence on what to do instead."""

import re

PICKLED = (".pkl", ".pickle", ".p", ".joblib", ".pt", ".pth")
CSV = "save it as text: numpy.savetxt, or to_csv of a pandas table"
_OTHERS: tuple[tuple[bytes, str], ...] = (
    (b"BZh", "is packed with bzip2; unpack it first."),
    (b"\xfd7zXZ", "is packed with xz; unpack it first."),
    (b"\x28\xb5\x2f\xfd", "is packed with zstd; unpack it first."),
    (b"7z\xbc\xaf\x27\x1c", "is a 7z archive; unpack it first."),
    (b"Rar!", "is a RAR archive; unpack it first."),
    (b"SQLite format 3", "is a database; export its table of events as CSV."),
    (b"#ROSBAG", "is a ROS bag; convert it to AEDAT 4, RAW or HDF5 with the tools of your camera first."),
    (b"Event Stream", "is an Event Stream file; convert it to CSV with its own reader first."),
    (b"RIFF", "is a sound or a film, not events; a spoken word becomes spikes in Free Spoken Digits, On disk."),
    (b"\x89PNG", "is a picture, not events; save the events as CSV."),
    (b"%PDF", "is a PDF; save the table of events as CSV."),
)


def reason(data: bytes, name: str) -> str:
    """Why a file is not read, and what to do instead, in a sentence; "" where nothing speaks against it."""
    ending = "." + name.lower().rsplit(".", 1)[-1] if "." in name else ""
    if is_pickle(data) or ending in PICKLED:
        return f"is a pickle, which is never opened here because opening one runs what is in it; {CSV}."
    for begins, sentence in _OTHERS:
        if data.startswith(begins):
            return sentence
    if (data.startswith(b"PK") and b"xl/workbook" in data[:100_000] + data[-100_000:]) or ending in (".xlsx", ".xls", ".ods"):
        return "is a spreadsheet; save its sheet as CSV."
    if ending == ".json" or re.match(rb'\s*[\[{]\s*["\[{]', data[:200]):
        return f"is JSON, which is not read; {CSV}."
    return ""


def is_pickle(data: bytes) -> bool:
    """Whether bytes begin as a pickle of protocol 2 or later does, or look like one of protocol 0 or 1 of an object."""
    if len(data) > 2 and data[0] == 0x80 and 2 <= data[1] <= 5:
        return True
    return data[-1:] == b"." and re.match(rb"(\(dp|\(lp|\]q|\}q|c[A-Za-z_][\w.]*\n[A-Za-z_]\w*\n)", data) is not None
