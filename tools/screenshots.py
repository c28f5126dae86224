"""Take pictures of every page, light and dark, on a desktop and on a phone: `python tools/screenshots.py [folder] [page ...]`."""

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from app import PAGES  # noqa: E402
from tests.app_server import DESKTOP, PHONE, Visit, browsing, find_chromium, running_app  # noqa: E402


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(tempfile.mkdtemp(prefix="snnviz-screens-"))
    folder.mkdir(parents=True, exist_ok=True)
    names = sys.argv[2:] or [e.file.removesuffix(".py") for e in PAGES]
    executable = find_chromium()
    if executable is None:
        sys.exit("No Chromium found; on Debian: apt-get install chromium.")
    with running_app() as url, browsing(executable) as context:
        for entry in PAGES:
            name = entry.file.removesuffix(".py")
            if name not in names:
                continue
            for dark in (False, True):
                for size in (DESKTOP, PHONE):
                    visit = Visit(context.new_page(), url).size(*size).dark(dark).open(entry.address)
                    path = folder / f"{name}-{'dark' if dark else 'light'}-{size[0]}.png"
                    visit.page.screenshot(path=path)
                    print(path, *visit.errors, sep="\n  ")
                    visit.page.close()


if __name__ == "__main__":
    main()
