// The arithmetic of a step: what Python has written as HTML, brought into sight when it opens. With the focus in it the arrow keys go
// to the step before and after, Esc closes it.

const KEYS = { ArrowLeft: -1, ArrowRight: 1 };
const places = new WeakMap(); // root -> { element, data, send }

export default function mount({ parentElement: root, data, setTriggerValue }) {
  const place = places.get(root) ?? open(root);
  places.set(root, place);
  Object.assign(place, { data, send: setTriggerValue });
  place.element.setAttribute("aria-label", data.label);
  place.element.innerHTML = data.html;
  return () => {
    if (place.data !== data) return; // a newer call has been made
    place.element.remove();
    places.delete(root);
  };
}

function open(root) {
  const element = document.createElement("div"), place = { element };
  element.className = "why";
  element.tabIndex = 0;
  element.setAttribute("role", "region");
  element.addEventListener("keydown", (event) => {
    const by = KEYS[event.key], to = place.data.step + by;
    if (event.ctrlKey || event.metaKey || event.altKey || !(by ? to >= 0 && to < place.data.count : event.key === "Escape")) return;
    event.preventDefault();
    event.stopPropagation();
    place.send("picked", by ? to : -1);
  });
  root.append(element);
  // The picture above it takes its new height first.
  requestAnimationFrame(() => requestAnimationFrame(() => {
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    element.scrollIntoView({ block: "nearest", behavior: still ? "instant" : "smooth" });
    const busy = document.activeElement;
    if (!busy || busy === document.body || busy.tagName === "CANVAS") element.focus({ preventScroll: true });
  }));
  return place;
}
