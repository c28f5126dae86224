"""What each page stands at, as its address says it; and what the visitor hears of settings that a link cannot have.

Every control has a key like `neuron.LIF.tau_mem`, which is also its name in the URL (spelt by `snnviz.ui.url`); what stands
at its default is left out. The session keeps these texts for each page apart, and the widget of a control under a key of its
page (`own`), so no page moves a control of another. The URL is read where the visitor came by one: at the first visit, by a
link, by the browser's history. A link says everything about its page, and what was left there earlier is forgotten. Whoever
comes back by the menu, without settings, finds the page as it was left. In every other run the URL follows the controls.
"""

import dataclasses
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import streamlit as st

from snnviz.ui import links, spelling, streamlit_private, url

LINK = "link"  # in the URL of a link to the page on which it stands, and of one to a page at its defaults
_VISIT = "_address.visit"  # where the session keeps all this


@dataclasses.dataclass
class _Standing:
    """What one page stands at, in this session."""

    texts: dict[str, str] = dataclasses.field(default_factory=dict)  # of every control that is not at its default, drawn or not
    unread: dict[str, list[str]] = dataclasses.field(default_factory=dict)  # what a link or a scope says, until a control reads it
    defaults: dict[str, Any] = dataclasses.field(default_factory=dict)  # of every control drawn since the last link
    beyond: dict[str, list[Any]] = dataclasses.field(default_factory=dict)  # values that a slider does not offer by itself
    shown: dict[str, str] = dataclasses.field(default_factory=dict)  # what the URL says
    arrived: dict[str, str] = dataclasses.field(default_factory=dict)  # what it stood at when the menu led back to it
    held: dict[str, Any] = dataclasses.field(default_factory=dict)  # what the visitor put aside on it, which no URL says

    def follow(self, texts: Mapping[str, list[str]]) -> None:
        """Stand at just what a link says."""
        for key in [*self.defaults, *texts]:
            st.session_state.pop(own(key), None)
        self.unread = {key: list(several) for key, several in texts.items()}
        self.texts = {key: several[-1] for key, several in texts.items()}
        self.defaults, self.beyond, self.shown, self.arrived, self.held = {}, {}, dict(self.texts), {}, {}


@dataclasses.dataclass
class _Visit:
    """A session's way through the app."""

    page: str | None = None
    shared: frozenset[str] = frozenset()
    pages: dict[str | None, _Standing] = dataclasses.field(default_factory=lambda: {None: _Standing()})  # None: shared controls
    drawn: set[str] = dataclasses.field(default_factory=set)  # keys drawn in this run
    complaints: dict[str, str] = dataclasses.field(default_factory=dict)  # key -> what was wrong in the URL
    place: Any = None  # where complaints are drawn in this run

    def of(self, key: str) -> _Standing:
        return self.pages[None if key in self.shared else self.page]


def _visit() -> _Visit:
    return st.session_state.setdefault(_VISIT, _Visit())


def begin(page: str, place: Any, shared: Collection[str] = ()) -> None:
    """Start a run of the app on a page; `shared` are the keys drawn on every page.

    What the URL asks for and cannot be had is said in `place`, an empty element, as soon as it is known: a page may stop at any
    moment, and after `st.stop` nothing can be drawn.
    """
    visit = _visit()
    visit.drawn, visit.shared, visit.place = set(), frozenset(shared), place
    parameters = {key: st.query_params.get_all(key) for key in st.query_params}
    link = parameters.pop(LINK, None) is not None
    moved, first, history = visit.page != page, visit.page is None, streamlit_private.is_history_navigation()
    visit.page = page
    standing = visit.pages.setdefault(page, _Standing())
    if moved or link or history:
        everywhere = {key: parameters.pop(key) for key in shared if key in parameters}
        if everywhere or (history and not moved):
            visit.pages[None].follow(everywhere)
        visit.complaints = {}
        if history and not moved and not parameters and not link:
            # The entry of the browser's history before the menu's page was brought back to where it had been left.
            parameters = {key: [text] for key, text in standing.arrived.items()}
        if parameters or link or first or not moved:
            standing.follow(_renewed(page, parameters))
        else:
            standing.arrived = standing.shown
    _publish()
    _say()


def _renewed(page: str, parameters: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """What a link says, as this version spells it."""
    settings = {key: several[-1] for key, several in parameters.items()}
    if links.is_old(page, settings):
        new = links.renewed(page, settings)
        parameters = {key: [text] if text != settings.get(key) else parameters[key] for key, text in new.items()}
    return {key: several for key, several in parameters.items() if key != links.MARK}


def _publish() -> None:
    """Let the URL say what the page stands at, and that these are this version's settings where 0.1.0 took them otherwise."""
    visit = _visit()
    says = visit.pages[None].shown | visit.pages[visit.page].shown
    if visit.page is not None and links.is_old(visit.page, says):
        says[links.MARK] = links.PER_MS
    if st.query_params.to_dict() != says:
        st.query_params.from_dict(says)


def end() -> None:
    """Finish a run in which the page came to its end, so that every control it has was drawn: what else the URL sets is said."""
    visit = _visit()
    for one in (visit.pages[None], visit.pages[visit.page]):
        # A control that has just gone keeps its value for another view of the page; only the URL does not say it now.
        one.shown = {key: text for key, text in one.texts.items() if key in visit.drawn or key not in one.defaults}
    _publish()
    unknown = [key for key in visit.pages[visit.page].shown if key not in visit.drawn]
    if unknown:
        names = ", ".join(f"`{spelling.safe(key)}`" for key in unknown[:5]) + (" and more" if len(unknown) > 5 else "")
        _say(f"The link sets {names}, which this page does not have as it stands now. It was ignored.")


def _say(last: str = "") -> None:
    """Draw all complaints in their place."""
    visit = _visit()
    sentences = [*visit.complaints.values(), *([last] if last else [])]
    if sentences and visit.place is not None:
        visit.place.warning("\n\n".join(sentences), icon=":material/link_off:")


def query() -> dict[str, str]:
    """What the URL of this page says where its controls stand now: for a link that changes one thing."""
    visit = _visit()
    standing = visit.pages[visit.page]
    return {key: text for key, text in standing.texts.items() if key in visit.drawn or key in standing.shown}


# ---- one control ---------------------------------------------------------------------------------------------------------


def own(key: str) -> str:
    """The key of a control's widget in the session: its page's own; a control that stands on every page keeps its name."""
    visit = _visit()
    return key if key in visit.shared else f"{visit.page}/{key}"


def stand(key: str, label: str, default: Any, read: Callable[[str], Any], shown: Callable[[Any], str] = spelling.spell) -> str:
    """Let a control stand where its page does, before it is drawn; return the key of its widget.

    A control that nobody moved follows its default. A text that stands for no possible value gets a message and the default:
    Streamlit alone would drop it silently, or round it.

    Args:
        read: the value of a text; raises `spelling.Refused`. shown: a value as the visitor sees it.
    """
    visit, state, widget = _visit(), st.session_state, own(key)
    standing = visit.of(key)
    visit.drawn.add(key)
    if (texts := standing.unread.pop(key, None)) is not None:
        try:
            if len(texts) > 1:
                raise spelling.Refused("one value")
            state[widget] = read(texts[0])
            visit.complaints.pop(key, None)
        except spelling.Refused as refusal:
            visit.complaints[key] = str(url.Misread(key, " and ".join(texts), refusal, shown(default), label))
            state[widget] = default
            _say()
    elif key in standing.texts:
        if widget not in state:  # the visitor comes back to the page, or to a view of it
            try:
                state[widget] = read(standing.texts[key])
            except spelling.Refused:  # what was chosen is not offered any more
                state[widget] = default
    elif widget not in state or (state[widget] == standing.defaults.get(key) != default):
        state[widget] = default
    standing.defaults[key] = default
    return widget


def tell(key: str, text: str | None) -> None:
    """Keep what a drawn control stands at, for the URL and for the next visit; None is its default."""
    standing = _visit().of(key)
    for texts in (standing.texts, standing.shown):
        if text is None:
            texts.pop(key, None)
        else:
            texts[key] = text
    _write(key, text)


def _write(key: str, text: str | None) -> None:
    """Set a key of the URL at once: a page that stops early has said what it stands at."""
    if text is None:
        st.query_params.pop(key, None)
    elif st.query_params.get(key) != text:
        st.query_params[key] = text


def settle(key: str) -> None:
    """A control was moved by hand: nothing is wrong with it any more."""
    _visit().complaints.pop(key, None)


def beyond(key: str) -> list[Any]:
    """The values of a control that its slider does not offer by itself, because a link asked for them; to be added to."""
    return _visit().of(key).beyond.setdefault(key, [])


def note(key: str, default: Any = None) -> None:
    """Say that the page has drawn something under this key; a key in the URL without that gets a message."""
    visit = _visit()
    visit.drawn.add(key)
    visit.of(key).defaults.setdefault(key, default)


# ---- what no URL says ----------------------------------------------------------------------------------------------------


def hold(key: str, value: Any) -> None:
    """Put a value aside on this page, None to let it go: it stays while the visitor is away, and goes with a link."""
    visit = _visit()
    visit.pages[visit.page].held[key] = value


def held(key: str) -> Any:
    """The value that was put aside on this page; None where there is none."""
    visit = _visit()
    return visit.pages[visit.page].held.get(key)


# ---- whole values, whose controls are not Streamlit's ------------------------------------------------------------------------


class Settings:
    """What the page stands at, by key; each key that is looked up counts as drawn."""

    def get(self, key: str) -> str | None:
        note(key)
        return _visit().of(key).texts.get(key)


def put(key: str, text: str | None) -> None:
    """Let a control stand at a text, or at its default, from outside: it reads that when it is next drawn."""
    standing = _visit().of(key)
    if text is None:
        standing.unread.pop(key, None)
        st.session_state.pop(own(key), None)
    elif standing.texts.get(key) != text or key in standing.unread:
        standing.unread[key] = [text]
    tell(key, text)


def recall(default: Any, key: str, tables: Sequence[url.Table] = ()) -> Any:
    """The value that the page stands at under a key, `default` where it says nothing; see `url.read`.

    What is impossible gets one sentence on the page and its default.
    """
    value, misread = url.read(Settings(), key, default, tables=tables)
    for problem in misread:
        st.warning(str(problem), icon=":material/link_off:")
    return value


def remember(settings: Mapping[str, str], *prefixes: str) -> None:
    """Let the page stand at just these settings under these prefixes."""
    visit = _visit()
    for key in [k for k in visit.pages[visit.page].texts if k.startswith(prefixes) and k not in settings]:
        put(key, None)
    for key, text in settings.items():
        note(key)
        put(key, text)
