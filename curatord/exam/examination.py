"""After training: the adapter sits its exam at several strengths, and leaves in `runs/ID/examined` what is to be kept.

adapters.safetensors adapter_config.json    as mlx_lm loads them, at the strength that did best
exam.json replies.jsonl    what it knows, question by question
routing.json                              which questions are its own
questions.jsonl meanings.safetensors      in which words it was taught, and what is meant by them
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson
from mlx_lm.tuner.utils import load_adapters

from curatord.exam import gate, questions, recognition, records, routing, verdict
from curatord.exam.answering import Answerer, InterruptedByRequest
from curatord.exam.interrogate import interrogate
from curatord.exam.judge import open_judge
from curatord.exam.meaning import Meanings
from curatord.exam.meaning_model import MeaningModel
from curatord.exam.revision import Round, misses
from curatord.exam.second_opinion import SecondOpinion
from curatord.exam.sitting import Said, Sitting
from curatord.store.atomic import TEMPORARY_SUFFIX, publish_directory, write_file
from curatord.store.splits import Part
from curatord.train import backend, base_model, lora, replay, tensor_file
from curatord.train.adapter_files import CONFIG, WEIGHTS
from curatord.train.dataset import taught
from curatord.train.model_files import BaseModelError
from curatord.train.run_events import Examined, Stage, StageBegan, Warned
from curatord.train.snapshot import open_snapshot
from curatord.train.wording import by_answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from curatord.config import Exam as Settings
    from curatord.exam.verdict import Graded
    from curatord.train.job import Learner
    from curatord.train.run_directory import RunDirectory
    from curatord.train.run_events import Event
    from curatord.train.snapshot import ExamRow, Snapshot
    from curatord.train.tensor_file import Arrays


@dataclass(frozen=True, slots=True)
class Sat:
    """What an exam found after some rounds: every trial, the best one, its replies, and the adapter's weights."""

    number: int
    trials: tuple[records.Trial, ...]
    kept: records.Trial
    replies: list[records.Reply]
    said: Said
    weights: Arrays

    @property
    def share(self) -> float:
        """The accuracy of the best trial, in [0, 1]."""
        return self.kept.exam.after / self.kept.exam.asked if self.kept.exam.asked else 0.0


class Examination:
    """The exam of one run; calling it returns whether it is over (else the process was asked to leave)."""

    def __init__(self, run: RunDirectory, *, tell: Callable[[Event], None], must_stop: Callable[[], bool]) -> None:
        """Prepare; nothing is loaded yet."""
        self._run = run
        self._request = run.request()
        self._tell = tell
        self._must_stop = must_stop
        self._marker = verdict.Marker()

    def __call__(self, learner: Learner, snapshot: Snapshot) -> bool:
        """Examine the adapter that the learner's model holds."""
        if self._run.examined.exists():
            return True
        self._tell(StageBegan(stage=Stage.EXAM))
        learner.model.eval()
        try:
            self._examine(learner, snapshot)
        except InterruptedByRequest:
            return False
        return True

    def _examine(self, learner: Learner, snapshot: Snapshot) -> None:
        settings = self._request.exam
        self._call_judge(learner)
        asked = questions.sample(snapshot.test(), settings.questions, snapshot.sha256)
        router = _router(snapshot, asked, learner.tokenizer) if settings.route else None
        answerer = self._answerer(learner.model, learner, settings)
        first = Sitting(asked, self._run.path / "exam", router)
        base = first.ask("base", answerer, 0.0)
        before = self._marker.graded(asked, self._in_service(learner, first, base, settings))
        best = sat = self._sit(first, answerer, base, before, learner)
        for number in range(1, settings.rounds + 1):
            answerer.set_strength(1.0)
            if sat.share >= settings.mastery or not self._revise(number, asked, sat, learner, snapshot):
                break
            place = Round(self._run, number).exam
            earlier, sat = sat, self._sit(Sitting(asked, place, router), answerer, base, before, learner, number)
            best = sat if gate.is_better(sat.kept, best.kept) else best
            if sat.share - earlier.share < settings.plateau:
                break
        replies = self._with_sureness(best, answerer, learner)
        update = self._opinions(asked, replies) | {"gone": self._gone(snapshot, answerer)}
        exam = self._record(learner, snapshot, best, base).model_copy(update=update)
        self._publish(exam, replies, best.weights, router, self._recognisable(learner, snapshot))

    def _recognisable(self, learner: Learner, snapshot: Snapshot) -> dict[str, bytes]:
        """Return what the adapter was taught, as it is kept beside it: the files of `recognition` by name."""
        request = self._request
        facts = taught(snapshot, learner.encoder, request.training.sft, request.seed)
        kept = {records.QUESTIONS: recognition.as_lines(facts)}
        try:
            model = MeaningModel.load()
        except BaseModelError as error:
            self._tell(Warned(message=f"Questions will be recognised by their words alone. {error} {error.hint}"))
            return kept
        meanings = Meanings.of(model.meanings([recognition.described(fact) for fact in facts]), model.name)
        return kept | {records.MEANINGS: meanings.to_bytes()}

    def _call_judge(self, learner: Learner) -> None:
        settings = self._request.exam.judge
        judge = open_judge(settings, learner.base, self._request.models, os.environ)
        if judge is not None:
            self._marker.second_opinion = SecondOpinion(judge, settings.base or settings.model)

    def _gone(self, snapshot: Snapshot, answerer: Answerer) -> records.Score | None:
        """Ask for facts that the adapter in service was taught and this one was not; None where there are none."""
        service = self._request.in_service
        earlier = self._run.path.with_name(service.name) / "snapshot" if service else None
        if earlier is None or not earlier.is_dir():
            return None
        known = {row.fact for row in snapshot.test()}
        gone = [row for row in open_snapshot(earlier).test() if row.fact not in known]
        asked = questions.sample(gone, self._request.exam.questions, snapshot.sha256)
        replies = answerer.replies([row.question for row in asked])
        still = sum(verdict.by_keys(row, reply).right for row, reply in zip(asked, replies, strict=True))
        return records.Score(asked=len(asked), right=still) if asked else None

    def _opinions(self, asked: Sequence[ExamRow], replies: Sequence[records.Reply]) -> dict[str, object]:
        """Return what the record tells of the judge."""
        judge = self._marker.second_opinion
        if judge is None:
            return {}
        return {"judged": judge.agreement(asked, replies), "warnings": (judge.warning,) if judge.warning else ()}

    def _with_sureness(self, sat: Sat, answerer: Answerer, learner: Learner) -> list[records.Reply]:
        """Return the replies, some of them with how sure the model was: the first ones that are about the notes."""
        gaps = self._request.gaps
        places = [place for place, reply in enumerate(sat.replies) if reply.routed][: gaps.questions]
        lora.restore(learner.model, sat.weights)
        answerer.set_strength(sat.kept.scale)
        found = interrogate(
            learner.model,
            learner.tokenizer,
            [learner.encoder.prompt(sat.replies[place].question) for place in places],
            max_tokens=self._request.exam.max_tokens,
            samples=gaps.samples,
            seed=self._request.seed,
        )
        replies = list(sat.replies)
        for place, one in zip(places, found, strict=True):
            update = {"entropy": one.entropy, "agreement": one.agreement}
            replies[place] = replies[place].model_copy(update=update)
        return replies

    def _sit(
        self, sitting: Sitting, answerer: Answerer, base: Said, before: Graded, learner: Learner, number: int = 0
    ) -> Sat:
        """Ask what the learner's model knows, from full strength down as far as it may pay, and tell the best of it."""
        settings = self._request.exam
        said: dict[float, Said] = {}
        trials: tuple[records.Trial, ...] = ()
        for scale in sorted(settings.scales, reverse=True):
            said[scale] = sitting.ask(f"scale-{scale:g}", answerer, scale)
            trial = verdict.trial(
                sitting, self._marker, scale, said[scale], base=base, before=before, settings=settings
            )
            trials = (*trials, trial)
            if gate.is_enough(trials):
                break
        kept = gate.best(trials)
        replies = verdict.replies(sitting, self._marker, said[kept.scale], base, before, kept.threshold)
        change = kept.exam
        self._tell(
            Examined(
                round=number,
                asked=change.asked,
                before=change.before,
                after=change.after,
                scale=kept.scale,
                promote=not kept.refused,
            )
        )
        return Sat(number, trials, kept, replies, said[kept.scale], lora.trainable(learner.model))

    def _revise(self, number: int, asked: Sequence[ExamRow], sat: Sat, learner: Learner, snapshot: Snapshot) -> bool:
        """Train on what was answered wrong; return whether there was anything to learn."""
        graded = self._marker.graded(asked, sat.said)
        missed = misses(asked, sat.said.exam, graded.exam, snapshot.sft(Part.TRAIN))
        if not missed:
            return False
        learner.model.train()
        done = Round(self._run, number).learn(learner, snapshot, missed, self._request.training, self._must_stop)
        learner.model.eval()
        if not done:
            raise InterruptedByRequest
        return True

    def _record(self, learner: Learner, snapshot: Snapshot, sat: Sat, base: Said) -> records.Exam:
        against = self._request.in_service
        return records.Exam(
            run=self._run.id,
            created=datetime.now(UTC),
            base=learner.base.name,
            against=against.name if against else None,
            seed=snapshot.sha256,
            general_before=verdict.graded_probes(base),
            trials=sat.trials,
            scale=sat.kept.scale,
            promote=not sat.kept.refused,
            reason=verdict.reason(sat.kept, against.name if against else None),
            rounds=sat.number,
            continued=self._request.training.continue_ and against is not None,
            topics=records.parts(sat.replies, "topic"),
            categories=records.parts(sat.replies, "category"),
            kinds=records.parts(sat.replies, "kind"),
        )

    def _answerer(self, model: Any, learner: Learner, settings: Settings) -> Answerer:  # noqa: ANN401  an mlx module
        return Answerer(
            model, learner.tokenizer, learner.encoder, max_tokens=settings.max_tokens, must_stop=self._must_stop
        )

    def _in_service(self, learner: Learner, sitting: Sitting, base: Said, settings: Settings) -> Said:
        """Return what the adapter in service says, routed by its own router; the base's words where there is none."""
        adapter = self._request.in_service
        if adapter is None or not adapter.is_dir():
            return base
        if _base_of(adapter) != learner.base.sha256:
            self._tell(Warned(message="The adapter in service has another base model: compared with the base alone."))
            return base
        model, _ = base_model.load(learner.base, dtype=backend.dtype_for(base_model.parameters(learner.base)))
        answerer = self._answerer(load_adapters(model, str(adapter)), learner, settings)
        said = sitting.ask("in-service", answerer, 1.0)
        theirs = Sitting(sitting.questions, sitting.directory, routing.read(adapter))
        return theirs.routed(said, base, theirs.threshold)

    def _publish(
        self,
        exam: records.Exam,
        replies: list[records.Reply],
        weights: Arrays,
        router: routing.Router | None,
        recognisable: dict[str, bytes],
    ) -> None:
        """Put everything into `examined`, which appears once it is whole and on disk."""
        final = self._run.examined
        draft = final.with_name(final.name + TEMPORARY_SUFFIX)
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        tensor_file.write(draft / WEIGHTS, weights)
        write_file(draft / CONFIG, at_strength((self._run.adapter / CONFIG).read_bytes(), exam.scale))
        write_file(draft / records.EXAM, exam.model_dump_json(indent=2).encode() + b"\n")
        write_file(draft / records.REPLIES, records.as_lines(replies))
        for name, content in recognisable.items():
            write_file(draft / name, content)
        if router is not None:
            routing.write(router.model_copy(update={"threshold": exam.kept.threshold}), draft)
        publish_directory(draft, final)


def at_strength(config: bytes, strength: float) -> bytes:
    """Return an adapter's configuration with the scale of its update times `strength`."""
    content = orjson.loads(config)
    content["lora_parameters"]["scale"] *= strength
    content["curatord"] = {**content.get("curatord", {}), "strength": strength}
    return orjson.dumps(content, option=orjson.OPT_INDENT_2)


def _base_of(adapter: Path) -> str | None:
    content = orjson.loads((adapter / CONFIG).read_bytes())
    found = content.get("curatord", {}).get("base_sha256")
    return found if isinstance(found, str) else None


def _router(snapshot: Snapshot, asked: Sequence[ExamRow], tokenizer: Any) -> routing.Router:  # noqa: ANN401  mlx_lm has no types
    """Return the router, fitted to questions that this exam does not ask, as far as there are others."""
    taken = {row.pair for row in asked}
    others = [row.question for row in snapshot.test() if row.pair not in taken]
    return routing.fit(
        list(_facts(snapshot)),
        others or [row.question for row in asked],
        replay.prompts(),
        lambda word: len(tokenizer.encode(f" {word}", add_special_tokens=False)) == 1,
    )


def _facts(snapshot: Snapshot) -> Iterator[routing.Fact]:
    """Yield what is taught."""
    for answer, ways in by_answer(snapshot.sft(Part.TRAIN)).items():
        yield routing.Fact(answer, tuple(way.question for way in ways))
