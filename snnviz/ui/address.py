"""The settings of each page, kept in the session and written into its URL; and the messages about settings that are not possible.

Every control has a key like `neuron.LIF.tau_mem`. The key is also its name in the URL, where `snnviz.ui.url` spells its value; a
control at its default is left out. The session keeps the settings of each page separately, and each widget under a key that
contains the name of its page (`own`), so that no page moves a control of another page.

The URL is read at the first visit, after a link, and after a step through the browser's history. A link gives all settings of its
page; earlier ones are forgotten. A visitor who comes back by the menu, whose URL has no settings, finds the page as they left it.
In every other run of the app the URL is written from the controls.
"""

import dataclasses
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import streamlit as st

from snnviz.ui import links, spelling, streamlit_private, url

LINK = "link"  # marks the URL of a link to the page that it is on, or to a page at its defaults
_VISIT = "_address.visit"  # the key of the `_Visit` in the session


@dataclasses.dataclass
class _Standing:
    """The settings of one page in this session, as texts by key."""

    texts: dict[str, str] = dataclasses.field(default_factory=dict)  # of every control that is not at its default
    unread: dict[str, list[str]] = dataclasses.field(default_factory=dict)  # set by a link or a scope, not read yet
    defaults: dict[str, Any] = dataclasses.field(default_factory=dict)  # of every control drawn since the last link
    beyond: dict[str, list[Any]] = dataclasses.field(default_factory=dict)  # values that a slider does not offer by itself
    shown: dict[str, str] = dataclasses.field(default_factory=dict)  # what the URL says
    arrived: dict[str, str] = dataclasses.field(default_factory=dict)  # the settings that the page had when the menu led to it
    held: dict[str, Any] = dataclasses.field(default_factory=dict)  # what the visitor put aside on it, which no URL says
    opened: bool = False  # whether a link or the page itself has said what it opens with
    layout: Any = None  # where its controls stood when it was last drawn

    def spelt(self, key: str) -> str | None:
        """The text of a control that was drawn, of its default where it stands there; None where it was not drawn yet."""
        if key in self.texts or key not in self.defaults:
            return self.texts.get(key)
        default = self.defaults[key]
        return spelling.spell_names(default) if isinstance(default, list) else spelling.spell(default)

    def follow(self, texts: Mapping[str, list[str]]) -> None:
        """Take the settings of a link, and no others."""
        for key in [*self.defaults, *texts]:
            st.session_state.pop(own(key), None)
        self.unread = {key: list(several) for key, several in texts.items()}
        self.texts = {key: several[-1] for key, several in texts.items()}
        self.defaults, self.beyond, self.shown, self.arrived, self.held = {}, {}, dict(self.texts), {}, {}


@dataclasses.dataclass
class _Visit:
    """What a session keeps: the page that is shown, the settings of all pages, the messages."""

    page: str | None = None
    shared: frozenset[str] = frozenset()
    pages: dict[str | None, _Standing] = dataclasses.field(default_factory=lambda: {None: _Standing()})  # None: shared controls
    drawn: set[str] = dataclasses.field(default_factory=set)  # keys drawn in this run
    complaints: dict[str, str] = dataclasses.field(default_factory=dict)  # key -> what was wrong in the URL
    place: Any = None  # where complaints are drawn in this run
    afresh: bool = False  # whether controls stand elsewhere in this run than in the one before

    def of(self, key: str) -> _Standing:
        return self.pages[None if key in self.shared else self.page]


def _visit() -> _Visit:
    return st.session_state.setdefault(_VISIT, _Visit())


def begin(page: str, place: Any, shared: Collection[str] = (), carried: Collection[str] = ()) -> None:
    """Start a run of the app on a page; `shared` are the keys drawn on every page, `carried` those that a link from the page to
    itself leaves as they are.

    A setting of the URL that is not possible gets a message in `place`, an empty element, as soon as a control has read it: a page
    may stop at any moment, and after `st.stop` nothing can be drawn.
    """
    visit = _visit()
    visit.drawn, visit.shared, visit.place, visit.afresh = set(), frozenset(shared), place, False
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
            # This entry of the history was made when the menu led to the page: its URL had no settings, and the page kept its own.
            parameters = {key: [text] for key, text in standing.arrived.items()}
        if link and not moved and not history:
            parameters = {key: [standing.texts[key]] for key in carried if key in standing.texts} | parameters
        if parameters or link or first or not moved:
            standing.follow(_renewed(page, parameters))
            standing.opened = standing.opened or bool(parameters) or link
        else:
            standing.arrived = standing.shown
    _publish()
    _say()


def opens_with(settings: Mapping[str, str]) -> None:
    """Let this page open with these settings where no link says others; called before its first control is drawn.

    Its controls keep their defaults, so that a link means what it meant. A visitor who comes back finds the page as they left it.
    """
    visit = _visit()
    standing = visit.pages[visit.page]
    if not standing.opened and not standing.texts:
        standing.follow({key: [text] for key, text in settings.items()})
        standing.arrived = dict(settings)  # a step back in the history to the address without settings
        _publish()
    standing.opened = True


def _renewed(page: str, parameters: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """The settings of a link, those of version 0.1.0 in this version's spelling."""
    settings = {key: several[-1] for key, several in parameters.items()}
    if links.is_old(page, settings):
        new = links.renewed(page, settings)
        parameters = {key: [text] if text != settings.get(key) else parameters[key] for key, text in new.items()}
    return {key: several for key, several in parameters.items() if key != links.MARK}


def _publish() -> None:
    """Write the page's settings into the URL, with a mark of this version where version 0.1.0 would read them differently."""
    visit = _visit()
    says = visit.pages[None].shown | visit.pages[visit.page].shown
    if visit.page is not None and links.is_old(visit.page, says):
        says[links.MARK] = links.PER_MS
    if st.query_params.to_dict() != says:
        st.query_params.from_dict(says)


def end() -> None:
    """Finish a run in which the page has drawn all its controls. Settings in the URL that belong to none of them get a message."""
    visit = _visit()
    for one in (visit.pages[None], visit.pages[visit.page]):
        # A control that another view of the page does not draw keeps its value, and the URL leaves it out.
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


def link_to(settings: Mapping[str, str]) -> dict[str, str]:
    """The query of a link, made by this version, that says everything about its page."""
    return dict(settings) | {LINK: "1", links.MARK: links.PER_MS}


def holds(settings: Mapping[str, str]) -> bool:
    """Whether the page stands at these settings. A control at its default holds what its default is spelt as, once it was drawn."""
    standing = _visit().pages[_visit().page]
    return all(standing.spelt(key) == text for key, text in settings.items())


def follow(settings: Mapping[str, str]) -> None:
    """Give the page these settings and no others, as a link does, before any of its controls is drawn."""
    visit = _visit()
    visit.complaints = {}
    visit.pages[visit.page].follow(_renewed(visit.page or "", {key: [text] for key, text in settings.items()}))


def query() -> dict[str, str]:
    """The settings of this page as the URL has them: for a link that changes one of them."""
    visit = _visit()
    standing = visit.pages[visit.page]
    return {key: text for key, text in standing.texts.items() if key in visit.drawn or key in standing.shown}


# ---- one control ---------------------------------------------------------------------------------------------------------


def own(key: str) -> str:
    """The key of a control's widget in the session: it contains the page, unless the control is drawn on every page."""
    visit = _visit()
    return key if key in visit.shared else f"{visit.page}/{key}"


def stand(key: str, label: str, default: Any, read: Callable[[str], Any], shown: Callable[[Any], str] = spelling.spell) -> str:
    """Set a control to its page's setting before it is drawn; return the key of its widget.

    A control that nobody has moved follows its default. Where a text stands for no possible value, the visitor reads a message and
    the control takes its default: Streamlit alone would drop the text silently, or round it.

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
    if visit.afresh:
        state[widget] = state[widget]  # whoever sets a value sends it
    return widget


def lay_out(layout: Any) -> None:
    """Say how the controls drawn from here on are laid out. Where that is otherwise than in the run before, each sends its value to
    the browser again: one in a popover that nobody has opened has not got it yet, and would stand at its least."""
    visit = _visit()
    standing = visit.pages[visit.page]
    visit.afresh = standing.layout not in (None, layout)
    standing.layout = layout


def tell(key: str, text: str | None) -> None:
    """Keep the text of a control that was drawn, for the URL and for the next visit; None: it is at its default."""
    standing = _visit().of(key)
    for texts in (standing.texts, standing.shown):
        if text is None:
            texts.pop(key, None)
        else:
            texts[key] = text
    _write(key, text)


def _write(key: str, text: str | None) -> None:
    """Set a key of the URL at once, so that the URL of a page that stops early has it too."""
    if text is None:
        st.query_params.pop(key, None)
    elif st.query_params.get(key) != text:
        st.query_params[key] = text


def settle(key: str) -> None:
    """Remove the message about a control, because the visitor has moved it."""
    _visit().complaints.pop(key, None)


def beyond(key: str) -> list[Any]:
    """The values that a link has set and that the control's slider does not offer by itself. Callers add to this set."""
    return _visit().of(key).beyond.setdefault(key, [])


def note(key: str, default: Any = None) -> None:
    """Count a key as drawn. A key in the URL that the page never draws gets a message."""
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


# ---- whole values, with controls that are not Streamlit's ------------------------------------------------------------------------


class Settings:
    """The settings of the page, by key; each key that is looked up counts as drawn."""

    def get(self, key: str) -> str | None:
        """The text of a key; None where it stands at its default."""
        note(key)
        return _visit().of(key).texts.get(key)


def put(key: str, text: str | None) -> None:
    """Set a control to a text, or to its default (None), from code: the control reads it when it is next drawn."""
    standing = _visit().of(key)
    if text is None:
        standing.unread.pop(key, None)
        st.session_state.pop(own(key), None)
    elif standing.texts.get(key) != text or key in standing.unread:
        standing.unread[key] = [text]
    tell(key, text)


def recall(default: Any, key: str, tables: Sequence[url.Table] = ()) -> Any:
    """The value of the page's settings under a key, `default` where there are none; see `url.read`.

    A setting that is not possible gets one sentence on the page, which stays until the visitor sets one, and its default.
    """
    value, misread = url.read(Settings(), key, default, tables=tables)
    if misread:
        _visit().complaints |= {problem.key: str(problem) for problem in misread}
        _say()
    return value


def remember(settings: Mapping[str, str], *prefixes: str) -> None:
    """Replace all settings of the page under these prefixes by these."""
    visit = _visit()
    for key in [k for k in visit.pages[visit.page].texts if k.startswith(prefixes) and k not in settings]:
        put(key, None)
    if any(visit.of(key).texts.get(key) != text for key, text in settings.items()):  # the visitor has set something
        visit.complaints = {key: sentence for key, sentence in visit.complaints.items() if not key.startswith(prefixes)}
    for key, text in settings.items():
        note(key)
        put(key, text)
