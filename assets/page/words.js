// Words of the field in the app's own sentences have a dotted line under them. What the glossary says of one appears under the
// pointer, where the keyboard is, and after a tap; Esc takes it away.
//
// A page's sentences belong to React, which goes on holding its text nodes. So a text node stays where it is and keeps the part
// before the first word; the rest stands behind it in nodes of ours. Where React writes into it, ours go at once.

const SENTENCES = "[data-testid=stMain] :is(:is([data-testid=stMarkdownContainer], [data-testid=stCaptionContainer], .figure-notes) :is(p, li), .snn-class .sentence)";
const NEVER = "a, button, label, summary, code, pre, table, .katex, dfn, [data-testid=stIconMaterial], :is(.st-key-run-name, [class*=st-key-card-], [class*=st-key-step-], [class*=st-key-lesson-card-])"; // a card is a link as a whole, a run's name its owner's
const WAIT = 150; // milliseconds: between two looks at the page, and for the way from a word to what is said of it
const SAYS = "snn-says"; // the id of what is said

// words: [name, symbol, what it says, forms, everyday phrases in which it is none] each.
export function explain(words) {
  const sentences = new Sentences(words), said = new Said(sentences.words);
  new MutationObserver((changes) => sentences.changed(changes)).observe(document.body, { childList: true, subtree: true, characterData: true });
  sentences.look();
  said.listen();
}

class Sentences {
  constructor(words) {
    this.words = new Map(words.map(([name, symbol, says]) => [name, { name, symbol, says }]));
    this.names = new Map();
    for (const [name, , , forms, phrases] of words) {
      for (const phrase of phrases) this.names.set(phrase.toLowerCase(), null);
      for (const form of forms) this.names.set(form.toLowerCase(), name);
    }
    // Streamlit drops a script that has a "<" right before a letter or an exclamation mark.
    const alternatives = [...this.names.keys()].sort((a, b) => b.length - a.length).map((form) => form.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    this.pattern = new RegExp(`(?\u003c![\\p{L}\\p{N}_])(?:${alternatives.join("|")})(?![\\p{L}\\p{N}_])`, "giu");
    this.marked = new WeakMap(); // sentence -> its text, and what was cut: { text, whole, first, ours }
    this.timer = 0;
  }

  // In a sentence that is marked, what React changes is set right before anybody sees it; new sentences are looked for a little later.
  changed(changes) {
    for (const { target } of changes) {
      const sentence = (target.nodeType === Node.TEXT_NODE ? target.parentElement : target)?.closest(SENTENCES);
      if (sentence && this.marked.has(sentence) && this.marked.get(sentence).text !== sentence.textContent) this.mark(sentence);
    }
    this.timer ||= setTimeout(() => this.look(), WAIT);
  }

  look() {
    this.timer = 0;
    for (const sentence of document.querySelectorAll(SENTENCES)) {
      if (this.marked.get(sentence)?.text === sentence.textContent) continue;
      if (!sentence.closest(NEVER) && !sentence.querySelector("p, li")) this.mark(sentence);
    }
  }

  mark(sentence) {
    for (const { node, whole, first, ours } of this.marked.get(sentence)?.cuts ?? []) {
      if (node.isConnected && node.nodeValue === first) node.nodeValue = whole;
      for (const one of ours) one.remove();
    }
    const cuts = [], seen = new Set();
    const walker = document.createTreeWalker(sentence, NodeFilter.SHOW_TEXT, (node) =>
      node.parentElement.closest(NEVER) ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT);
    const nodes = [];
    while (walker.nextNode()) nodes.push(walker.currentNode);
    for (const node of nodes) this.cut(node, cuts, seen);
    this.marked.set(sentence, { text: sentence.textContent, cuts });
  }

  // The first time that a sentence says a word it is marked.
  cut(node, cuts, seen) {
    const whole = node.nodeValue, parts = [];
    let from = 0;
    for (const match of whole.matchAll(this.pattern)) {
      const name = this.names.get(match[0].toLowerCase());
      if (!name || seen.has(name)) continue;
      seen.add(name);
      const word = document.createElement("dfn");
      word.textContent = match[0];
      word.tabIndex = 0;
      word.dataset.word = name;
      parts.push(whole.slice(from, match.index), word);
      from = match.index + match[0].length;
    }
    if (!parts.length) return;
    const [first, ...rest] = parts, ours = [...rest, whole.slice(from)].filter((part) => part !== "").map((part) => (part.nodeType ? part : document.createTextNode(part)));
    node.nodeValue = first;
    node.after(...ours);
    cuts.push({ node, whole, first, ours });
  }
}

// What is said of one word at a time.
class Said {
  constructor(words) {
    this.words = words;
    this.element = document.createElement("div");
    this.element.id = SAYS;
    this.element.setAttribute("role", "tooltip");
    this.element.hidden = true;
    this.word = null;
    this.timer = 0;
    document.body.append(this.element);
  }

  listen() {
    const word = (target) => target instanceof Element && target.closest("dfn[data-word]");
    const over = ({ target }) => {
      const at = word(target);
      if (at) this.show(at);
      else if (this.word && this.element.contains(target)) clearTimeout(this.timer);
    };
    const out = ({ target, relatedTarget }) => {
      if (this.word && (word(target) || this.element.contains(target)) && !this.element.contains(relatedTarget)) this.leave();
    };
    document.addEventListener("pointerover", over);
    document.addEventListener("pointerout", out);
    document.addEventListener("focusin", over);
    document.addEventListener("focusout", out);
    document.addEventListener("click", over);
    document.addEventListener("scroll", () => this.hide(), { capture: true, passive: true });
    document.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !this.word) return;
      event.preventDefault();
      this.hide();
    }, { capture: true });
  }

  show(at) {
    clearTimeout(this.timer);
    if (this.word === at) return;
    this.hide();
    this.word = at;
    const { name, symbol, says } = this.words.get(at.dataset.word), head = document.createElement("b"), { element } = this;
    head.textContent = symbol ? `${name}, ${symbol}` : name;
    element.replaceChildren(head, document.createElement("br"), says);
    const app = getComputedStyle(document.querySelector(".stApp"));
    Object.assign(element.style, { colorScheme: app.colorScheme, fontFamily: app.fontFamily });
    element.hidden = false;
    const word = at.getClientRects()[0], own = element.getBoundingClientRect(), below = word.bottom + 6;
    element.style.left = `${Math.max(8, Math.min(word.left - 8, innerWidth - own.width - 8))}px`;
    element.style.top = `${below + own.height < innerHeight || word.top < own.height + 8 ? below : word.top - own.height - 6}px`;
    at.setAttribute("aria-describedby", SAYS);
  }

  leave() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.hide(), WAIT);
  }

  hide() {
    clearTimeout(this.timer);
    this.word?.removeAttribute("aria-describedby");
    this.word = null;
    this.element.hidden = true;
  }
}
