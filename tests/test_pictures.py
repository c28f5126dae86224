"""Each page's picture is seen whole when the page opens: in a window of 1280 x 720, and where the browser enlarges it to 150 %."""

import pytest

pytestmark = pytest.mark.browser
DESKTOP, ENLARGED = (1280, 720), (853, 480)
# Each page with the part of it that is its picture.
PICTURES = {
    "gradients": ".figure.fills",
    "sparsity": ".figure.fills",
    "derivative": ".scope .picture",
    "neuron": ".scope .picture",
    "depth": ".figure.fills",
}
# Of the live draws the part above the mean's history counts, where the window is low.
WHERE = """picture => {
  const box = picture.getBoundingClientRect();
  const height = innerHeight > 500 ? box.height : Number(picture.dataset.upper ?? box.height);
  return [box.left, box.top, innerWidth - box.right, innerHeight - box.top - height, height];
}"""


@pytest.mark.parametrize("address", PICTURES)
def test_the_picture_is_seen_whole(visit, address):
    seen = visit(address)
    picture = seen.page.wait_for_selector(PICTURES[address])
    for size, least in ((DESKTOP, 400), (ENLARGED, 230)):
        seen.size(*size).settle()
        seen.page.wait_for_function(f"picture => ({WHERE})(picture)[3] >= 0", arg=picture, timeout=5000)
        *free, height = picture.evaluate(WHERE)
        assert min(free) >= 0 and height >= least, (size, free, height)
    assert seen.cut_off() == 0 and seen.errors == []
