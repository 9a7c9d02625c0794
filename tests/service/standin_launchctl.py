"""A launchctl for machines without launchd: as strict as the real one about words, domains and files.

It is run as a program, `standin_launchctl.py WORD...`, with its world in the directory `$STANDIN`:
`calls.jsonl` is what was asked, `answers.jsonl` how it ended; `session` is there while the user is logged in at the
screen; `disabled` is there while the service is switched off; `transient` holds how many loads are still to fail for
no visible reason, as they do for a moment after an unload; `loaded.json` is the one job that is loaded.

Texts and exit codes are those that people report of macOS 12 to 26: 3, 5, 37, 112 (here for the domain), 113, 125.
`bootout` returns before the job is gone. A loaded job has a process that starts it, keeps it alive as its property list
says, and ends it by SIGTERM and, after ExitTimeOut, SIGKILL: as launchd would, in fractions of its time.
"""

from __future__ import annotations

import fcntl
import json
import os
import plistlib
import re
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn
from xml.parsers.expat import ExpatError

if TYPE_CHECKING:
    from collections.abc import Callable

WORLD = Path(os.environ["STANDIN"])
LOADED = WORLD / "loaded.json"
THROTTLE = 0.3  # seconds, in place of ThrottleInterval
DOMAIN = f"gui/{os.getuid()}"
PATH = "/usr/bin:/bin:/usr/sbin:/sbin"  # all that launchd gives


def main(words: list[str]) -> NoReturn:
    """Do what one command line asks."""
    with (WORLD / "calls.jsonl").open("a") as calls:
        calls.write(json.dumps(words) + "\n")
    verbs: dict[tuple[str, int], Callable[..., None]] = {
        ("print", 1): print_target,
        ("enable", 1): enable,
        ("bootstrap", 2): bootstrap,
        ("bootout", 1): bootout,
        ("kickstart", 1): kickstart,
    }
    verb = verbs.get((words[0], len(words) - 1)) if words else None
    if verb is None:
        end(64, "Unrecognized subcommand or wrong number of arguments")
    verb(*words[1:])
    end(0)


def end(code: int, text: str = "") -> NoReturn:
    """Print a text and end."""
    with (WORLD / "answers.jsonl").open("a") as answers:
        answers.write(json.dumps([code, text]) + "\n")
    if text:
        print(text, file=sys.stderr if code else sys.stdout)
    sys.exit(code)


def print_target(target: str) -> None:
    """Describe a domain or a service."""
    if target == DOMAIN:
        if not (WORLD / "session").exists():
            end(125, "Domain does not support specified action")
        end(0, f"{DOMAIN} = {{\n\ttype = login\n}}")
    label = label_of(target)
    job = loaded(label)
    if job is None:
        end(113, f'Bad request.\nCould not find service "{label}" in domain for user gui: {os.getuid()}')
    state = "running" if job.get("pid") else "not running"
    end(0, f"{target} = {{\n\tstate = {state}\n\truns = {job['runs']}\n\tlast exit code = {job['last']}\n}}")


def enable(target: str) -> None:
    """Switch a service on, loaded or not."""
    label_of(target)
    (WORLD / "disabled").unlink(missing_ok=True)


def bootstrap(domain: str, file: str) -> None:
    """Load a property list and start what it describes."""
    if domain != DOMAIN or not (WORLD / "session").exists():
        end(125, "Bootstrap failed: 125: Domain does not support specified action")
    plist, label = checked(Path(file))
    if (WORLD / "disabled").exists():
        end(5, refusal(5))
    job = loaded(label)
    if job is not None:
        end(37 if job["leaving"] else 5, refusal(37 if job["leaving"] else 5))
    transient = WORLD / "transient"
    if transient.exists() and (left := int(transient.read_text())):
        transient.write_text(str(left - 1))
        end(5, refusal(5))
    update(label=label, leaving=False, pid=None, runs=0, last="(never exited)", kick=False)
    copy = WORLD / "job.plist"  # what the file says later does not matter to launchd
    copy.write_bytes(Path(file).read_bytes())
    subprocess.Popen(
        [sys.executable, __file__, "--supervise", str(copy)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=(WORLD / "supervisor.txt").open("ab"),
        start_new_session=True,
    )
    if not plist.get("RunAtLoad"):
        end(0)


def bootout(target: str) -> None:
    """Begin to end a service and forget it."""
    job = loaded(label_of(target))
    if job is None:
        end(3, "Boot-out failed: 3: No such process")
    update(leaving=True)


def kickstart(target: str) -> None:
    """Start a loaded service that has ended."""
    label = label_of(target)
    job = loaded(label)
    if job is None:
        end(113, f'Could not find service "{label}" in domain for user gui: {os.getuid()}')
    update(kick=True)


def supervise(file: Path) -> None:
    """Be launchd for one job, until it is booted out."""
    plist = plistlib.loads(file.read_bytes())
    keep = plist["KeepAlive"]
    process: subprocess.Popen[bytes] | None = started(plist)
    while True:
        job = json.loads(LOADED.read_text())
        if job["leaving"]:
            finish(process, plist["ExitTimeOut"])
            LOADED.unlink()
            return
        if process is not None and process.poll() is not None:
            code, process = process.returncode, None
            update(pid=None, last=str(code))
            if (code != 0 and keep["SuccessfulExit"] is False) or (code < 0 and keep["Crashed"]):
                time.sleep(THROTTLE)
                if not json.loads(LOADED.read_text())["leaving"]:
                    process = started(plist)
        elif process is None and job["kick"]:
            update(kick=False)
            process = started(plist)
        time.sleep(0.02)


def started(plist: dict[str, Any]) -> subprocess.Popen[bytes]:
    """Start the job as launchd does: with what its property list says, and nothing of anybody's shell."""
    environment = {"HOME": os.environ["HOME"], "PATH": PATH, "XPC_SERVICE_NAME": plist["Label"], "STANDIN": str(WORLD)}
    with Path(plist["StandardOutPath"]).open("ab") as output, Path(plist["StandardErrorPath"]).open("ab") as errors:
        process = subprocess.Popen(
            plist["ProgramArguments"],
            cwd="/",
            env=environment | plist["EnvironmentVariables"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            umask=int(plist["Umask"], 8),
            start_new_session=True,
        )
    update(pid=process.pid, runs=json.loads(LOADED.read_text())["runs"] + 1)
    return process


def finish(process: subprocess.Popen[bytes] | None, seconds: float) -> None:
    """End a job, and all of its process group."""
    if process is None:
        return
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def checked(file: Path) -> tuple[dict[str, Any], str]:
    """Return a property list and its label, or end as launchd does with one that it cannot use."""
    if not file.is_absolute() or not file.exists():
        end(5, refusal(5))
    status = file.stat()
    if status.st_uid != os.getuid() or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        end(5, refusal(5))
    try:
        plist = plistlib.loads(file.read_bytes())
    except (ValueError, ExpatError):
        end(5, refusal(5))
    program = Path(plist["ProgramArguments"][0])
    if not program.is_absolute() or not os.access(program, os.X_OK) or file.name != f"{plist['Label']}.plist":
        end(5, refusal(5))
    return plist, plist["Label"]


def refusal(code: int) -> str:
    """Return what launchctl says of a load that failed."""
    reason = {5: "Input/output error", 37: "Operation already in progress"}[code]
    return f"Bootstrap failed: {code}: {reason}\nTry re-running the command as root for richer errors."


def label_of(target: str) -> str:
    """Return the label of a service, or end where what was named is none."""
    found = re.fullmatch(rf"{DOMAIN}/([A-Za-z0-9.-]+)", target)
    if found is None:
        end(64, f"Unrecognized target specifier: {target}")
    return found[1]


def loaded(label: str) -> dict[str, Any] | None:
    """Return the loaded job of a label."""
    try:
        job: dict[str, Any] = json.loads(LOADED.read_text())
    except FileNotFoundError:
        return None
    return job if job["label"] == label else None


def update(**changes: object) -> None:
    """Change what is remembered of the job; one process at a time."""
    with (WORLD / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        job = json.loads(LOADED.read_text()) if LOADED.exists() else {}
        draft = WORLD / "loaded.draft"
        draft.write_text(json.dumps(job | changes))
        draft.rename(LOADED)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--supervise"]:
        supervise(Path(sys.argv[2]))
    else:
        main(sys.argv[1:])
