"""Share: how many entries of each layer are active, and how many spike, over time."""

from snnviz.figures import active_share
from snnviz.ui import page, sparsity

WINDOW = 5.0  # ms that the curves over time are means of


def show(left, right):
    with left:
        method = sparsity.choose_method()
        experiment = sparsity.choose_run()
    with right, page.guarded():
        run, seen = sparsity.look(experiment, method)
        sparsity.alarm(seen, method)
        page.figure(active_share.active_share(seen.layers, seen.band, WINDOW, page.dark()), "share")
        sparsity.counted(seen, None, run, method)
        page.downloads("sparsity-share", seen.over_time())
    sparsity.about(method)
    line = f"shares = seen.over_time(window={WINDOW})                 # ms"
    return sparsity.code(experiment, method, line, "print(shares)"), {"seen": seen, "shares": seen.over_time(WINDOW)}
