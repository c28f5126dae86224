// What the app's frame does in the browser: the menu closes on a phone after a tap, the theme can be switched, and words of the
// field are explained where they stand. Python puts the glossary into `window.snnvizWords` first.

import { explain } from "./words.js";

if (!window.snnvizShell) {
  window.snnvizShell = true;
  explain(window.snnvizWords);
  document.addEventListener("click", ({ target }) => {
    if (!(target instanceof Element)) return;
    if (target.closest("[data-testid=stSidebarNavLink]") && matchMedia("(max-width: 767px)").matches) {
      setTimeout(() => document.querySelector("[data-testid=stSidebarCollapseButton] button")?.click());
    }
    if (target.closest(".theme-switch")) switchTheme();
  });
}

// Streamlit keeps its theme by path, and reads it when a page loads; everything that a page shows is in its address.
function switchTheme() {
  const next = getComputedStyle(document.querySelector(".stApp")).colorScheme.includes("dark") ? "Light" : "Dark";
  const links = [...document.querySelectorAll("[data-testid=stSidebarNavLink]")].map((link) => new URL(link.href).pathname);
  for (const path of [location.pathname, ...links]) localStorage.setItem(`stActiveTheme-${path}-v2`, JSON.stringify(next));
  location.reload();
}
