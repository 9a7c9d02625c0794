"""curatord as a systemd user unit: systemd.service(5), systemctl(1)."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from curatord.errors import ConfigurationError, CuratordError
from curatord.resources import resource
from curatord.service.manager import SYSTEMD
from curatord.service.plan import CONFIG
from curatord.service.systemctl import SystemSystemctl
from curatord.store.atomic import write_file

if TYPE_CHECKING:
    from collections.abc import Sequence

    from curatord.service.plan import Plan
    from curatord.service.systemctl import Systemctl
    from curatord.service.tool import Answer

UNIT = "curatord.service"
TEMPLATE = f"etc/{UNIT}"
MODE = 0o644
_JOURNAL_LINES = 8
_ACTIVE = frozenset({"active", "activating", "reloading", "deactivating"})
_COMMAND = re.compile(r"^(ExecStart|ExecReload)=.* (\w+)$", re.MULTILINE)
_CONFIG_LINE = re.compile(rf'^Environment="{CONFIG}=(.*)"$', re.MULTILINE)


def render(plan: Plan) -> str:
    """Return the unit for a plan; raises ConfigurationError where a path cannot stand in one."""
    _about_the_template, body = resource(TEMPLATE).read_text(encoding="utf-8").split("\n\n", 1)
    commands = _COMMAND.sub(lambda found: f"{found[1]}={_command(plan.command(found[2]))}", body)
    variables = "\n".join(f"Environment={_quoted(f'{name}={value}')}" for name, value in plan.environment().items())
    head = "# Written by `curatord install`; changes belong into a drop-in: systemctl --user edit curatord\n\n"
    return head + commands.replace("[Service]\n", f"[Service]\n{variables}\n")


class UserUnit:
    """The `Manager` of Linux: a unit of this user's systemd."""

    name = SYSTEMD

    def __init__(self, systemctl: Systemctl | None = None) -> None:
        """Speak to systemd by this systemctl, or the machine's."""
        self._systemctl = systemctl or SystemSystemctl()

    @property
    def file(self) -> Path:
        """The unit, where systemd looks for this user's own."""
        configured = os.environ.get("XDG_CONFIG_HOME")
        return (Path(configured) if configured else Path.home() / ".config") / "systemd/user" / UNIT

    def text(self, plan: Plan) -> str:
        """Return the unit for a plan."""
        return render(plan)

    def config_file(self) -> Path | None:
        """Return the configuration of the installed unit; None where there is none, or not one of ours."""
        try:
            found = _CONFIG_LINE.search(self.file.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError):
            return None
        return Path(_unquoted(found[1])) if found else None

    def is_active(self) -> bool:
        """Tell whether the unit runs or is about to."""
        return self._systemctl("is-active", UNIT).text in _ACTIVE

    def install(self, plan: Plan) -> None:
        """Write the unit, have it started with every login, and start it anew."""
        content = render(plan).encode()
        self._require_manager()
        self.file.parent.mkdir(parents=True, exist_ok=True)
        write_file(self.file, content, mode=MODE)
        self.file.chmod(MODE)
        self._expect("daemon-reload")
        self._expect("enable", UNIT)
        self.restart()

    def start(self) -> None:
        """Start the unit and wait until it is ready."""
        self._require_manager()
        self._systemctl("reset-failed", UNIT)  # too many failures before are no reason not to try now
        self._expect("start", UNIT)

    def stop(self) -> None:
        """Stop the unit, and the attempts to start it again."""
        self._expect("stop", UNIT)

    def restart(self) -> None:
        """Stop the unit and start it as its file is now."""
        self._require_manager()
        self._expect("daemon-reload")
        self._systemctl("reset-failed", UNIT)
        self._expect("restart", UNIT)

    def uninstall(self) -> None:
        """Stop the unit, and remove it."""
        if self.file.exists():
            self._expect("disable", "--now", UNIT)
            self.file.unlink(missing_ok=True)
            self._expect("daemon-reload")
            self._systemctl("reset-failed", UNIT)

    def excuse(self) -> list[str]:
        """Return the last lines of the journal."""
        answer = self._systemctl.journal(UNIT, _JOURNAL_LINES)
        lines = [] if answer.code else [line for line in answer.text.splitlines() if not line.startswith("-- ")]
        state = self._systemctl("show", "--property=Result", "--property=ExecMainStatus", UNIT).text.splitlines()
        return [f"systemd: {line}" for line in (*lines, *state) if line != "Result=success"]

    def _require_manager(self) -> None:
        answer = self._systemctl("show", "--property=Version")
        if answer.code:
            raise CuratordError(
                f"systemd does not run for this user: {_said(answer)}.",
                hint="Log in as this user rather than with `su` or `sudo`; or use `curatord run`.",
            )

    def _expect(self, *words: str) -> None:
        answer = self._systemctl(*words)
        if answer.code:
            told = "\n".join([f"`systemctl --user {' '.join(words)}` failed: {_said(answer)}", *self.excuse()])
            raise CuratordError(told, hint="`curatord doctor` may say why.")


def _said(answer: Answer) -> str:
    return " ".join(answer.text.split()).rstrip(".") or f"exit code {answer.code}"


def _command(words: Sequence[str]) -> str:
    """Return a command line as ExecStart= has it: quoted, with specifiers and variables taken literally."""
    program, *arguments = words
    if set(program) & set("\"'\\"):
        raise ConfigurationError(
            f"systemd runs no program in a directory with such a name: {program}", hint="Rename the directory."
        )
    # The program itself is subject to specifiers, and not to variables.
    return " ".join([_quoted(program), *(_word(argument) for argument in arguments)])


def _word(text: str) -> str:
    plain = re.fullmatch(r"[A-Za-z0-9_./=-]+", text)
    return text if plain else _quoted(text.replace("$", "$$"))


def _quoted(text: str) -> str:
    """Return a text in the quotes of systemd.syntax(7), with its specifiers taken literally."""
    if not text.isprintable():
        raise ConfigurationError(f"A path cannot stand in a unit: {text!r}.", hint="Rename the directory.")
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{escaped}"'


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text.replace("%%", "%"))
