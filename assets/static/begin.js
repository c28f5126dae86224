
// The program is packed, a third of its size. It runs as a script of this page, which the page's policy knows by its hash.
(async () => {
  try {
    const bytes = Uint8Array.from(atob(JSON.parse(document.getElementById("shipped").textContent).script), (c) => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    const program = Object.assign(document.createElement("script"), { type: "module", textContent: await new Response(stream).text() });
    document.body.append(program);
  } catch (problem) {
    const notice = document.getElementById("problems");
    notice.hidden = false;
    notice.textContent = `Nothing can run in this browser (${problem.message}). A browser of the last three years can.`;
  }
})();
