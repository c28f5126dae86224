"""Write assets/playground/facts.js anew from Python's declarations: python tools/facts.py"""

from snnviz import places
from snnviz.live import played

if __name__ == "__main__":
    file = places.assets() / "playground" / "facts.js"
    file.write_text(played.script(), encoding="utf-8")
    print(f"{file}: {file.stat().st_size} bytes")
