"""Who somebody is in a class: a teacher, a student of a number, or neither. A reload changes nothing."""

import contextlib
import dataclasses
from collections.abc import Mapping

import streamlit as st

from snnviz.classroom import rooms, shared
from snnviz.classroom.guesses import TooMany, guesses
from snnviz.classroom.rooms import GONE
from snnviz.runs.store import StoreError
from snnviz.ui import visitors

JOIN, TEACH = "join", "teach"  # in an address: the join code, and the teacher's secret
NEVER_PUSHED = frozenset((JOIN, TEACH, visitors.ME, visitors.KEY, "chosen", "present"))  # what a push takes from an address out
_ROLE, _SECRET, _CODE, _COMPLAINT = "_class_role", "_class_secret", "_class_code", "_class_complaint"


@dataclasses.dataclass(frozen=True)
class Role:
    """room: the class. number: a student's; 0: a teacher."""

    room: str
    number: int = 0

    @property
    def teaches(self) -> bool:
        """Whether this is a teacher."""
        return not self.number


def arrive() -> None:
    """Take from the address a join code and a teacher's secret, before the page reads its settings from it. The secret does not
    stay there: the address may be on the wall."""
    if code := st.query_params.get(JOIN):
        del st.query_params[JOIN]
        st.session_state[_CODE] = code
    if secret := st.query_params.get(TEACH):
        del st.query_params[TEACH]
        try:
            guesses.check(visitors.visitor(), address())
            room = rooms.default().show_secret(secret, visitors.visitor())
        except (TooMany, StoreError) as problem:
            complain(str(problem))
            return
        if room is None:
            guesses.wrong(visitors.visitor(), address())
            complain("This is the teacher's link of a class that is over, or it is cut short.")
            return
        shared.opened()
        st.session_state[_ROLE], st.session_state[_SECRET] = Role(room), secret


def address() -> str:
    """The network address that this visitor's guesses are counted by. What a browser says of itself in a header is believed only
    where a proxy on this machine passes it on: its last address is the one that the proxy saw."""
    forwarded = (st.context.headers.get("X-Forwarded-For") or "").rpartition(",")[2].strip()
    return st.context.ip_address or forwarded or "this machine"


def role() -> Role | None:
    """The role of this session; looked up once, by the visitor, where a class is open at all."""
    state = st.session_state
    if _ROLE not in state:
        state[_ROLE] = None
        with contextlib.suppress(StoreError):  # said by the pages that need the database
            state[_ROLE] = _of_visitor()
    return state[_ROLE]


def again() -> Role | None:
    """The role of this session; looked up anew where it has none, since the visitor may have joined in another tab."""
    if st.session_state.get(_ROLE) is None:
        st.session_state.pop(_ROLE, None)
    return role()


def _of_visitor() -> Role | None:
    if not shared.any_open():
        return None
    if (room := rooms.default().taught_by(visitors.visitor())) is not None:
        return Role(room)
    attended = rooms.default().attended_by(visitors.visitor())
    return None if attended is None else Role(*attended)


def open_class() -> None:
    """Open a class that this visitor teaches."""
    room, secret = rooms.default().open(visitors.visitor())
    shared.opened()
    st.session_state[_ROLE], st.session_state[_SECRET] = Role(room), secret


def join(code: str, nickname: str) -> None:
    """Join the class of a code.

    Raises:
        ValueError: no class has it, the class is full, or there were too many wrong codes.
    """
    visitor, where = visitors.visitor(), address()
    guesses.check(visitor, where)
    if (room := rooms.default().by_code(code)) is None:
        guesses.wrong(visitor, where)
        raise ValueError("No class has this code now. It stands on the teacher's screen; a class is gone after a day.")
    number = rooms.default().join(room, visitor, nickname)
    shared.changed(room)
    st.session_state[_ROLE] = Role(room, number)
    st.session_state.pop(_CODE, None)


def forget(sentence: str = GONE) -> None:
    """Give up the role of this session, because its class is over, or was left."""
    st.session_state[_ROLE] = None
    st.session_state.pop(_SECRET, None)
    complain(sentence)


def code_of_link() -> str:
    """The join code that this session came with; "" where there was none."""
    return st.session_state.get(_CODE, "")


def secret() -> str | None:
    """The teacher's secret where this session has seen it: the database has its hash only."""
    return st.session_state.get(_SECRET)


def renew_secret(room: str) -> None:
    """Make another secret for a class; the links with the one before open nothing any more."""
    st.session_state[_SECRET] = rooms.default().fresh_secret(room, visitors.visitor())


def complain(sentence: str) -> None:
    """Have the next page say this, once."""
    st.session_state[_COMPLAINT] = sentence


def complaint() -> str:
    """What is to be said, once; "" where there is nothing."""
    return st.session_state.pop(_COMPLAINT, "")


def pushed(settings: Mapping[str, str]) -> dict[str, str]:
    """The settings of an address without those that say who somebody is, or what they chose: these are nobody else's."""
    return {key: text for key, text in settings.items() if key not in NEVER_PUSHED}
