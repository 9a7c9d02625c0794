"""What a service cannot do without its user's consent, told when it is installed."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import TYPE_CHECKING

from curatord.daemon.reach import SETTINGS, executable, is_protected
from curatord.service.manager import LAUNCHD

if TYPE_CHECKING:
    from collections.abc import Sequence

_LINGERING = Path("/var/lib/systemd/linger")  # loginctl(1) keeps a file for each user there


def advice(manager: str, roots: Sequence[Path], lingering: Path = _LINGERING) -> list[str]:
    """Return what the user may want to allow, a sentence each."""
    if manager == LAUNCHD:
        closed = [str(root) for root in roots if is_protected(root.resolve(), Path.home())]
        if not closed:
            return []
        mend = f"give Full Disk Access to {executable()} in {SETTINGS}, and run `curatord restart`."
        return [f"macOS protects {', '.join(closed)}: if curatord may not read it, {mend}"]
    if (lingering / getpass.getuser()).exists():
        return []
    return ["It runs while you are logged in; `loginctl enable-linger` keeps it running when you are not."]
