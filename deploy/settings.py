"""What `deploy/up` is asked for, nginx's configuration made of it, and where the programs are."""

import dataclasses
import glob
import os
import re
import secrets
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from snnviz import places

HERE = Path(__file__).resolve().parent
USER = "snnviz"  # of the database, and its name
DOORS = ("database", "scheduler", "worker")  # the pieces with a port, besides the app's processes


class Trouble(Exception):
    """It does not work, said in one sentence."""


@dataclasses.dataclass(frozen=True)
class Settings:
    """What `up` was asked for and has drawn, kept in the folder. ports: of the pieces, by name."""

    host: str = "127.0.0.1"
    port: int = 8080
    path: str = "/snnviz/"
    processes: int = dataclasses.field(default_factory=lambda: os.cpu_count() or 1)
    name: str = ""
    ports: Mapping[str, int] = dataclasses.field(default_factory=dict)
    password: str = dataclasses.field(default_factory=lambda: secrets.token_urlsafe(24))
    cookie: str = dataclasses.field(default_factory=lambda: secrets.token_hex(32))

    def __post_init__(self) -> None:
        object.__setattr__(self, "path", f"/{self.path.strip('/')}/" if self.path.strip("/") else "/")
        if not re.fullmatch(r"[A-Za-z0-9_/-]+", self.path):
            raise Trouble(f"The path {self.path!r} may have letters, digits, _, - and / only.")
        if self.processes < 1:
            raise Trouble("At least one process of the app is needed.")

    @property
    def address(self) -> str:
        host = self.name or ("127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host)
        return f"http://{host}:{self.port}{self.path}"

    @property
    def apps(self) -> list[str]:
        return [f"app-{number}" for number in range(1, self.processes + 1)]


def nginx_conf(settings: Settings, folder: Path) -> str:
    """deploy/nginx.conf with these processes in it."""
    places_of = {name: f"127.0.0.1:{settings.ports[name]}" for name in settings.apps}
    server = "server {} max_fails=1 fail_timeout=2s;".format
    upstreams = []
    for name, place in places_of.items():
        others = "".join(f" server {other} max_fails=1 fail_timeout=2s backup;" for other in places_of.values() if other != place)
        upstreams.append(f"  upstream {name} {{ zone {name} 64k; {server(place)}{others} }}\n")
    path = settings.path
    redirects = [f"    location = {at} {{ return 302 {path}; }}\n" for at in dict.fromkeys(("/", path.rstrip("/"))) if path != "/"]
    text = (HERE / "nginx.conf").read_text(encoding="utf-8")
    for name, value in {
        "FOLDER": str(folder),
        "USER": "user www-data;" if os.getuid() == 0 else "",
        "PATH": path,
        "LISTEN": f"{settings.host}:{settings.port}",
        "SERVERS": " ".join(server(place) for place in places_of.values()),
        "UPSTREAMS": "".join(upstreams),
        "PROCESSES": " ".join(f"{number} {name};" for number, name in enumerate(places_of, 1)),
        "ANSWERED": " ".join(f'"~:{settings.ports[name]}$" {number};' for number, name in enumerate(places_of, 1)),
        "REDIRECT": "".join(redirects),
    }.items():
        text = text.replace(f"@{name}@", value)
    return text


def _program(name: str, places_of: Iterator[str], package: str) -> str:
    program = shutil.which(name) or next((place for place in places_of if os.access(place, os.X_OK)), None)
    if program is None:
        raise Trouble(f"{name} is not installed; on Debian: apt-get install {package}.")
    return program


def postgres(name: str) -> str:
    """A program of PostgreSQL's server, of the newest version that Debian has installed."""
    newest = sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{name}"), key=lambda p: -int(p.split("/")[4].split(".")[0]))
    return os.path.realpath(_program(name, iter(newest), "postgresql"))


def nginx() -> str:
    return _program("nginx", iter(("/usr/sbin/nginx", "/usr/local/sbin/nginx")), "nginx-light")


def default_folder() -> Path:
    """Where the pieces keep what they keep: of root where the database's user can get to it."""
    return Path("/var/lib/snnviz") if os.getuid() == 0 else places.home() / "deploy"
