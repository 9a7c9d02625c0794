"""Programs in a namespace of their own, where limits can be set and disks be filled without touching the machine."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


def run_apart(program: str, *arguments: str) -> str:
    """Run a Python program as root of its own user and mount namespace; return what it printed."""
    namespace = ["unshare", "--user", "--map-root-user", "--mount"]
    if sys.platform != "linux":
        pytest.skip("namespaces are Linux's")
    if subprocess.run([*namespace, "true"], check=False, capture_output=True).returncode:
        pytest.skip("user namespaces are not allowed here")
    done = subprocess.run(
        [*namespace, sys.executable, "-c", program, *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
