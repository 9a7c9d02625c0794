"""One training run from its request to its adapter; it may be stopped and started again at any point.

Each part leaves something finished behind and is skipped when that is there: the snapshot, the plan (`run.json`), the
adapter that SFT left, the adapter of the run. Within SFT and DPO the last checkpoint tells where to go on.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import mlx.core as mx

from curatord.errors import CuratordError
from curatord.store.atomic import TEMPORARY_SUFFIX, publish_directory
from curatord.train import backend, base_model, checkpoint, curves, lora, machines, stages
from curatord.train.activations import Activations
from curatord.train.batches import waste
from curatord.train.dataset import Dataset, encode
from curatord.train.draw import draw
from curatord.train.loop import Loop, Moment, Position
from curatord.train.lora import AdapterError
from curatord.train.material import ALONE, Share, Tools
from curatord.train.replay import replay_rows
from curatord.train.reporter import Reporter
from curatord.train.rows import Encoder
from curatord.train.run_directory import BaseUsed, Plan, Prepared, SnapshotUsed
from curatord.train.run_events import Finished, Paused, Resumed, Stage, StageBegan, Warned, read_events
from curatord.train.snapshot import Snapshot, add_replay, open_snapshot
from curatord.train.split_model import SplitModel

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mlx import nn

    from curatord.train.base_model import BaseModel
    from curatord.train.loop import Course
    from curatord.train.objective import Objective
    from curatord.train.run_directory import RunDirectory
    from curatord.train.run_events import Event, EventLog
    from curatord.train.stages import Plans

    Afterwards = Callable[["Learner", Snapshot], bool]

VALID_SHARE = 0.05


class EmptyDatasetError(CuratordError):
    """No row of the snapshot can be trained on."""


@dataclass(slots=True)
class Learner:
    """The base model with its LoRA layers, and the tools to train it."""

    base: BaseModel
    dtype: str
    model: nn.Module
    tokenizer: Any
    encoder: Encoder
    tools: Tools


class Job:
    """A run in progress.

    `must_stop` is asked after every step; `shrink` halves the batches so many times; `tell` is given every event;
    `afterwards` is called with the model that holds the adapter, and returns whether it is done with it.
    Where several processes train together, the first alone has a `log`; the others work in directories of their own.
    """

    def __init__(
        self,
        run: RunDirectory,
        log: EventLog | None,
        *,
        must_stop: Callable[[], bool],
        shrink: int = 0,
        share: Share = ALONE,
        tell: Callable[[Event], None] | None = None,
        afterwards: Afterwards | None = None,
    ) -> None:
        """Read the request."""
        self._run = run
        self._log = log
        self._must_stop = must_stop
        self._shrink = shrink
        self._share = share
        self._tell = tell
        self._afterwards = afterwards
        self._request = run.request()

    def work(self) -> bool:
        """Do what is left to do; return whether the run is finished (else it was asked to pause)."""
        snapshot = self._snapshot()
        learner = self._learner()
        snapshot = self._with_replay(snapshot, learner)
        if self._share.size > 1 and self._share.rank == 0:
            machines.send(self._run)
        data = encode(snapshot, learner.encoder, self._request.training, self._request.seed)
        if not data.sft_train:
            raise EmptyDatasetError(
                f"All {data.too_long} rows are longer than max_tokens.", hint="Raise [training] max_tokens."
            )
        plans = stages.plan_stages(data, self._request.training, self._request.seed, self._shrink)
        self._write_prepared(snapshot, learner, data, plans)
        if not (self._supervise(learner, data, plans) and self._prefer(learner, data, plans)):
            return False
        if not self._run.adapter.exists():
            self._publish(learner, self._run.adapter)
        lora.restore(learner.model, lora.saved(self._run.adapter))
        if self._afterwards is not None and not self._afterwards(learner, snapshot):
            self._append(Paused(stage=Stage.EXAM, step=0))
            return False
        self._finish()
        return True

    # --- preparing ----------------------------------------------------------------------------------------------

    def _snapshot(self) -> Snapshot:
        self._begin(Stage.SNAPSHOT)
        if self._run.snapshot.exists():
            return open_snapshot(self._run.snapshot)
        request = self._request
        return draw(request.store, self._run.snapshot, valid_share=VALID_SHARE, seed=request.seed)

    def _learner(self) -> Learner:
        self._begin(Stage.BASE)
        backend.choose_compilation()
        settings = self._request.training
        base = base_model.resolve(settings.base, self._request.models)
        model, tokenizer = base_model.load(base, dtype=backend.dtype_for(base_model.parameters(base)))
        dtype = lora.compute_dtype(model)
        lora.attach(model, settings.lora, self._request.seed)
        split = SplitModel(model, settings.lora.layers, recompute=settings.recompute_activations)
        if not split.fit(mx.array([tokenizer.encode("The parts of a model must say what the whole says.")])):
            warning = "This base model cannot be cut: its frozen layers are computed anew in every step."
            self._append(Warned(message=warning))
        cache = Activations(self._run.path, memory_mb=settings.cache_mb, disk_mb=settings.cache_disk_mb)
        encoder = Encoder(tokenizer, system=self._request.system, max_tokens=settings.max_tokens)
        tools = Tools(split, cache, self._share, encoder.prefix if split.shares_prefix else ())
        return Learner(base, dtype, model, tokenizer, encoder, tools)

    def _with_replay(self, snapshot: Snapshot, learner: Learner) -> Snapshot:
        share = self._request.training.replay.share
        wanted = round(snapshot.counts["sft-train"] * share / (1 - share))
        if wanted == 0 or "replay" in snapshot.counts:
            return snapshot
        self._begin(Stage.REPLAY)
        rows = replay_rows(learner.base, self._request.models, wanted, loaded=(learner.model, learner.tokenizer))
        return add_replay(snapshot, rows)

    def _write_prepared(self, snapshot: Snapshot, learner: Learner, data: Dataset, plans: Plans) -> None:
        if self._run.prepared() is not None:
            return
        request = self._request
        self._run.write_prepared(
            Prepared(
                id=request.id,
                created=request.created,
                seed=request.seed,
                training=request.training,
                snapshot=SnapshotUsed(sha256=snapshot.sha256, counts=snapshot.counts),
                base=BaseUsed(name=learner.base.name, sha256=learner.base.sha256, dtype=learner.dtype),
                versions=backend.versions(),
                left_out={"too_long": data.too_long},
                padding=round(waste(plans.sft.training, [len(row.tokens) for row in data.sft_train]), 4),
                plan=Plan(sft_steps=plans.sft.course.steps, dpo_steps=plans.dpo.course.steps if plans.dpo else 0),
            )
        )

    # --- training -----------------------------------------------------------------------------------------------

    def _supervise(self, learner: Learner, data: Dataset, plans: Plans) -> bool:
        """Train until SFT is done; its adapter is kept, because DPO's reference is the model as SFT left it."""
        if not self._after_sft.exists():
            request = self._request
            objective = stages.supervised(plans.sft, data, request.training, request.seed, learner.tools)
            self._go_on_from_service(learner)  # only now: the objective asked the base model what it says
            if not self._train(learner.model, objective, plans.sft.course):
                return False
            self._publish(learner, self._after_sft)
        lora.restore(learner.model, lora.saved(self._after_sft))
        return True

    def _go_on_from_service(self, learner: Learner) -> None:
        """Start from the adapter in service where the settings say so and it fits; else from the base."""
        service = self._request.in_service
        if not self._request.training.continue_ or service is None:
            return
        try:
            lora.restore(learner.model, lora.matching(learner.model, service, learner.base.sha256))
        except AdapterError as error:
            self._append(Warned(message=f"{error.message} Training starts from the base."))

    def _prefer(self, learner: Learner, data: Dataset, plans: Plans) -> bool:
        if plans.dpo is None or self._run.adapter.exists():
            return True
        settings = self._request.training.dpo
        objective = stages.preference(plans.dpo, data, settings, learner.tools)
        return self._train(learner.model, objective, plans.dpo.course)

    def _train(self, model: nn.Module, objective: Objective, course: Course) -> bool:
        stage = objective.stage
        self._begin(stage)
        last = checkpoint.load_last(self._run.checkpoints)
        if last is not None and last.stage is stage:
            moment = last.moment
            self._append(Resumed(stage=stage, step=moment.position.step))
        else:
            weights = lora.trainable(model)
            moment = Moment(Position(), weights, weights, {})
        reporter = Reporter(
            self._run,
            self._append,
            stage,
            steps=course.steps,
            must_stop=self._must_stop,
        )
        if Loop(model, objective, course, reporter, self._share).run(moment):
            return True
        self._append(Paused(stage=stage, step=moment.position.step))
        return False

    # --- finishing ----------------------------------------------------------------------------------------------

    @property
    def _after_sft(self) -> Path:
        return self._run.path / "sft-adapter"

    def _finish(self) -> None:
        self._begin(Stage.SAVING)
        if self._log is not None:
            curves.draw(self._run.curves, read_events(self._run.events).events)
        shutil.rmtree(self._run.checkpoints, ignore_errors=True)
        self._append(Finished(adapter=str(self._run.adapter)))

    def _publish(self, learner: Learner, directory: Path) -> None:
        """Put the adapter as it is now in place as a whole."""
        temporary = directory.with_name(directory.name + TEMPORARY_SUFFIX)
        shutil.rmtree(temporary, ignore_errors=True)
        about = {
            "run": self._run.id,
            "base": learner.base.name,
            "base_sha256": learner.base.sha256,
            "system": self._request.system,
        }
        lora.save(learner.model, temporary, self._request.training.lora, about)
        publish_directory(temporary, directory)

    def _begin(self, stage: Stage) -> None:
        self._append(StageBegan(stage=stage))

    def _append(self, event: Event) -> None:
        if self._log is not None:
            self._log.append(event)
        if self._tell is not None:
            self._tell(event)
