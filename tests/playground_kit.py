"""The playground's engine where JavaScript runs: in node if there is one, else in Chromium. Not a word of it is written twice."""

import base64
import json
import pathlib
import shutil
import subprocess
from typing import Any

from snnviz import places
from snnviz.backends import browser
from snnviz.live import scripts

MODULES = ("data", "digits", "draws", "engine", "methods", "trainer", "run")

IN_NODE = """
import fs from "node:fs";
const [folder, wasm, code] = process.argv.slice(2), kit = {};
for (const name of %s) Object.assign(kit, await import(folder + name + ".js"));
kit.module = new WebAssembly.Module(fs.readFileSync(wasm));
const answer = await eval(code)(kit, JSON.parse(fs.readFileSync(0, "utf8")));
fs.writeSync(1, JSON.stringify(answer));
"""
IN_PAGE = """async ([texts, wasm, code, given]) => {
  const kit = {};
  for (const text of texts) Object.assign(kit, await import("data:text/javascript;base64," + text));
  kit.module = await WebAssembly.compile(Uint8Array.from(atob(wasm), (c) => c.charCodeAt(0)));
  return await eval(code)(kit, given);
}"""


class Kit:
    """`evaluate(code, given)`: the answer of a function (kit, given) in JavaScript, where kit has what the modules export."""

    def __init__(self, folder: pathlib.Path, chromium: Any):
        self.node, self.chromium, self.script = shutil.which("node"), chromium, folder / "kit.mjs"
        self.script.write_text(IN_NODE % json.dumps(MODULES), encoding="utf-8")
        self.page: Any = None

    def evaluate(self, code: str, given: Any) -> Any:
        if self.node:
            browser.module(browser.PLAYGROUND)
            modules = places.assets().absolute() / "playground"
            command = [self.node, str(self.script), f"{modules.as_uri()}/", str(browser.path(browser.PLAYGROUND)), code]
            done = subprocess.run(command, input=json.dumps(given), capture_output=True, text=True, check=False)
            assert not done.returncode, done.stderr
            return json.loads(done.stdout)
        self.page = self.page or self.chromium().new_page()
        texts = [base64.b64encode(scripts.bundle(f"playground/{name}.js").encode()).decode() for name in MODULES]
        wasm = base64.b64encode(browser.module(browser.PLAYGROUND)).decode()
        return self.page.evaluate(IN_PAGE, [texts, wasm, code, given])
