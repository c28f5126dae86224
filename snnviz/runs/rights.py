"""Whose runs and uploads are whose: a visitor sees and changes their own, sees what others share, and changes nothing of it.

Who runs the server has its key, and may see and change everything. A run that the command line has made belongs to them.
"""

import contextlib
import dataclasses
import hashlib
import hmac
import os
import secrets
import uuid
from pathlib import Path
from typing import Any

from snnviz import places
from snnviz.runs.values import Access, Run

KEY = "SNNVIZ_KEY"


class Forbidden(ValueError):
    """A run or a recording is somebody else's, said in one sentence."""


NOT_SHARED = "This run is not shared: ask who started it to switch Shared on, on the page Runs."


@dataclasses.dataclass(frozen=True)
class Visitor:
    """Somebody who looks at pages. id: the same for a browser, never ""; key: they run the server, or have shown its key."""

    id: str
    key: bool = False

    def may_change(self, run: Run | Access) -> bool:
        """Whether this visitor may pause, stop, share or delete a run: their own, or any with the server's key."""
        return self.key or run.owner == self.id

    def may_see(self, access: Access, all_shared: bool) -> bool:
        """all_shared: the rule of the store."""
        return all_shared or access.shared or self.may_change(access)

    def require(self, run: Run) -> None:
        """Raise Forbidden unless this visitor may stop, continue, share or delete the run."""
        if not self.may_change(run):
            raise Forbidden(
                f"The run {run.title or run.id} is somebody else's: only who started it, or who has the server's key, may stop, "
                "continue, share or delete it."
            )


def check_uploads(run: Run) -> None:
    """Raise Forbidden if a run would read recordings that another visitor than its owner has uploaded."""
    uploads = (places.home() / "uploads").resolve()
    for training in run.trainings:
        folder = getattr(training.dataset, "folder", "")
        place = Path(folder).expanduser().resolve() if folder else None
        if (
            place is not None
            and (place == uploads or place.is_relative_to(uploads))
            and (place == uploads or place.relative_to(uploads).parts[0] != run.owner)
        ):
            raise Forbidden("These are recordings that another visitor has uploaded: ask for the files, and upload them yourself.")


def secret() -> bytes:
    """What signs the links of this server, the same for all its processes and after a restart: made once, in `places.home()`."""
    path = places.home() / "secret"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f"secret-{uuid.uuid4().hex}")
        try:
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(secrets.token_hex(32))
            with contextlib.suppress(FileExistsError):
                os.link(fresh, path)  # the first of several processes makes it
        finally:
            fresh.unlink(missing_ok=True)
    return path.read_bytes()


def server_key() -> str:
    """The key that may change everybody's runs: SNNVIZ_KEY, else one that follows from `secret`."""
    return os.environ.get(KEY) or hmac.new(secret(), b"key", hashlib.sha256).hexdigest()[:32]


def is_key(text: str) -> bool:
    """Whether a text is the server's key; the comparison takes the same time for every text, so that none can be guessed by it."""
    return hmac.compare_digest(text.encode(), server_key().encode())


def _signer() -> Any:
    from itsdangerous import Signer

    return Signer(secret(), salt="snnviz-visitor", digest_method=hashlib.sha256)


def signed(visitor: str) -> str:
    """A visitor's id as a link carries it to another machine; nobody else can make one."""
    return _signer().sign(visitor).decode()


def unsigned(text: str) -> str | None:
    """The id that `signed` signed; None if the signature is another."""
    from itsdangerous import BadSignature

    try:
        return _signer().unsign(text).decode()
    except BadSignature:
        return None
