// Draws a figure that Python sends, and updates it when Python sends the next: zoom and hidden curves stay, and nothing blinks.
// (st.plotly_chart removes the old picture and builds a new one.)

const CORNERS = {
  width: 24,
  height: 24,
  path: "M3 9V3h6v2H5v4zM15 3h6v6h-2V5h-4zM19 15h2v6h-6v-2h4zM3 15h2v4h4v2H3z",
};
const DOWN = { width: 24, height: 24, path: "M11 3h2v9h4l-5 6-5-6h4zM4 19h16v2H4z" };
const CONFIG = {
  displaylogo: false,
  displayModeBar: "hover",
  modeBarButtonsToRemove: ["lasso2d", "select2d", "autoScale2d", "sendChartToCloud"],
};

const BELOW = 14; // pixels that stay free below a picture that fills its window, unless the page's style says how many (--snn-below), or the arithmetic of a step needs more (--snn-why)
const LEAST = 230; // a lower window shows a picture of the usual height, a part of it at a time
const BESIDE = 320; // what a picture keeps above the arithmetic of a step
const MOST = 1.5; // times its usual height: a picture is not drawn out on a tall screen

const NOTE = "note"; // the name of annotations that are notes, as snnviz/figures/notes.py has it
const NARROW = 600, LOW = 340; // pixels
const LETTER = 7.3; // pixels a letter of a note
const MARGINS = 120; // pixels at both sides of a plot

const places = new WeakMap(); // root -> Place
const decoder = new TextDecoder();
let library;

export default function mount({ parentElement: root, data, setTriggerValue }) {
  const place = places.get(root) ?? new Place(root);
  places.set(root, place);
  return place.take(JSON.parse(decoder.decode(data)), setTriggerValue);
}

class Place {
  constructor(root) {
    this.root = root;
    this.turn = 0;
    this.element = document.createElement("div");
    this.element.className = "figure";
    this.element.setAttribute("role", "figure");
    this.words = document.createElement("ol");
    this.words.className = "figure-notes";
    this.element.addEventListener("click", (event) => this.click(event));
    root.append(this.element, this.words);
    this.resized = new ResizeObserver(() => this.fit());
    this.resized.observe(this.element);
    const page = this.element.closest("[data-testid=stMainBlockContainer]");
    if (page) this.resized.observe(page); // what is above the picture may grow
    this.window = () => this.fit();
    window.addEventListener("resize", this.window);
  }

  // Shows a figure. Returns a function that removes it; the function does nothing if a newer call has been made.
  take(sent, send) {
    const turn = ++this.turn;
    const { element } = this;
    this.sent = sent;
    this.send = send;
    if (element.firstChild instanceof Text) element.replaceChildren(); // removes the last error message
    element.classList.toggle("fills", Boolean(sent.fill));
    element.classList.toggle("picks", Boolean(sent.picks));
    element.style.height = `${this.height()}px`;
    element.setAttribute("aria-label", sent.layout.meta.alt);
    element.setAttribute("aria-busy", "true");
    this.draw(turn).catch((problem) => {
      if (turn !== this.turn) return;
      window.Plotly?.purge(element);
      element.textContent = `The figure could not be drawn (${problem.message}). Reload the page.`;
      element.setAttribute("aria-busy", "false");
    });
    return () => {
      if (turn !== this.turn) return;
      this.turn++;
      this.resized.disconnect();
      window.removeEventListener("resize", this.window);
      window.Plotly?.purge(element);
      element.remove();
      this.words.remove();
      places.delete(this.root);
    };
  }

  async draw(turn) {
    const { element, sent } = this;
    const plotly = await (library ??= load(sent.library));
    const show = async (data) => {
      const layout = this.noted(structuredClone(sent.layout)); // a copy, because Plotly changes its arguments
      if (turn === this.turn) await plotly.react(element, data, layout, (this.config ??= this.configure()));
    };
    const ends = sent.pace && sent.data.map(end); // only if `pace` is set: reading the ends of large figures takes time
    const middles = ends && ends.map((last, number) => (last + this.ends?.[number]) / 2); // NaN: no earlier figure
    if (ends && ends.some((last, number) => last > this.ends?.[number])) {
      await show(sent.data.map((trace, number) => upTo(middles[number], trace)));
      await new Promise((done) => setTimeout(done, 1000 * sent.pace));
    }
    await show(sent.data);
    if (turn !== this.turn) return;
    this.ends = ends;
    element.setAttribute("aria-busy", "false");
  }

  // A click in a panel says where it lies along x, if Python wants to know: on a phone too no point has to be met.
  click(event) {
    const panel = this.sent.picks && event.target.closest?.(".nsewdrag");
    if (!panel) return;
    const axis = this.element._fullLayout[panel.dataset.subplot.replace(/^x(\d*).*/, "xaxis$1")];
    this.send("picked", axis.p2d(event.clientX - this.element.getBoundingClientRect().left - axis._offset));
  }

  // In full-screen mode a figure has the height of the screen.
  size() {
    const whole = document.fullscreenElement === this.element;
    return { width: this.element.clientWidth || undefined, height: whole ? window.innerHeight : this.height() };
  }

  // The height that Python sent. A figure that is the picture of its page takes what the window has below the figure's top while
  // nothing is scrolled, if that is enough to read it: then the whole picture is seen at once.
  height() {
    const { fill, layout } = this.sent;
    if (!fill) return layout.height;
    let { top } = this.element.getBoundingClientRect();
    for (let outer = this.element; (outer = outer.parentElement); ) top += outer.scrollTop;
    const pixels = (name) => parseFloat(getComputedStyle(document.documentElement).getPropertyValue(name)) || 0;
    const below = Math.max(pixels("--snn-below") || BELOW, pixels("--snn-why"));
    const all = Math.floor(window.innerHeight - top - below), words = this.words.offsetHeight, room = all - words < LEAST ? all : all - words;
    if (pixels("--snn-why")) return Math.min(Math.max(room, BESIDE), MOST * layout.height);
    return room < LEAST ? layout.height : Math.min(room, MOST * layout.height);
  }

  // In a narrow figure notes would run off its edge, and in a low one they would hide the curves: a number stands in the place of each, and the words stand below the figure.
  noted(layout) {
    const notes = (layout.annotations ?? []).filter((note) => note.name === NOTE);
    this.words.replaceChildren();
    this.narrow = small(this.size());
    if (!this.narrow) for (const note of notes) within(layout, note, this.element.clientWidth);
    else for (const [number, note] of notes.entries()) {
      const line = document.createElement("li");
      line.textContent = note.text.replace(/<[^>]*>/g, "");
      this.words.append(line);
      note.text = `<b>${number + 1}</b>`;
    }
    Object.assign(layout, this.size());
    if (document.fullscreenElement !== this.element) this.element.style.height = `${layout.height}px`;
    return layout;
  }

  fit() {
    const { element } = this;
    const layout = element._fullLayout;
    if (!layout || !element.clientWidth) return; // not drawn yet, or in a closed tab
    const { width, height } = this.size();
    element.style.height = document.fullscreenElement === element ? "" : `${height}px`;
    if (small({ width, height }) !== this.narrow) return void this.draw(this.turn);
    if (width !== layout.width || height !== layout.height) window.Plotly.relayout(element, { width, height });
  }

  // Made once: if the configuration is another object, Plotly builds the whole figure again.
  configure() {
    const click = () => (document.fullscreenElement ? document.exitFullscreen() : this.element.requestFullscreen());
    const svg = () => window.Plotly.downloadImage(this.element, { ...this.size(), format: "svg", filename: this.sent.name });
    return {
      ...CONFIG,
      modeBarButtonsToAdd: [
        { name: "svg", title: "Download plot as SVG", icon: DOWN, click: svg },
        { name: "fullscreen", title: "Full screen", icon: CORNERS, click },
      ],
      toImageButtonOptions: { format: "png", scale: 2, filename: this.sent.name },
    };
  }
}

function small({ width, height }) {
  return width < NARROW || height < LOW;
}

// Moves a note that would run off the plot's edge back into it.
function within(layout, note, width) {
  const range = layout[note.axref.replace("x", "xaxis")]?.range;
  if (!range) return; // plotly will choose one, with room for the note
  const [low, high] = range;
  const half = (0.5 * LETTER * note.text.replace(/<[^>]*>/g, "").length) / (width - MARGINS);
  const share = (note.ax - low) / (high - low);
  if (half < 0.5) note.ax = low + Math.min(Math.max(share, half), 1 - half) * (high - low);
}

// The part of a curve up to `middle`, halfway between the end that is shown and the new end, so a figure that is sent once a
// second moves twice a second. The whole curve if no point lies beyond `middle`, or if x does not grow.
function upTo(middle, trace) {
  const x = values(trace.x);
  const count = middle ? x.findIndex((at) => at > middle) : -1;
  return count < 0 ? trace : { ...trace, x: x.slice(0, count), y: values(trace.y).slice(0, count) };
}

// The last x of a trace whose x only grows.
function end({ x }) {
  const at = values(x);
  return at?.length > 1 && at[0] < at[at.length - 1] ? at[at.length - 1] : undefined;
}

const TYPES = {
  f8: Float64Array, f4: Float32Array, i4: Int32Array, u4: Uint32Array,
  i2: Int16Array, u2: Uint16Array, i1: Int8Array, u1: Uint8Array,
};

// Unpacks an array of numbers from the form in which Python's Plotly sends it.
function values(packed) {
  if (!packed?.bdata) return packed;
  return new TYPES[packed.dtype](Uint8Array.from(atob(packed.bdata), (letter) => letter.charCodeAt(0)).buffer);
}

// Loads the Plotly that the Python package contains: the figures are tested with this version. The version is a part of the
// address, so a copy in the browser's cache is always the right one.
async function load(address) {
  if (window.Plotly) return window.Plotly;
  const answer = await fetch(address, { cache: "force-cache" });
  if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
  const script = document.createElement("script");
  script.src = URL.createObjectURL(await answer.blob());
  await new Promise((done, failed) => {
    script.onload = done;
    script.onerror = () => failed(new Error("its library did not load"));
    document.head.append(script);
  });
  URL.revokeObjectURL(script.src);
  return window.Plotly;
}
