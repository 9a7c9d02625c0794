"""A systemd user manager of the test's own: real systemd, real units, and nothing of this machine's is touched.

systemd wants a runtime directory, a machine that was booted with systemd, and a control group of its own. Where the
test runs as root, a mount namespace and a control group below the present one give it that; elsewhere a scope of the
user's own manager does. `start` returns None and the reason where neither can be.
"""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")
UNPRIVILEGED = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")


@dataclass(frozen=True, slots=True)
class OwnSystemd:
    """A running user manager: how to run a command that talks to it."""

    process: subprocess.Popen[bytes]
    directory: Path
    prefix: tuple[str, ...]
    groups: tuple[Path, ...]

    @property
    def is_unprivileged(self) -> bool:
        """Whether its user is not the one who runs the test."""
        return UNPRIVILEGED[0] in self.prefix

    @property
    def home(self) -> Path:
        """The home directory of its user."""
        return self.directory / "home"

    def environment(self) -> dict[str, str]:
        """Return the variables of a session of its user."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "DBUS_", "CURATORD"))}
        return kept | {"HOME": str(self.home), "XDG_RUNTIME_DIR": str(self.directory / "run")}

    def run(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a command in a session of its user."""
        done = subprocess.run(
            [*self.prefix, *words],
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=100,
        )
        assert not check or done.returncode == 0, f"{words}: {done.returncode}\n{done.stdout}{done.stderr}{self.log()}"
        return done

    def systemctl(self, *words: str, check: bool = True) -> str:
        """Run `systemctl --user WORDS` and return what it printed."""
        return self.run("systemctl", "--user", "--no-pager", *words, check=check).stdout.strip()

    def show(self, name: str) -> str:
        """Return a property of the unit."""
        return self.systemctl("show", "--value", f"--property={name}", "curatord.service")

    def main_pid(self, other_than: int = 0) -> int:
        """Return the pid of the unit's main process, as soon as it is active with one, and with another one."""
        deadline = time.monotonic() + 40
        while time.monotonic() < deadline:
            pid = int(self.show("MainPID"))
            if pid not in (0, other_than) and self.show("ActiveState") == "active":
                return pid
            time.sleep(0.2)
        raise AssertionError(self.log())

    def log(self) -> str:
        """Return what the manager and its units said."""
        return (self.directory / "manager.txt").read_text(errors="replace")

    def end(self) -> None:
        """End the manager with all its units, and remove its control groups."""
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for group in self.groups:
            for directory in sorted(group.rglob("*"), reverse=True):
                if directory.is_dir():
                    directory.rmdir()
            group.rmdir()


def start(directory: Path, *, privileged: bool = True) -> tuple[OwnSystemd | None, str]:
    """Start a user manager, as root or as a user without privileges; else return None and why."""
    if missing := [
        tool for tool in ("systemd", "systemctl", "unshare", "nsenter", "setpriv") if not shutil.which(tool)
    ]:
        return None, f"{missing[0]} is not here"
    if os.getuid() != 0:
        return _in_a_scope(directory) if privileged else (None, "only root can become somebody without privileges")
    return _in_a_namespace(directory, privileged=privileged)


def _in_a_namespace(directory: Path, *, privileged: bool) -> tuple[OwnSystemd | None, str]:
    name = f"curatord-test-{uuid.uuid4().hex[:12]}"
    hierarchies = [
        path for path in (CGROUPS / "systemd", CGROUPS / "unified", CGROUPS) if (path / "cgroup.procs").exists()
    ]
    groups = tuple(path / name for path in hierarchies)
    try:
        for group in groups:
            group.mkdir()
    except OSError as error:
        return None, f"no control group can be made: {error}"
    if not groups:
        return None, "there are no control groups"
    _make_home(directory)
    identity: tuple[str, ...] = ()
    if not privileged:
        identity = UNPRIVILEGED
        for path in (
            directory,
            *directory.rglob("*"),
            *groups,
            *(file for group in groups for file in group.iterdir()),
        ):
            os.chown(path, 65534, 65534)
    script = "\n".join([
        "set -e",
        *(f"echo $$ > {group}/cgroup.procs" for group in groups),
        "exec unshare --mount sh -ec " + shlex.quote("\n".join([
            "mount --make-rprivate /",
            "mount -t tmpfs tmpfs /run",
            "mkdir -p /run/systemd/system",  # sd_booted(3)
            # it ends with the test, however that ends
            f"exec {shlex.join(identity or ('setpriv',))} --pdeathsig=TERM systemd --user --log-target=console",
        ])),
    ])  # fmt: skip
    process = _popen(directory, ["sh", "-c", script])
    prefix = ("nsenter", f"--target={process.pid}", "--mount", *identity)
    return _when_running(OwnSystemd(process, directory, prefix, groups))


def _in_a_scope(directory: Path) -> tuple[OwnSystemd | None, str]:
    _make_home(directory)
    scope = ["systemd-run", "--user", "--scope", "--quiet", "--property=Delegate=yes"]
    settings = ["env", f"HOME={directory / 'home'}", f"XDG_RUNTIME_DIR={directory / 'run'}"]
    process = _popen(directory, [*scope, *settings, "systemd", "--user", "--log-target=console"], own=False)
    return _when_running(OwnSystemd(process, directory, (), ()))


def _make_home(directory: Path) -> None:
    (directory / "home/.config/systemd/user").mkdir(parents=True)
    # There is no journal: what units print goes where the manager's own words go.
    settings = "[Manager]\nDefaultStandardOutput=inherit\nDefaultStandardError=inherit\n"
    (directory / "home/.config/systemd/user.conf").write_text(settings)
    (directory / "run").mkdir(mode=0o700)


def _popen(directory: Path, command: list[str], *, own: bool = True) -> subprocess.Popen[bytes]:
    variables = {"HOME": str(directory / "home"), "XDG_RUNTIME_DIR": str(directory / "run")} if own else {}
    environment = {name: value for name, value in os.environ.items() if not own or not name.startswith("XDG_")}
    with (directory / "manager.txt").open("wb") as output:
        return subprocess.Popen(
            command,
            env=environment | variables,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


def _when_running(manager: OwnSystemd) -> tuple[OwnSystemd | None, str]:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and manager.process.poll() is None:
        if manager.systemctl("is-system-running", check=False) in ("running", "degraded"):
            return manager, ""
        time.sleep(0.1)
    said = manager.log().strip().splitlines()[-1:]
    manager.end()
    return None, f"systemd --user does not run here: {' '.join(said)}"
