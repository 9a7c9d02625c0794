"""Running the programs by which service managers are told what to do."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass

from curatord.errors import BusyError, CuratordError

SECONDS = 120.0  # starting and stopping wait for the daemon, which may have a training step to finish


@dataclass(frozen=True, slots=True)
class Answer:
    """How a program ended and what it said, both streams together."""

    code: int
    text: str = ""


def ask(*words: str) -> Answer:
    """Run a program to its end.

    Raises CuratordError where there is no such program, and BusyError where it does not come to an end.
    """
    try:
        done = subprocess.run(  # noqa: S603  programs of the system, with words of ours
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
            timeout=SECONDS,
        )
    except OSError as error:
        raise CuratordError(
            f"{words[0]} cannot be run: {error.strerror}.",
            hint="Is this the service manager of this machine? `curatord run` needs none.",
        ) from error
    except subprocess.TimeoutExpired as error:
        raise BusyError(f"`{' '.join(words)}` has not ended within {SECONDS:g} s.", hint="Try again.") from error
    return Answer(done.returncode, done.stdout.decode("utf-8", "replace").strip())
