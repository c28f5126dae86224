"""Frames: one recording in stretches of time."""

from snnviz.figures import frames
from snnviz.params import Param
from snnviz.studies import sample_views
from snnviz.ui import controls, page, recordings


def show(train, test, half, number, dataset):
    if not recordings.of_a_camera(half):
        return recordings.not_for_this_set("frames", half, recordings.NUMBERED)
    count = int(controls.number(8, Param("Frames", low=1, high=40, slider=(1, 20, 1)), "frames"))
    pictures = sample_views.frames(sample_views.values(half, number), count)
    begins = sample_views.frame_times(half, count)
    both = half.shape[0] == 2
    length = recordings.frame_length(begins)
    fig = frames.frames(
        pictures,
        [f"{begin:.4g} ms" for begin in begins[:-1]],
        f"Frames of {length}",
        f"{len(pictures)} frames of {length} each{'; brighter minus darker events' if both else ''}.",
        both,
        page.dark(),
        recordings.HEIGHT,
    )
    page.figure(fig, "data-frames")
    lines = f"""x = sample_views.values(half, {number})               # [step, polarity, row, column]
pictures = sample_views.frames(x, {count})
begins = sample_views.frame_times(half, {count})
print(len(pictures), begins)"""
    return lines, {"pictures": pictures, "begins": begins}
