"""A stand-in for `mlx_lm.server`: its paths, HTTP/1.0 and ways to fail, without a model.

As a program: `standin_server.py --port N [--name NAME] [--busy TEXT | --fail TEXT] [--slow SECONDS]`. Replies hold its
name and what it was asked. The last message's words are orders: "wait SECONDS" (before the reply, or between the pieces
of a stream), "break off" (a stream), "exit", "sicken" (from its reply on it is not well).
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PIECES = 4


class Standin(ThreadingHTTPServer):
    """Counts what it has in hand; with port 0 it takes a free one."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, port: int = 0, name: str = "one") -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.name = name
        self.well = True
        self.in_hand = 0
        self.fault = ""  # "hang up" or "not found", whatever it is asked
        self.broken_pipes = 0
        self.asked: list[dict[str, Any]] = []

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server_address[1])

    def handle_error(self, request: object, client_address: object) -> None:  # noqa: ARG002  the base class's
        """Count clients that left."""
        self.broken_pipes += isinstance(sys.exception(), OSError)


class Handler(BaseHTTPRequestHandler):
    """One request."""

    server: Standin

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        """Tell how it is."""
        self._reply(200 if self.server.well else 503, {"status": "ok"})

    def do_POST(self) -> None:
        """Answer."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append(asked)
        self.server.in_hand += 1
        try:
            order, _, value = str(asked["messages"][-1]["content"]).partition(" ")
            seconds = float(value) if order == "wait" else 0.0
            if order == "exit":
                os._exit(3)
            if self.server.fault == "hang up":
                self.close_connection = True
            elif self.server.fault:
                self._reply(404, {"error": "generation thread died"})
            elif asked.get("stream"):
                self._stream(seconds, whole=order != "break")
            else:
                time.sleep(seconds)
                self._reply(200, self._told("message", f"{self.server.name} heard {order}"))
            if order == "sicken":
                self.server.well, self.server.fault = False, "not found"
        finally:
            self.server.in_hand -= 1

    def _stream(self, seconds: float, *, whole: bool) -> None:
        self.send_response(200)
        self.send_header("Content-type", "text/event-stream")
        self.send_header("Access-Control-Allow-Origin", "*")
        self.end_headers()
        for number in range(PIECES):
            piece = self._told("delta", f"{self.server.name} {number} ")
            self.wfile.write(f"data: {json.dumps(piece)}\n\n".encode())
            time.sleep(seconds)
        if whole:
            self.wfile.write(b"data: [DONE]\n\n")

    def _told(self, part: str, text: str) -> dict[str, Any]:
        choice = {"index": 0, "finish_reason": "stop", part: {"role": "assistant", "content": text}}
        return {"id": "1", "object": "chat.completion", "model": "default_model", "created": 1, "choices": [choice]}

    def _reply(self, status: int, value: dict[str, Any]) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-type", "application/json")
        self.send_header("Access-Control-Allow-Origin", "*")
        self.end_headers()
        self.wfile.write(body)


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--name", default="one")
    parser.add_argument("--busy", default="")
    parser.add_argument("--fail", default="")
    parser.add_argument("--slow", type=float, default=0.0)
    given = parser.parse_args()
    time.sleep(given.slow)
    for text, code in ((given.busy, 75), (given.fail, 1)):
        if text:
            sys.stderr.write(f"curatord: {text}\n")
            sys.exit(code)
    Standin(given.port, given.name).serve_forever()


if __name__ == "__main__":
    main()
