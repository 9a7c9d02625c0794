"""A terminal for a command under test: a real pseudo-terminal, and somebody who answers its questions."""

from __future__ import annotations

import errno
import os
import pty
import select
import subprocess
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


def talk(
    command: Sequence[str],
    answers: Sequence[tuple[str, str]],
    *,
    environment: Mapping[str, str],
    directory: Path,
    seconds: float = 60,
) -> tuple[int, str]:
    """Run a command; each time the first of a pair has been asked, type the second. Return its exit code and output."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        command,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**environment, "TERM": "xterm", "COLUMNS": "200"},
        cwd=directory,
        start_new_session=True,
    ) as process:
        os.close(theirs)
        try:
            text = _converse(ours, answers, time.monotonic() + seconds)
        except BaseException:
            process.kill()
            raise
        finally:
            os.close(ours)
        return process.wait(seconds), text


def _converse(terminal: int, answers: Sequence[tuple[str, str]], deadline: float) -> str:
    """Answer until the other side hangs up; return all that was shown."""
    text, seen, left = "", 0, list(answers)
    while time.monotonic() < deadline:
        if not select.select([terminal], [], [], 1.0)[0]:
            continue
        try:
            data = os.read(terminal, 65536)
        except OSError as error:
            if error.errno != errno.EIO:  # how Linux tells that the other side has gone
                raise
            data = b""
        if not data:
            assert not left, f"never asked: {left[0][0]}\n{text}"
            return text
        text += data.decode("utf-8", "replace").replace("\r\n", "\n")
        while left and (found := text.find(left[0][0], seen)) >= 0:
            seen = found + len(left[0][0])
            os.write(terminal, left.pop(0)[1].encode() + b"\n")
    raise AssertionError(f"it did not end; asked next: {left[:1]}\n{text}")
