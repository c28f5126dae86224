"""A class in two browsers, the teacher's and a student's, from the code on the wall to the end."""

import re
from urllib.parse import urlsplit

import pytest

from snnviz.ui import visitors
from tests.app_server import DESKTOP, PHONE, Visit
from tests.stripping_proxy import stripping_proxy

pytestmark = pytest.mark.browser
STEP = {"lesson": "leaky-bucket", "step": "1"}
SOON = 20_000  # ms for what comes with the next look at the class, on a machine that is busy


def somebody(chromium, url: str, size: tuple[int, int], scheme: str):
    """A visitor with cookies and a storage of their own: other tests bring nothing in, and no class that is left open goes out."""
    context = chromium.browser.new_context(
        viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, reduced_motion="reduce"
    )
    yield Visit(context.new_page(), url)
    context.close()


@pytest.fixture
def teacher(chromium, app_url):
    """A desktop in the light."""
    yield from somebody(chromium, app_url, DESKTOP, "light")


@pytest.fixture
def student(chromium, app_url):
    """A phone in the dark."""
    yield from somebody(chromium, app_url, PHONE, "dark")


def button(seen: Visit, name: str):
    return seen.page.get_by_role("button", name=name, exact=True)


def says(seen: Visit, text: str):
    return seen.page.get_by_text(text).first.wait_for(timeout=SOON)


def open_class(teacher: Visit) -> str:
    button(teacher, "Open a class").click()
    teacher.page.locator("h1.code").wait_for(timeout=SOON)
    return teacher.settle().page.locator("h1.code").inner_text()


def test_a_class_from_the_code_to_the_end(teacher, student):
    teacher.open("class")
    code = open_class(teacher)

    # The link that the QR code has: the code stands in its field, the address keeps nothing.
    student.open("class", join=code)
    assert student.page.get_by_role("textbox", name="Join code").input_value() == code and "join" not in student.page.url
    student.page.get_by_role("textbox", name="Nickname").fill("<i>Ada</i> *x*")
    button(student, "Join").click()
    says(student, "You are in.")
    teacher.page.locator(".chips li", has_text="<i>Ada</i> *x*").wait_for(timeout=SOON)

    # A question of the teacher's own; no bar before the choice, no answers on the student's page before the reveal.
    button(teacher, "Ask your own").click()
    teacher.page.get_by_role("textbox", name="Your question").fill("Who wins?")
    teacher.page.get_by_role("textbox", name="Its choices").fill("the $leak$\n**reset**")
    button(teacher, "Ask all").click()
    choice = student.page.get_by_role("button", name="b **reset**")
    choice.click(timeout=SOON)
    says(student, "You can still change it.")
    assert student.page.locator(".bar").count() == 0
    teacher.page.locator(".snn-class h2", has_text="Who wins?").wait_for(timeout=SOON)
    teacher.page.locator(".row", has_text="**reset**").locator(".bar i").wait_for(timeout=SOON)
    assert teacher.page.locator(".row .bar b").all_inner_texts() == ["0", "1"]
    teacher.settle()
    assert teacher.violations() == [] and student.settle().violations() == [], "with a question, light console and dark phone"
    button(teacher, "Reveal to all").click()
    student.page.locator(".row.mine", has_text="**reset**").locator(".bar i").wait_for(timeout=SOON)

    # Bring all to a step of a lesson, from the line on top of its page; the teacher's own choice does not come along.
    teacher.open("neuron", **STEP, chosen="b")
    button(teacher, "Bring all here").click()
    student.page.wait_for_url(re.compile(r"/neuron\?.*lesson=leaky-bucket"), timeout=SOON)
    student.page.locator(".st-key-lesson-choices button").first.wait_for(timeout=SOON)  # its page looks every two seconds
    assert "chosen" not in student.page.url and student.cut_off() == 0
    student.page.locator(".st-key-lesson-choices button").first.click()
    says(student, "1 of 1 have chosen")
    assert student.page.locator(".lesson-chosen li.right").count() == 0, "what happens is not said before the reveal"

    # Freeze: the page waits, and comes back as it was.
    button(teacher, "Freeze").click()
    says(student, "The class waits for a moment.")
    assert not student.page.locator(".st-key-lesson-choices").is_visible()
    assert student.violations() == []
    button(teacher, "Let go").click()
    student.page.get_by_text("The class waits").wait_for(state="detached", timeout=SOON)
    assert student.page.locator(".st-key-lesson-choices").is_visible()

    # The console has the step's answers, unmarked; with the reveal the student sees all of them and what happened.
    teacher.open("class")
    button(teacher, "Put away").click()
    teacher.page.locator(".place.most", has_text="1 The least current").locator("li", has_text="Ada").wait_for(timeout=SOON)
    button(teacher, "Reveal to all").click()
    student.page.locator(".lesson-chosen li.right").wait_for(timeout=SOON)
    assert student.page.locator(".lesson-chosen li.mine b:last-child").inner_text() == "1"

    # A student's address and cookie open a seat and no console; a guess opens nothing.
    student.page.context.add_cookies([{"name": visitors.COOKIE, "value": "0123456789abcdef.forged", "url": student.url}])
    for query in ({"teach": "guess"}, {}, {"me": "0123456789abcdef.forged"}):
        says(student.open("class", **query), "Leave the class")
        assert student.page.locator("h1.code").count() == 0 and student.page.get_by_role("button", name="Freeze").count() == 0
        assert "teach" not in student.page.url and "me=" not in student.page.url

    teacher.dark().settle()
    assert teacher.violations() == []
    button(teacher, "End class").click()
    button(teacher, "End the class for all").click()
    says(teacher, "nothing of it is kept")
    says(student, "This class is over.")
    assert teacher.errors == [] and student.errors == []


def test_a_class_behind_a_proxy_that_strips_a_path(teacher, student, app_url):
    with stripping_proxy(urlsplit(app_url).port, "/user/ada/proxy/8501") as base:
        teacher.url = base
        teacher.open("class")
        code = open_class(teacher)
        assert f"{urlsplit(base).netloc}/user/ada/proxy/8501/class" in teacher.page.locator(".address").inner_text()
        student.url = base
        student.open("class", join=code)
        button(student, "Join").click()
        says(student, "You are in.")
        button(teacher, "Bring all ...").click()
        teacher.page.get_by_role("textbox", name="A link of this app").fill(f"{base}/sparsity?view=share")
        button(teacher, "Bring all there").click()
        student.page.wait_for_url(re.compile(r"/user/ada/proxy/8501/sparsity\?.*view=share"), timeout=SOON)
        button(teacher, "End class").click()
        button(teacher, "End the class for all").click()
        says(teacher, "nothing of it is kept")
        for seen in (teacher, student):
            seen.page.close()
