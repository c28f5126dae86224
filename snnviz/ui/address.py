"""The page's URL: what it asks of the controls, what they write to it, and what the visitor hears of settings it cannot have.

Every control has a key like `neuron.LIF.tau_mem`, which is also its name in the URL (spelt by `snnviz.ui.url`); what stands
at its default is left out. A text in the URL that stands for no possible value gets a message and the default: Streamlit
alone would drop it silently, or round it.
"""

import dataclasses
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import streamlit as st
from streamlit.errors import StreamlitAPIException

from snnviz.ui import links, streamlit_private, url

LINK = "link"  # in the URL of a link to the page on which it stands

# Where the session keeps what belongs to the URL.
_DRAWN = "_address.drawn"  # keys drawn in this run
_COMPLAINTS = "_address.complaints"  # key -> what was wrong in the URL
_SEEN = "_address.seen"  # choice -> its text in the URL when last drawn
_UNBOUND = "_address.unbound"  # keys drawn unbound in the last run
_PAGE = "_address.page"
_PLACE = "_address.place"  # where complaints are drawn in this run
_KEYS = "_address.keys"  # every key drawn in this session by a page


def begin(page: str, place: Any, shared: Collection[str] = ()) -> None:
    """Start a run of the app on a page; `shared` are the keys drawn on every page.

    What the URL asks for and cannot be had is said in `place`, an empty element, as soon as it is known: a page may stop at any
    moment, and after `st.stop` nothing can be drawn.

    A link with settings says everything about its page: what was left there earlier is forgotten. Who comes back to a page
    by the menu, without settings, finds it as it was left.
    """
    state = st.session_state
    state[_DRAWN], state[_PLACE] = {links.MARK}, place
    followed = LINK in st.query_params
    if followed:
        del st.query_params[LINK]
        streamlit_private.count_as_navigation()
    if state.get(_PAGE) == page and not followed:
        _mark()
        _say()
        return
    if links.is_old(page, st.query_params):
        for key, text in links.renewed(page, st.query_params).items():
            write(key, text)
    if _PAGE in state:
        state[_UNBOUND] = set()
        state[_COMPLAINTS] = {}
        state[_SEEN] = {}
    state[_PAGE] = page
    if any(key not in shared for key in st.query_params):
        for key in state.get(_KEYS, set()) - set(shared):
            if key in state:
                del state[key]


def _mark() -> None:
    """Let the URL say that its settings, made here, are this version's."""
    if links.is_old(st.session_state[_PAGE], st.query_params):
        write(links.MARK, links.PER_MS)


def end() -> None:
    """Finish a run in which the page came to its end, so that every control it has was drawn: what else the URL sets is said."""
    _mark()
    complaints, drawn = st.session_state.get(_COMPLAINTS, {}), st.session_state[_DRAWN]
    unknown = [key for key in st.query_params if key not in drawn and key not in complaints]
    for key in [key for key in unknown if key in st.session_state.get(_KEYS, set())]:
        write(key, None)  # its control has just gone; its value stays in the session, for another view of the page
        st.session_state.get(_SEEN, {}).pop(key, None)
        unknown.remove(key)
    if unknown:
        names = ", ".join(f"`{url.safe(key)}`" for key in unknown[:5]) + (" and more" if len(unknown) > 5 else "")
        _say(f"The link sets {names}, which this page does not have as it stands now. It was ignored.")


def _say(last: str = "") -> None:
    """Draw all complaints in their place."""
    sentences = [*st.session_state.get(_COMPLAINTS, {}).values(), *([last] if last else [])]
    if sentences and _PLACE in st.session_state:
        st.session_state[_PLACE].warning("\n\n".join(sentences), icon=":material/link_off:")


def note(key: str) -> None:
    """Say that the page has drawn a control under this key; a key in the URL without one gets a message."""
    st.session_state.setdefault(_DRAWN, set()).add(key)
    st.session_state.setdefault(_KEYS, set()).add(key)


def write(key: str, text: str | None) -> None:
    """Set a key of the URL that is not bound, or remove it; a bound one is Streamlit's own affair."""
    try:
        if text is None:
            del st.query_params[key]
        elif st.query_params.get(key) != text:
            st.query_params[key] = text
    except (KeyError, StreamlitAPIException):
        pass


def complain(misread: url.Misread) -> None:
    """Keep a message about a control until it is moved or the page is left."""
    st.session_state.setdefault(_COMPLAINTS, {})[misread.key] = str(misread)
    _say()


def settle(key: str) -> None:
    """A control was moved by hand: nothing is wrong with it any more."""
    st.session_state.get(_COMPLAINTS, {}).pop(key, None)


# ---- controls that Streamlit binds to the URL ----------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Asked:
    """What the URL asks of one control: a value or None, and whether its text had to be put right in this run."""

    value: Any = None
    rewritten: bool = False


def asked(key: str, label: str, default: Any, read: Callable[[str], Any], exact: bool = False) -> Asked:
    """Read the value of a bound control from the URL before Streamlit does.

    A text that Streamlit would refuse or round is taken out of the URL, and the control is drawn unbound in this run at its
    default; the next run binds it again. The same way a text is put right where Streamlit finds only the `exact` spelling.

    Args:
        read: the value of a text; raises `url.Refused`.
    """
    note(key)
    unbound = st.session_state.setdefault(_UNBOUND, set())
    if key in unbound and key in st.session_state:
        # Moved while it was unbound: Streamlit has not written it to the URL.
        value = st.session_state[key]
        write(key, None if value == default else url.spell(value))
        unbound.discard(key)
        return Asked(value)
    texts = st.query_params.get_all(key)
    if not texts:
        return Asked()
    try:
        if len(texts) > 1:
            raise url.Refused("one value")
        value = read(texts[0])
    except url.Refused as refusal:
        complain(url.Misread(key, " and ".join(texts), refusal, url.spell(default), label))
        st.session_state[key] = default
        write(key, None)
        unbound.add(key)
        return Asked(rewritten=True)
    if exact and texts[0] != url.spell(value):
        st.session_state[key] = value
        write(key, url.spell(value))
        unbound.add(key)
        return Asked(value, rewritten=True)
    return Asked(value)


# ---- choices, which are written to the URL here: Streamlit would put the shown label there, and links would break with a word --


def choice(key: str, label: str, default: Any, read: Callable[[str], Any], shown: Callable[[Any], str]) -> None:
    """Let a choice's value in the session follow the URL where a link, a hand or the browser's history has set it.

    Args:
        read: the value of a text; raises `url.Refused`. shown: a value as the visitor sees it.
    """
    state = st.session_state
    note(key)
    seen = state.setdefault(_SEEN, {})
    text = st.query_params.get(key)
    if text == seen.get(key, ...):  # an empty text is a text: of several names, none
        return
    if text is None:
        if key in seen:  # else the visitor came back to the page without settings: it stays as it was left
            state[key] = default
        return
    try:
        state[key] = read(text)
        settle(key)
    except url.Refused as refusal:
        complain(url.Misread(key, text, refusal, shown(default), label))
        state[key] = default


def tell(key: str, text: str | None) -> None:
    """Let the URL say what a choice stands at, None being its default, and remember what it says."""
    if text is None:
        st.query_params.pop(key, None)
    elif st.query_params.get(key) != text:
        st.query_params[key] = text
    st.session_state[_SEEN][key] = text


# ---- whole values, whose controls are not Streamlit's ------------------------------------------------------------------------


class Settings:
    """The URL's settings; each key that is looked up counts as drawn."""

    def get(self, key: str) -> str | None:
        note(key)
        return st.query_params.get(key)


def recall(default: Any, key: str, tables: Sequence[url.Table] = ()) -> Any:
    """The value that the URL asks for under a key, `default` where it asks for nothing; see `url.read`.

    What is impossible gets one sentence on the page and its default.
    """
    value, misread = url.read(Settings(), key, default, tables=tables)
    for problem in misread:
        st.warning(str(problem), icon=":material/link_off:")
    return value


def remember(settings: Mapping[str, str], *prefixes: str) -> None:
    """Let the URL say just these settings under these prefixes."""
    for key in [k for k in st.query_params if k.startswith(prefixes) and k not in settings]:
        del st.query_params[key]
    for key, text in settings.items():
        note(key)
        if st.query_params.get(key) != text:
            st.query_params[key] = text
