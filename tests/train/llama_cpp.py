"""What llama.cpp makes of a GGUF file: `llama_cpp.py FILE`, a JSON object on standard input, another on the last line.

Input: {"texts": [...], "questions": [...], "limit": n}. Output: {"ids": [[...]], "replies": [{"prompt": [...],
"tokens": [...], "text": "..."}]}, greedy replies of at most `limit` tokens. A program of its own: it is another
runtime's threads, and it writes its log where it likes.
"""

from __future__ import annotations

import json
import sys
import urllib.request
from typing import Any

import xllamacpp  # type: ignore[import-untyped]  # it ships no types


def main(file: str) -> None:
    """Serve the file on loopback, ask, and print the answers."""
    wanted = json.load(sys.stdin)
    parameters = xllamacpp.CommonParams()
    parameters.model.path = file
    parameters.n_ctx = 2048
    parameters.port = 0
    parameters.cpuparams.n_threads = 1  # its threads spin while they wait, which halts a busy machine
    parameters.cpuparams_batch.n_threads = 1
    server = xllamacpp.Server(parameters)

    def post(path: str, **body: object) -> Any:  # noqa: ANN401  whatever JSON holds
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(server.listening_address + path, json.dumps(body).encode(), headers)
        with urllib.request.urlopen(request) as response:
            return json.load(response)

    def ids(text: str) -> list[int]:
        tokens: list[int] = post("/tokenize", content=text, parse_special=True, add_special=False)["tokens"]
        return tokens

    def reply(question: str) -> dict[str, object]:
        prompt = ids(post("/apply-template", messages=[{"role": "user", "content": question}])["prompt"])
        made = post("/completion", prompt=prompt, temperature=0, n_predict=wanted["limit"], return_tokens=True)
        return {"prompt": prompt, "tokens": made["tokens"], "text": made["content"]}

    answer = {"ids": [ids(text) for text in wanted["texts"]], "replies": [reply(text) for text in wanted["questions"]]}
    sys.stdout.write("\n" + json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])
