"""How far a question is from what is known: static word vectors, computed offline and without torch.

The vectors are those of the package wordllama (`pip install 'curatord[gaps]'`): 256 numbers for each of 32,000 tokens.
Its two data files are read where they lie. The package itself is not imported: its loader looks for the tokenizer in
a directory that is not there, and would then download it.

Not for the daemon: this needs NumPy.
"""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from types import TracebackType

    from numpy.typing import NDArray
    from tokenizers import Tokenizer

PACKAGE = "wordllama"
ABSENT = "no embedding model is installed: pip install 'curatord[gaps]'"
_WEIGHTS, _TOKENIZER = "weights/l2_supercat_256.safetensors", "tokenizers/l2_supercat_tokenizer_config.json"
_BATCH = 512


class Model:
    """An embedding model; vectors of models with different names cannot be compared."""

    def __init__(self, name: str, table: NDArray[np.float32], tokenizer: Tokenizer) -> None:
        """Take a table of token vectors and the tokenizer that numbers its rows."""
        self.name = name
        self._table = table
        self._tokenizer = tokenizer

    @property
    def dimensions(self) -> int:
        """The length of a vector."""
        return int(self._table.shape[1])

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return a row for each text: the mean of its tokens' vectors, of length 1; zeros for a text without tokens."""
        rows = np.zeros((len(texts), self.dimensions), np.float32)
        for start in range(0, len(texts), _BATCH):
            batch = list(texts[start : start + _BATCH])
            for place, encoded in enumerate(self._tokenizer.encode_batch(batch, add_special_tokens=False), start):
                if encoded.ids:
                    rows[place] = self._table[encoded.ids].mean(axis=0)
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        unit: NDArray[np.float32] = rows / np.maximum(lengths, np.float32(1e-9))
        return unit


@cache
def installed() -> Model | None:
    """Return the embedding model of this installation, loaded; None where the extra is not installed."""
    try:
        package = distribution(PACKAGE)
    except PackageNotFoundError:
        return None
    weights, tokens = (Path(str(package.locate_file(f"{PACKAGE}/{name}"))) for name in (_WEIGHTS, _TOKENIZER))
    if not weights.is_file() or not tokens.is_file():
        return None
    from safetensors.numpy import load_file  # noqa: PLC0415  neither is needed where no model is installed
    from tokenizers import Tokenizer  # noqa: PLC0415  see above

    (table,) = load_file(weights).values()
    tokenizer = Tokenizer.from_file(str(tokens))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return Model(f"{PACKAGE} {package.version}", table.astype(np.float32), tokenizer)


class VectorCache:
    """The vectors of texts by content hash, in a small database that may be deleted at any time.

    A file that is damaged is begun anew; where none can be written, vectors are computed each time.
    """

    def __init__(self, file: Path, model: Model) -> None:
        """Open the file, or make it; close it by leaving a `with` block."""
        self._model = model
        self._connection = _open(file)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def vectors(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return a row for each text, computing only those not asked for before; others that were kept are forgotten.

        Ask for all known texts at once.
        """
        hashes = [self._hash(text) for text in texts]
        kept: dict[bytes, bytes] = dict(self._connection.execute("SELECT hash, vector FROM vectors"))
        missing = {key: text for key, text in zip(hashes, texts, strict=True) if key not in kept}
        made = self._model.embed(list(missing.values())).astype(np.float16)
        new = {key: row.tobytes() for key, row in zip(missing, made, strict=True)}
        self._store(new, kept.keys() - set(hashes))
        found = kept | new
        flat = np.frombuffer(b"".join(found[key] for key in hashes), np.float16)
        return flat.reshape(len(texts), self._model.dimensions).astype(np.float32)

    def _store(self, new: dict[bytes, bytes], gone: Iterable[bytes]) -> None:
        with suppress(sqlite3.OperationalError), self._connection:  # a full disk, or another process at it: next time
            self._connection.executemany("INSERT OR IGNORE INTO vectors VALUES (?, ?)", new.items())
            self._connection.executemany("DELETE FROM vectors WHERE hash = ?", [(key,) for key in gone])

    def _hash(self, text: str) -> bytes:
        return hashlib.blake2b(f"{self._model.name}\0{text}".encode(), digest_size=16).digest()


@dataclass(frozen=True, slots=True)
class Nearest:
    """The known text that is nearest to a question: cosine distance in [0, 1], and its number among the known."""

    distance: float
    known: int


def nearest(questions: NDArray[np.float32], known: NDArray[np.float32]) -> list[Nearest]:
    """Return the nearest known text of each question; both are rows of length 1. Nothing where nothing is known."""
    if not len(known):
        return []
    cosines = questions @ known.T
    places = cosines.argmax(axis=1)
    return [
        Nearest(float(np.clip(1 - cosines[row, place], 0, 1)), int(place)) for row, place in enumerate(places.tolist())
    ]


def _open(file: Path) -> sqlite3.Connection:
    for attempt in (file, file, None):
        try:
            return _connected(attempt)
        except sqlite3.OperationalError:  # the directory takes no file
            continue
        except sqlite3.DatabaseError:  # no database, or a damaged one
            with suppress(OSError):
                file.unlink(missing_ok=True)
    return _connected(None)


def _connected(file: Path | None) -> sqlite3.Connection:
    connection = sqlite3.connect(file or ":memory:", timeout=5)
    try:
        connection.execute("CREATE TABLE IF NOT EXISTS vectors (hash BLOB PRIMARY KEY, vector BLOB NOT NULL) STRICT")
        connection.execute("SELECT hash FROM vectors LIMIT 1").fetchall()
    except sqlite3.DatabaseError:
        connection.close()
        raise
    return connection
