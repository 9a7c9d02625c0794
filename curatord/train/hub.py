"""Base models from the Hugging Face hub, kept in its own cache (`$HF_HOME`), which other programs share."""

from __future__ import annotations

import re
from pathlib import Path

from curatord.train.model_files import BaseModelError

_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")
# What mlx_lm fetches itself, so that its own cache and ours are one.
_PATTERNS = ["*.json", "model*.safetensors", "tokenizer.model", "*.tiktoken", "*.txt", "*.jsonl", "*.jinja"]


def is_hub_id(name: str) -> bool:
    """Tell whether a name has the form of a model's id there: `owner/model`."""
    return _ID.fullmatch(name) is not None


def cached(name: str) -> Path | None:
    """Return the directory of a model in the cache; None where it is not there or not wholly. Needs no network."""
    from huggingface_hub import snapshot_download  # noqa: PLC0415  a second that a local model does not need

    if not is_hub_id(name):
        return None
    try:
        return Path(snapshot_download(name, allow_patterns=_PATTERNS, local_files_only=True))
    except (OSError, ValueError):  # how it tells that files are missing
        return None


def fetch(name: str) -> Path:
    """Return the directory of a model from the cache, downloading it first where it is not there.

    Raises BaseModelError where there is no network, no such model, or no leave to download it.
    """
    if (there := cached(name)) is not None:
        return there
    from huggingface_hub import constants, errors, snapshot_download  # noqa: PLC0415  see above

    if constants.is_offline_mode():
        hint = "Unset HF_HUB_OFFLINE once to download it, or choose a model directory."
        raise BaseModelError(f"The model {name} is not downloaded, and HF_HUB_OFFLINE is set.", hint=hint)
    try:
        return Path(snapshot_download(name, allow_patterns=_PATTERNS))
    except errors.GatedRepoError as error:
        hint = "Accept its terms on its page, then run `hf auth login`."
        raise BaseModelError(f"The model {name} may not be downloaded without its owner's leave.", hint=hint) from error
    except errors.RepositoryNotFoundError as error:
        hint = "Check the spelling of [training] base."
        raise BaseModelError(f"The Hugging Face hub has no model {name} for you.", hint=hint) from error
    except (OSError, ValueError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
        hint = 'Check the network, or set [training] base to a model directory or "smollm2-135m".'
        raise BaseModelError(f"The model {name} cannot be downloaded: {reason}.", hint=hint) from error
