// Keys for the choices of a lesson, and how far a visitor has come, in the browser's storage. What is there goes to the server once
// a session; then the server's word is written down.
const KEY = "snnviz-lessons", writing = new WeakSet();

const read = () => {
  try {
    return JSON.parse(localStorage.getItem(KEY));
  } catch {
    return null;
  }
};

const press = (event) => {
  const typing = event.target.closest?.("input:not([type=range], [type=checkbox], [type=radio]), textarea, [contenteditable=true]");
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || typing) return;
  if (/^[a-h]$/i.test(event.key)) document.querySelector(`.st-key-lesson-choice-${event.key.toLowerCase()} button`)?.click();
};

export default ({ parentElement: root, data, setStateValue }) => {
  document.addEventListener("keydown", press); // the same function is added once
  const past = data.heard || writing.has(root) ? null : read();
  if (past) {
    // Not while the page is being drawn: a run that is cut short leaves controls that show their defaults.
    const send = () => {
      const app = document.querySelector('[data-testid="stApp"]');
      if (app?.getAttribute("data-test-script-state") === "running") setTimeout(send, 100);
      else setStateValue("kept", past);
    };
    send();
    return;
  }
  writing.add(root);
  try {
    localStorage.setItem(KEY, data.write);
  } catch {
    // a browser that keeps nothing
  }
};
