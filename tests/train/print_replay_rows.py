"""Print the first replay rows of the built-in model as JSON: `print_replay_rows.py MODELS COUNT`."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

from curatord.train import base_model
from curatord.train.replay import replay_rows

if __name__ == "__main__":
    models = Path(sys.argv[1])
    base = base_model.resolve("smollm2-135m", models)
    rows = replay_rows(base, models, int(sys.argv[2]), loaded=base_model.load(base, dtype="float32"))
    json.dump([asdict(row) for row in rows], sys.stdout)
