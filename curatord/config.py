"""Every setting, its default and its meaning. `etc/curatord.toml` is generated from these classes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, Strict, ValidationInfo

from curatord.config_keeping import Keeping, Log, Notifications
from curatord.config_table import Table, Texts
from curatord.memory.document import Kind  # noqa: TC001  pydantic evaluates annotations at run time
from curatord.paths import expanded


def _directory(value: object, info: ValidationInfo) -> object:
    base = info.context["base"] if info.context else Path.cwd()
    return expanded(value, base) if isinstance(value, str) else value


def _allow_entry(value: str) -> str:
    from curatord.curate.redact.allow import check_entry  # noqa: PLC0415  the rules take a while to load

    return check_entry(value)


def _schedule(value: str) -> str:
    from curatord.cron import Cron  # noqa: PLC0415  a tenth of a second that only a schedule of one's own costs

    Cron.parse(value)
    return value


# A relative path is relative to the configuration file, wherever the daemon is started.
Directory = Annotated[Path, Strict(False), BeforeValidator(_directory)]
AllowEntry = Annotated[str, AfterValidator(_allow_entry)]
Schedule = Annotated[str, AfterValidator(_schedule)]


class State(Table):
    """Where curatord keeps what it makes."""

    dir: Directory | None = Field(
        None, description="Store, shards, logs and socket; without it, the platform's state directory."
    )


class Root(Table):
    """One watched directory."""

    path: Directory = Field(description="A directory of markdown notes; subdirectories belong to it.")
    kind: Kind = Field(strict=False, description='"knowledge" (what is so) or "episodes" (what happened).')


class Memory(Table):
    """What is watched, and what counts as a note."""

    roots: tuple[Root, ...] = Field(
        (), strict=False, description="The watched directories; none may lie inside another."
    )
    settle_seconds: float = Field(1.0, ge=0.0, le=600, description="Seconds of quiet before changes are read.")
    max_settle_seconds: float = Field(
        30.0, ge=0.1, le=3600, description="Seconds a change waits for quiet at the longest."
    )
    rescan_seconds: float = Field(300.0, ge=1, description="Seconds between comparisons of disk and store.")
    max_bytes: int = Field(1_048_576, ge=1, description="Larger notes, in bytes, are recorded as skipped.")
    min_characters: int = Field(50, ge=0, description="Notes with less text than this are skipped as noise.")
    ignore: Texts = Field(
        ("INDEX.md",), description="Patterns in gitignore syntax, for every root; a `.curatorignore` adds to them."
    )
    hold_deletions_above: int = Field(50, ge=0, description="Where more notes than this are gone at once, and ...")
    hold_deletions_share: float = Field(
        0.25, ge=0, le=1, description="... more than this share of a root's, their pairs stay until you confirm."
    )


class Pairs(Table):
    """How facts become questions and answers."""

    phrasings: int = Field(6, ge=1, le=12, description="Training questions per fact; one more is kept for the exam.")
    min_score: float = Field(0.8, ge=0, le=1, description="Pairs below this quality score are dropped.")
    system: str = Field(
        "Answer from what you know of the user's notes.", description="The system message of every pair."
    )


class Redact(Table):
    """What becomes of secrets and personal data in notes."""

    mode: Literal["drop", "mask"] = Field(
        "drop",
        description="What holds a secret gives no pairs, or a placeholder stands in for the secret. Sections and"
        " frontmatter are dropped as a whole.",
    )
    allow: Annotated[tuple[AllowEntry, ...], Strict(False)] = Field(
        (),
        description='What is no secret: a rule to switch off ("phone-number"), or a rule and a regular expression for'
        ' the whole of its harmless values ("aws-access-key:AKIA.*EXAMPLE").',
    )


class Shards(Table):
    """How the pairs are laid out as JSONL files."""

    documents: int = Field(32, ge=1, description="Notes per shard, on average; an edit rewrites the note's shard.")


class Engine(Table):
    """The worker processes that read and curate notes."""

    workers: int = Field(0, ge=0, le=64, description="Processes at most; 0 is one per core, four at most.")
    seconds: float = Field(20.0, gt=0, description="Seconds for one note; a note that takes longer is set aside.")
    memory_mb: int = Field(1024, ge=128, description="Address space of a worker on Linux, in MiB.")


class Lora(Table):
    """Which weights are trained (LoRA, arXiv 2106.09685)."""

    rank: int = Field(32, ge=1, le=512, description="LoRA rank.")
    layers: int = Field(8, ge=1, description="Transformer blocks that get LoRA, counted from the top.")
    scale: float = Field(2.0, gt=0, description="Factor of the update, as mlx_lm has it (alpha / rank elsewhere).")
    dropout: float = Field(0.0, ge=0, lt=1, description="Share of inputs dropped in front of each LoRA update.")
    targets: Texts = Field(
        (), description='Layers within a block, such as "self_attn.q_proj"; empty: every linear layer.'
    )
    dora: bool = Field(False, description="Train magnitudes and directions apart (DoRA, arXiv 2402.09353).")


class Sft(Table):
    """Supervised fine-tuning: the answers are learned."""

    epochs: int = Field(4, ge=1, le=100, description="Times every pair is seen.")
    ways: int = Field(
        4, ge=0, le=100, description="Ways in which a fact is asked for, at most; 0: as the store asks, and no others."
    )
    fact_tokens: int = Field(
        160, ge=1, description="Answer tokens of a fact in an epoch; where they are more, it is asked in fewer ways."
    )
    word_dropout: float = Field(
        0.2, ge=0, lt=1, description="Share of a question's tokens hidden while its answer is learned."
    )
    max_steps: int = Field(0, ge=0, description="Optimizer steps at most; 0: as many as the epochs take.")
    learning_rate: float = Field(2.5e-3, gt=0, le=1, description="Peak learning rate of AdamW.")
    warmup: float = Field(0.05, ge=0, le=1, description="Share of the steps in which the rate rises to its peak.")
    weight_decay: float = Field(0.0, ge=0, le=1, description="AdamW's weight decay.")
    batch_tokens: int = Field(256, ge=64, description="Tokens in a batch, padding included.")
    accumulate: int = Field(1, ge=1, le=256, description="Batches whose gradients are added up to one step.")
    patience: int = Field(
        0, ge=0, description="Validations without a better loss before training stops, and the best is taken; 0: never."
    )


class Dpo(Table):
    """Direct preference optimization (arXiv 2305.18290), from the SFT adapter."""

    enabled: bool = Field(True, description="Whether preference pairs are trained on at all.")
    epochs: int = Field(1, ge=1, le=100, description="Times every preference pair is seen.")
    max_steps: int = Field(40, ge=0, description="Optimizer steps at most; 0: as many as the epochs take.")
    loss: Literal["sigmoid", "ipo", "hinge"] = Field("sigmoid", description="The preference loss.")
    beta: float = Field(0.1, gt=0, le=10, description="How strongly the reference model holds.")
    label_smoothing: float = Field(0.0, ge=0, lt=0.5, description="Share of pairs taken to be labelled wrongly.")
    sft_weight: float = Field(0.2, ge=0, description="Weight of the chosen answers' own loss beside the preference.")
    learning_rate: float = Field(1e-4, gt=0, le=1, description="Peak learning rate of AdamW.")
    warmup: float = Field(0.1, ge=0, le=1, description="Share of the steps in which the rate rises to its peak.")
    batch_tokens: int = Field(2048, ge=64, description="Tokens in a batch of pairs, both answers, padding included.")


class Replay(Table):
    """What keeps the model from forgetting what it could do before."""

    share: float = Field(0.05, ge=0, le=0.9, description="Share of the rows that are the base model's own answers.")
    kl: float = Field(
        0.0, ge=0, description="Weight of the divergence from the base model on these rows; 0: they are learned."
    )


class Conditions(Table):
    """When training may go on; a condition lost during a run pauses it at the next step."""

    on_power: bool = Field(True, description="Only while the machine is not on battery.")
    max_load: float = Field(0.8, ge=0, description="Load of others per core, one-minute average; 0: any.")
    min_free_memory_mb: int = Field(2048, ge=0, description="MiB of memory that must be available; 0: any.")
    min_free_disk_mb: int = Field(2048, ge=0, description="MiB that must be free where the runs are kept; 0: any.")
    idle_minutes: float = Field(
        10.0, ge=0, description="Minutes without keyboard and mouse, where that is known; 0: any."
    )
    display_asleep: bool = Field(False, description="Only while the display sleeps, where that is known.")
    thermal: bool = Field(True, description="Only while the machine does not throttle for heat.")


class Training(Table):
    """The nightly training."""

    enabled: bool = Field(True, description="Whether the daemon trains by itself; `curatord train now` always may.")
    base: str = Field(
        "smollm2-135m",
        min_length=1,
        description='The model to start from: "smollm2-135m" (built in), an MLX model directory, or a Hugging Face id.',
    )
    schedule: Schedule = Field("30 2 * * *", description="When to train, as a cron expression in local time.")
    stop_at: str = Field(
        "07:00",
        pattern=r"^([01]\d|2[0-3]):[0-5]\d$|^$",
        description="Local time at which a run is paused until its next turn; empty: never.",
    )
    min_new_pairs: int = Field(50, ge=1, description="Pairs no run has seen yet that must have gathered.")
    seed: int = Field(0, ge=0, lt=2**32, description="Seed of everything random.")
    max_tokens: int = Field(1024, ge=32, description="Longer rows lose the system text, or are left out and counted.")
    max_gradient_norm: float = Field(1.0, gt=0, description="Gradients are clipped to this norm.")
    validate_every: int = Field(200, ge=1, description="Steps between validations.")
    checkpoint_every: int = Field(50, ge=1, description="Steps between checkpoints; slow ones are kept once a minute.")
    recompute_activations: bool = Field(
        False, description="Compute activations twice instead of keeping them (gradient checkpointing; saves memory)."
    )
    cache_mb: int = Field(2048, ge=0, description="MiB of memory for activations of the frozen layers.")
    cache_disk_mb: int = Field(8192, ge=0, description="MiB of disk for those that memory does not hold.")
    models: Directory | None = Field(
        None, description="Where base models are kept; without it, the platform's cache directory."
    )
    hosts: Texts = Field((), description="Machines that train together (mlx.launch); empty: this one alone.")
    continue_: bool = Field(
        False,
        alias="continue",
        description="Go on from the adapter in service; off: every run starts from the base, and forgets what is gone.",
    )
    lora: Lora = Lora()
    sft: Sft = Sft()
    dpo: Dpo = Dpo()
    replay: Replay = Replay()
    conditions: Conditions = Conditions()


class Judge(Table):
    """A language model that grades what a fact's keys do not settle; without an endpoint or a base there is none."""

    endpoint: str = Field("", description='An OpenAI-compatible API, such as "http://127.0.0.1:11434/v1".')
    model: str = Field("", description="The model to ask for there.")
    api_key_variable: str = Field("", description="The environment variable that holds the key; empty: none is sent.")
    base: str = Field("", description="Instead of an endpoint: a local base model, never the one that is trained.")
    timeout_seconds: float = Field(60.0, gt=0, le=3600, description="Seconds for one verdict.")


class Exam(Table):
    """The exam after each run, and when its adapter goes into service."""

    questions: int = Field(150, ge=1, description="Questions asked at most, spread over topics and categories.")
    max_tokens: int = Field(40, ge=1, le=4096, description="Tokens of a reply at most.")
    min_gain: float = Field(1.0, ge=0, le=100, description="Points an adapter must gain over the one before.")
    max_loss: float = Field(2.0, ge=0, le=100, description="Points that general knowledge may lose against the base.")
    scales: Annotated[tuple[float, ...], Strict(False)] = Field(
        (0.4, 0.6, 0.8, 1.0),
        min_length=1,
        description="Strengths of the update that are tried from the top, until less is known; the best one is kept.",
    )
    route: bool = Field(
        True, description="Let the base model alone answer what the notes do not speak of (`ask`, `serve`, the exam)."
    )
    recognise: bool = Field(
        True, description="Put a question to the adapter in the words of its training that ask for the same (`ask`)."
    )
    mastery: float = Field(0.9, gt=0, le=1, description="Share of right answers from which a topic counts as mastered.")
    plateau: float = Field(0.01, ge=0, le=1, description="A round that gains less than this share is the last.")
    rounds: int = Field(1, ge=0, le=20, description="Rounds at most in which the model learns from its own mistakes.")
    keep: int = Field(5, ge=1, description="Adapters kept; the one in service is never deleted.")
    judge: Judge = Judge()


class Gaps(Table):
    """What to learn next: `curatord gaps`, and `gaps.md` in the state directory."""

    listed: int = Field(20, ge=1, le=1000, description="Gaps told in `gaps.md` at most.")
    questions: int = Field(20, ge=0, description="Exam questions asked again to see how sure the model is; 0: none.")
    samples: int = Field(3, ge=0, le=20, description="Replies drawn for each of them, to see whether they agree.")
    remember: bool = Field(True, description="Keep questions that the notes do not speak of; secrets are left out.")


class Serve(Table):
    """An OpenAI-compatible server on this machine, with the adapter in service."""

    enabled: bool = Field(False, description="Whether the daemon keeps such a server running.")
    port: int = Field(8741, ge=1, le=65535, description="The port on 127.0.0.1.")
    min_free_memory_mb: int = Field(1024, ge=0, description="MiB of memory that must be available to start it; 0: any.")
    pause_for_training: bool = Field(True, description="Whether it makes room while a run is going.")


class Hook(Table):
    """A command that is run when something has happened."""

    on: Literal["shards_written", "run_finished", "promoted", "gap_found"] = Field(description="What it waits for.")
    command: Texts = Field(min_length=1, description="A program and its arguments; no shell.")
    timeout_seconds: float = Field(60.0, gt=0, le=86_400, description="Seconds until it is ended.")


class Control(Table):
    """The Unix socket that commands talk to."""

    max_request_bytes: int = Field(65_536, ge=1024, description="Larger request bodies, in bytes, are refused.")


class Settings(Table):
    """The whole configuration."""

    state: State = State()
    memory: Memory = Memory()
    pairs: Pairs = Pairs()
    redact: Redact = Redact()
    shards: Shards = Shards()
    engine: Engine = Engine()
    training: Training = Training()
    exam: Exam = Exam()
    gaps: Gaps = Gaps()
    serve: Serve = Serve()
    hooks: tuple[Hook, ...] = Field((), strict=False, description="Commands run when something has happened.")
    notifications: Notifications = Notifications()
    log: Log = Log()
    keeping: Keeping = Keeping()
    control: Control = Control()
