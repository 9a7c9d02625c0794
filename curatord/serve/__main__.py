"""The process that answers: `python -m curatord.serve --base NAME --models DIR [--adapter DIR] --port N`.

It finds the base model as training does, sees whether it fits into memory, and becomes `mlx_lm.server` on a loopback
port. It ends when its standard input does, so that it never outlives the daemon. Exits with 75 where memory is short
and 1 where the model cannot be used; the last line of its output says why.
"""

from __future__ import annotations

import argparse
import os
import sys
import threading
from pathlib import Path

import psutil

from curatord.errors import BusyError, CuratordError, ExitCode
from curatord.serve.exchange import LOOPBACK

_MEBIBYTE = 1 << 20


def main() -> int:
    """Serve what the command line names."""
    parser = argparse.ArgumentParser(prog="python -m curatord.serve", description="Serve a model on this machine.")
    parser.add_argument("--base", required=True, help="the base model's name")
    parser.add_argument("--models", required=True, type=Path, help="the directory of base models")
    parser.add_argument("--adapter", type=Path, help="the adapter's directory")
    parser.add_argument("--sha256", default="", help="the hash of the base that the adapter was made for")
    parser.add_argument("--port", required=True, type=int)
    parser.add_argument("--check-memory", action="store_true", help="leave if the weights are more than is free")
    arguments = parser.parse_args()
    threading.Thread(target=_leave_with_the_daemon, daemon=True).start()
    try:
        model = _model(arguments)
    except CuratordError as error:
        sys.stderr.write(f"curatord: {error}\n")
        return error.exit_code
    from mlx_lm import server  # noqa: PLC0415  a second, in which much can be found wrong already

    from curatord.train.backend import choose_compilation  # noqa: PLC0415  imports MLX

    choose_compilation()
    adapter = ["--adapter-path", str(arguments.adapter)] if arguments.adapter else []
    # No page in a browser is to read from it: by itself it lets every origin do so.
    origin = f"http://{LOOPBACK}:{arguments.port}"
    place = ["--host", LOOPBACK, "--port", str(arguments.port), "--allowed-origins", origin]
    sys.argv = ["mlx_lm.server", "--model", str(model), *adapter, *place, "--log-level", "WARNING"]
    server.main()
    return ExitCode.OK


def _model(arguments: argparse.Namespace) -> Path:
    from curatord.train import base_model  # noqa: PLC0415  the watch on the daemon comes first

    base = base_model.resolve(arguments.base, arguments.models)
    if arguments.sha256 and base.sha256 != arguments.sha256:
        hint = "Bring its files back, or train anew."
        raise CuratordError(f"The base model {base.name} is not the one the adapter was made for.", hint=hint)
    weights = sum(file.stat().st_size for file in base.path.glob("model*.safetensors"))
    free = psutil.virtual_memory().available
    if arguments.check_memory and weights > free:
        told = f"{base.name} takes {weights // _MEBIBYTE} MiB of memory, {free // _MEBIBYTE} MiB are free"
        raise BusyError(f"{told} ([serve] min_free_memory_mb = 0 starts it anyway).")
    return base.path


def _leave_with_the_daemon() -> None:
    while os.read(sys.stdin.fileno(), 4096):
        pass
    os._exit(ExitCode.OK)


if __name__ == "__main__":
    sys.exit(main())
