"""How a class looks: choices, histogram, who is where. HTML from values; the words of others in it are shown literally."""

import html
from collections.abc import Mapping, Sequence

import streamlit as st

from snnviz.classroom.values import Room, Student

LETTERS = "abcdefghij"
CSS = """<style>
.snn-class {--ink: light-dark(#1A2029, #E8ECF1); --muted: light-dark(#525C6B, #A7B1BF); --line: light-dark(#CFD5DE, #38414D);
  --panel: light-dark(#F3F5F8, #1C222B); --accent: light-dark(#0072B2, #4AA8E8); --soft: light-dark(#EAF3FA, #16303F);
  color: var(--ink); font-size: 15px; line-height: 22px; font-variant-numeric: tabular-nums}
.snn-class .muted {color: var(--muted); font-size: 13px; line-height: 18px}
.snn-class h1.code {font-size: 46px; line-height: 48px; font-weight: 650; letter-spacing: .06em; margin: 0; padding: 0}
.snn-class .join {display: flex; gap: 24px; align-items: center; flex-wrap: wrap}
.snn-class .qr {width: 96px; height: 96px; flex: none; border-radius: 6px; overflow: hidden}
.snn-class .qr.large {width: 200px; height: 200px}
.snn-class .address {overflow-wrap: anywhere; max-width: 260px}
.snn-class .number {border-left: 1px solid var(--line); padding-left: 18px}
.snn-class .number b {display: block; font-size: 28px; line-height: 34px; font-weight: 650}
.snn-class .place {border-left: 3px solid var(--line); padding: 0 0 0 12px; margin: 0 0 12px}
.snn-class .place.most {border-color: var(--accent)}
.snn-class .place .head {display: flex; justify-content: space-between; font-weight: 600; font-size: 14px}
.snn-class .chips {display: flex; flex-wrap: wrap; gap: 4px; margin: 4px 0 0; padding: 0; list-style: none}
.snn-class .chips li {min-width: 27px; padding: 1px 6px; text-align: center; border-radius: 4px; border: 1px solid transparent;
  background: var(--soft); font-size: 13px; line-height: 20px; font-weight: 600; max-width: 150px; overflow: hidden;
  text-overflow: ellipsis; white-space: nowrap; margin: 0}
.snn-class .chips li.open {background: none; border-color: var(--ink)}
.snn-class h2 {font-size: 18px; line-height: 24px; font-weight: 600; margin: 0; padding: 0; overflow-wrap: anywhere}
.snn-class .row {display: grid; grid-template-columns: 28px 1fr; column-gap: 10px; margin-top: 10px; align-items: start}
.snn-class .letter {width: 26px; height: 26px; border-radius: 13px; border: 1px solid var(--line); background: var(--panel);
  text-align: center; line-height: 24px}
.snn-class .row.mine .letter {background: var(--ink); border-color: var(--ink); color: light-dark(#FFFFFF, #11151B)}
.snn-class .words {overflow-wrap: anywhere}
.snn-class .bar {display: flex; align-items: center; gap: 8px; min-height: 34px}
.snn-class .bar i {display: block; height: 34px; background: var(--ink); border-radius: 2px; transition: width .3s}
.snn-class .bar b {font-size: 24px; line-height: 34px; font-weight: 650}
.snn-class .choice {display: flex; align-items: center; gap: 12px; min-height: 48px; padding: 8px 14px; margin: 8px 0;
  border: 1px solid var(--line); border-radius: 8px}
.snn-class .choice.mine {border: 2px solid var(--ink)}
.snn-class .choice .words {flex: 1}
.snn-class .veil {border-radius: 8px; padding: 36px 16px; text-align: center; margin-top: 16px;
  background: repeating-linear-gradient(45deg, var(--panel) 0 8px, light-dark(#E4E8EE, #222A35) 8px 16px)}
.snn-class .veil div {display: inline-block; background: light-dark(#FFFFFF, #11151B); border: 1px solid var(--line);
  border-radius: 8px; padding: 10px 20px}
.snn-class .sentence {border-left: 3px solid var(--ink); padding-left: 12px; font-size: 16px}
[class*=st-key-class-choice-] button {justify-content: flex-start; min-height: 48px; text-align: left; border-radius: 8px}
[class*=st-key-class-choice-] button > * {justify-content: flex-start}
.snn-class.strip {display: flex; gap: 10px; align-items: baseline; flex-wrap: wrap; font-size: 14px}
.snn-class .frozen {position: fixed; inset: 0; z-index: 1000000; display: flex; align-items: center; justify-content: center;
  background: light-dark(#FFFFFF, #11151B); visibility: visible; text-align: center; padding: 24px}
.snn-class .frozen p {font-size: 24px; line-height: 32px; margin: 0}
[data-testid=stApp]:has(.snn-class .frozen) :is([data-testid=stMain], [data-testid=stSidebar], [data-testid=stHeader])
  {visibility: hidden}
@media (prefers-reduced-motion: reduce) {.snn-class .bar i {transition: none}}
</style>"""


def escaped(words: str) -> str:
    """Somebody's words as they stand in HTML."""
    return html.escape(words)


def draw(body: str, kind: str = "") -> None:
    """Put HTML of a class on the page, with its style."""
    st.html(f'{CSS}<div class="snn-class {kind}">{body}</div>')


def note(words: str) -> None:
    """A small sentence under something. words: our own, as plain text."""
    draw(f"<span class=muted>{html.escape(words)}</span>")


def mark(key: str) -> None:
    """Give the button of a key the border of one's own choice."""
    st.html(f"<style>.st-key-{key} button {{border: 2px solid light-dark(#1A2029, #E8ECF1) !important}}</style>")


def joining(qr: str, address: str, code: str, here: int, named: bool) -> str:
    """How to join, large: a picture, an address, a code; and how many are here. qr: the address of the picture; address: where a
    phone types the code."""
    large = "" if here else " large"
    names = "some with names" if named else "no names"
    count = (
        f"<b>{here}</b><span class=muted>here, {names}</span>" if here else "<b>0</b><span class=muted>Waiting for the first</span>"
    )
    return (
        f'<div class=join><img class="qr{large}" alt="QR code of the link to join" src="{qr}">'
        f"<div><div class='muted address'>{html.escape(address)}</div><h1 class=code>{html.escape(code)}</h1></div>"
        f"<div class=number>{count}</div></div>"
    )


def histogram(choices: Sequence[str], counts: Sequence[int], mine: int | None = None) -> str:
    """How often each choice was made, none of them marked but a student's own."""
    most, rows = max([*counts, 1]), []
    for number, (choice, count) in enumerate(zip(choices, counts, strict=True)):
        own = ' <span class="muted">your choice</span>' if number == mine else ""
        bar = f'<i style="width: {72 * count / most:.1f}%"></i>' if count else ""
        rows.append(
            f'<div class="row {"mine" if number == mine else ""}"><span class=letter>{LETTERS[number]}</span>'
            f"<div><div class=words>{html.escape(choice)}{own}</div><div class=bar>{bar}<b>{count}</b></div></div></div>"
        )
    return "".join(rows)


def choice(number: int, text: str, mine: bool) -> str:
    """A choice that cannot be pressed any more."""
    own = "<span class=muted>your choice</span>" if mine else ""
    return (
        f'<div class="choice row {"mine" if mine else ""}"><span class=letter>{LETTERS[number]}</span>'
        f"<span class=words>{html.escape(text)}</span>{own}</div>"
    )


def veil(head: str, below: str) -> str:
    """Where something will be that is not to be seen yet."""
    return f"<div class=veil><div><b>{html.escape(head)}</b><br><span class=muted>{html.escape(below)}</span></div></div>"


def who(room: Room, here: Sequence[Student], titles: Mapping[str, str], key: str | None) -> str:
    """Who is where; in a filled chip who has chosen. titles: of places. key: of the poll, None where nothing is asked."""
    places: dict[str, list[Student]] = {place: [] for place in titles}
    for student in here:
        places.setdefault(student.place, []).append(student)
    chosen = room.chosen(key) if key else {}
    most = max(map(len, places.values()), default=0)
    rows = []
    for place, students in places.items():
        marks = "".join(
            f'<li class="{"" if not key or student.number in chosen else "open"}">{html.escape(student.name)}</li>'
            for student in students
        )
        rows.append(
            f'<div class="place {"most" if students and len(students) == most else ""}"><div class=head>'
            f"<span>{html.escape(titles.get(place) or place or 'on the way')}</span><span class=muted>{len(students)}</span></div>"
            + (f"<ul class=chips>{marks}</ul></div>" if students else "<div class=muted>nobody</div></div>")
        )
    return "".join(rows)
