"""curatord as a LaunchAgent of macOS: launchd.plist(5), launchctl(1)."""

from __future__ import annotations

import os
import plistlib
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.parsers.expat import ExpatError

from curatord.errors import BusyError, ConfigurationError, CuratordError, NotRunningError
from curatord.resources import resource
from curatord.service.launchctl import DISABLED, IN_PROGRESS, INPUT_OUTPUT, NOT_LOADED, PASSING, SystemLaunchctl
from curatord.service.manager import LAUNCHD
from curatord.service.plan import CONFIG, LOG
from curatord.store.atomic import write_file

if TYPE_CHECKING:
    from collections.abc import Callable

    from curatord.service.launchctl import Launchctl
    from curatord.service.plan import Plan
    from curatord.service.tool import Answer

LABEL = "dev.curatord.daemon"
TEMPLATE = f"launchd/{LABEL}.plist"
MODE = 0o644  # launchd takes no file that others may write; whatever the umask is
POLL_SECONDS = 0.25
SECONDS_TO_GO = 40.0  # ExitTimeOut and a margin
SECONDS_BETWEEN_TRIES = (0.5, 1.0, 2.0, 4.0, 8.0)
_LAST_LINES = 5

# Lines of `launchctl print` that tell a person something.
_TELLING = ("state =", "last exit", "last terminating", "runs =", "spawn failed")


def render(plan: Plan) -> bytes:
    """Return the property list for a plan; raises ConfigurationError where a path cannot stand in one."""
    template = plistlib.loads(resource(TEMPLATE).read_bytes())
    filled = _filled(template, {"@PYTHON@": str(plan.python), "@LOG@": str(plan.logs / LOG)})
    filled["EnvironmentVariables"] |= plan.environment()
    try:
        return plistlib.dumps(filled, sort_keys=False)
    except (ValueError, UnicodeEncodeError) as error:
        raise ConfigurationError(
            f"A path cannot stand in a property list: {error}.", hint="Rename the directory."
        ) from error


class LaunchAgent:
    """The `Manager` of macOS: an agent in the login session of this user."""

    name = LAUNCHD

    def __init__(self, launchctl: Launchctl | None = None, sleep: Callable[[float], None] = time.sleep) -> None:
        """Speak to launchd by this launchctl, or the machine's."""
        self._launchctl = launchctl or SystemLaunchctl()
        self._sleep = sleep
        self._domain = f"gui/{os.getuid()}"
        self._service = f"{self._domain}/{LABEL}"

    @property
    def file(self) -> Path:
        """The property list: named after its label, where launchd looks at login."""
        return Path.home() / "Library/LaunchAgents" / f"{LABEL}.plist"

    def text(self, plan: Plan) -> str:
        """Return the property list for a plan."""
        return render(plan).decode()

    def config_file(self) -> Path | None:
        """Return the configuration of the installed agent; None where there is none, or not one of ours."""
        try:
            return Path(self._read()["EnvironmentVariables"][CONFIG])
        except (KeyError, TypeError):
            return None

    def is_active(self) -> bool:
        """Tell whether launchd knows the agent: then it runs, or will again should it have crashed."""
        return self._launchctl.print(self._service).code == 0

    def install(self, plan: Plan) -> None:
        """Write the property list and load it anew."""
        content = render(plan)
        self.file.parent.mkdir(parents=True, exist_ok=True)
        plan.logs.mkdir(parents=True, exist_ok=True, mode=0o700)  # else launchd would make it, readable by all
        write_file(self.file, content, mode=MODE)
        self.file.chmod(MODE)
        self._require_session()
        self._unload()
        self._load()

    def start(self) -> None:
        """Load the agent, or run it where it is loaded and has ended by itself."""
        self._require_session()
        if not self.is_active():
            self._load()
            return
        answer = self._launchctl.kickstart(self._service)
        if answer.code and answer.code not in PASSING:
            raise _refused("kickstart", answer)

    def stop(self) -> None:
        """Unload the agent: so it stays down even where it was about to be started again."""
        self._unload()

    def restart(self) -> None:
        """Unload the agent and load it as its file is now."""
        self._require_session()
        self._unload()
        self._load()

    def uninstall(self) -> None:
        """Unload the agent and remove its file."""
        self._unload()
        self.file.unlink(missing_ok=True)

    def excuse(self) -> list[str]:
        """Return what the daemon said last where it could not log, and what launchd remembers of it."""
        log = self._log()
        said = log.read_text(encoding="utf-8", errors="replace").splitlines() if log and log.exists() else []
        remembered = [line.strip() for line in self._launchctl.print(self._service).text.splitlines()]
        return said[-_LAST_LINES:] + [f"launchd: {line}" for line in remembered if line.startswith(_TELLING)]

    def _require_session(self) -> None:
        if self._launchctl.print(self._domain).code:
            raise NotRunningError(
                "You are not logged in at the screen of this Mac, so that there is no session to start curatord in.",
                hint="It starts when you log in; or run `curatord start` then.",
            )

    def _load(self) -> None:
        """Load the file. For a moment after an unload launchd refuses, with a code that may mean many things."""
        self._put_log_aside()
        self._expect("enable", self._launchctl.enable(self._service))
        answer = self._launchctl.bootstrap(self._domain, self.file)
        for seconds in SECONDS_BETWEEN_TRIES:
            if answer.code not in PASSING:
                break
            self._sleep(seconds)
            self._unload()
            answer = self._launchctl.bootstrap(self._domain, self.file)
        self._expect("bootstrap", answer)

    def _read(self) -> dict[str, Any]:
        try:
            found = plistlib.loads(self.file.read_bytes())
        except (OSError, ExpatError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def _log(self) -> Path | None:
        named = self._read().get("StandardErrorPath")
        return Path(named) if isinstance(named, str) else None

    def _put_log_aside(self) -> None:
        """Begin a new file for what the daemon says on standard error, while nobody writes it: launchd never would."""
        log = self._log()
        if log is not None and log.exists():
            log.replace(log.with_name(f"{log.name}.1"))

    def _unload(self) -> None:
        """Have launchd stop and forget the agent, and wait until it has: `bootout` returns before that."""
        answer = self._launchctl.bootout(self._service)
        if answer.code in NOT_LOADED:
            return
        if answer.code not in (0, IN_PROGRESS):
            raise _refused("bootout", answer)
        waited = 0.0
        while self.is_active():
            if waited > SECONDS_TO_GO:
                raise BusyError("launchd has not let go of curatord yet.", hint="Try again in a minute.")
            self._sleep(POLL_SECONDS)
            waited += POLL_SECONDS

    def _expect(self, verb: str, answer: Answer) -> None:
        if answer.code:
            raise _refused(verb, answer)


def _refused(verb: str, answer: Answer) -> CuratordError:
    said = " ".join(answer.text.split()) or f"exit code {answer.code}"
    hint = f"`launchctl error {answer.code}` may say more."
    if answer.code in (INPUT_OUTPUT, DISABLED):
        hint = "Is curatord switched off in System Settings > General > Login Items & Extensions?"
    return CuratordError(f"launchctl {verb} failed: {said}.", hint=hint)


def _filled(value: Any, names: dict[str, str]) -> Any:  # noqa: ANN401  whatever a property list can hold
    """Return a property list with the names between @ signs replaced, in every string of it."""
    if isinstance(value, str):
        for name, text in names.items():
            value = value.replace(name, text)
        return value
    if isinstance(value, list):
        return [_filled(item, names) for item in value]
    if isinstance(value, dict):
        return {key: _filled(item, names) for key, item in value.items()}
    return value
