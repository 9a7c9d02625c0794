"""What the tests of serving share: stand-ins, tiny models with adapters, and clients."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
import threading
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from openai import AsyncOpenAI
from safetensors.numpy import save_file

from curatord.serve.exchange import Upstream
from curatord.serve.front import Front
from tests.serve.standin_server import Standin

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from openai.types.chat import ChatCompletionUserMessageParam

MAKER = Path(__file__).parents[1] / "e2e" / "tiny_model.py"
FACTS = "\n".join(f"What does flag {number} do? Flag {number} limits it to {number * 10} kB/s." for number in range(24))


@contextmanager
def standin(name: str = "one") -> Iterator[Standin]:
    """Run a stand-in in a thread."""
    server = Standin(name=name)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class Scene:
    """A front that listens, and how often it told of trouble."""

    front: Front
    troubles: list[str] = field(default_factory=list)

    def use(self, server: Standin) -> Upstream:
        """Put a stand-in into service."""
        upstream = Upstream(server.port, server.name)
        self.front.use(upstream)
        return upstream


@asynccontextmanager
async def scene() -> AsyncIterator[Scene]:
    """Listen on a free port."""
    here = Scene(Front(free_port(), lambda: here.troubles.append("trouble")))
    await here.front.listen()
    try:
        yield here
    finally:
        await here.front.close(1)


def client(url: str, *, retries: int = 0) -> AsyncOpenAI:
    """Return the real client, which does not hide a failure by trying again."""
    return AsyncOpenAI(base_url=url, api_key="none", max_retries=retries, timeout=60)


async def ask(asker: AsyncOpenAI, text: str = "hello", *, stream: bool = False, most: int = 4) -> str:
    """Return the reply to one message."""
    if stream:
        return "".join([piece async for piece in pieces(asker, text, most=most)])
    message: ChatCompletionUserMessageParam = {"role": "user", "content": text}
    made = await asker.chat.completions.create(model="m", messages=[message], max_tokens=most)
    return made.choices[0].message.content or ""


async def pieces(asker: AsyncOpenAI, text: str, *, most: int = 4) -> AsyncIterator[str]:
    """Yield the reply to one message as it comes."""
    message: ChatCompletionUserMessageParam = {"role": "user", "content": text}
    made = await asker.chat.completions.create(model="m", messages=[message], stream=True, max_tokens=most)
    async for piece in made:
        if piece.choices:
            yield piece.choices[0].delta.content or ""


async def until(condition: Callable[[], object], seconds: float = 60) -> None:
    """Wait for something that other threads or processes do; fail when it does not come."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110  nobody tells
            await asyncio.sleep(0.01)


async def raw(port: int, data: str) -> str:
    """Send bytes as they are and return all that comes back."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(data.encode())
    try:
        return (await reader.read()).decode()
    finally:
        writer.close()
        await writer.wait_closed()


def free_port() -> int:
    """Return a port that is free."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def make_tiny(directory: Path, **config: object) -> Path:
    """Make a tiny model as mlx_lm loads it, with changes to its configuration, and return its directory."""
    text = directory.with_suffix(".txt")
    text.write_text(FACTS)
    subprocess.run([sys.executable, MAKER, text, directory], check=True, timeout=100)
    file = directory / "config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | config))
    return directory


def make_adapter(directory: Path, base: Path, *, size: float, seed: int = 1) -> Path:
    """Make a LoRA adapter with random weights of some size for the tiny model's layers, and return its directory."""
    directory.mkdir(parents=True)
    random = np.random.default_rng(seed)
    shapes = {"self_attn.v_proj": (64, 64), "mlp.down_proj": (128, 64)}
    weights = {}
    for layer in range(2):
        for name, (rows, columns) in shapes.items():
            place = f"model.layers.{layer}.{name}"
            weights[f"{place}.lora_a"] = random.normal(0, size, (rows, 4)).astype(np.float32)
            weights[f"{place}.lora_b"] = random.normal(0, size, (4, columns)).astype(np.float32)
    save_file(weights, directory / "adapters.safetensors")
    settings = {"rank": 4, "scale": 1.0, "dropout": 0.0, "keys": list(shapes)}
    content = {"fine_tune_type": "lora", "num_layers": 2, "lora_parameters": settings}
    about = {"run": directory.name, "base": str(base), "base_sha256": ""}
    (directory / "adapter_config.json").write_text(json.dumps({**content, "curatord": about}))
    return directory
