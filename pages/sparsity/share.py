"""Share: how many entries of each layer are active, and how many spike, over time."""

from snnviz.figures import active_share
from snnviz.ui import page, sparsity

WINDOW = 5.0  # ms that the curves over time are means of


def show(left, right):
    with left:
        method = sparsity.choose_method()
        experiment = sparsity.choose_run()
    with right, page.guarded():
        run, look = sparsity.look(experiment, method)
        sparsity.alarm(look, method)
        page.figure(active_share.active_share(look.layers, look.band, WINDOW, page.dark()), "share", fill=True)
        sparsity.counted(look, None, run, method)
        page.downloads("sparsity-share", look.over_time())
    sparsity.about(method)
    line = f"shares = look.over_time(window={WINDOW})                 # ms"
    return sparsity.code(experiment, method, line, "print(shares)"), {"look": look, "shares": look.over_time(WINDOW)}
