"""What the control socket asks of the daemon."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pathlib import Path

    from curatord.daemon.events import Events
    from curatord.daemon.status import Ordered, Preview, Reloaded, Status, Synced
    from curatord.serve.adapters import Switch
    from curatord.store.judgements import By, Edit, Verdict
    from curatord.store.judging import Outcome
    from curatord.store.records import DroppedRecord


class Trainer(Protocol):
    """Orders about training; each raises a CuratordError that says why it cannot be met."""

    def now(self, base: str | None = None) -> Ordered:
        """Start a run, of another base than that of the settings if one is named."""

    def pause(self) -> Ordered:
        """Let the run in hand rest until it is resumed."""

    def resume(self) -> Ordered:
        """Let the run in hand go on."""

    def cancel(self) -> Ordered:
        """End the run in hand for good."""

    def preview(self) -> Preview:
        """Tell what the schedule would do now, and why."""


class Service(Protocol):
    """The daemon as its clients see it; every method may be called from any thread."""

    @property
    def events(self) -> Events:
        """The bus of everything that happens."""

    @property
    def training(self) -> Trainer:
        """What takes orders about training."""

    @property
    def runs_path(self) -> Path:
        """The directory of the training runs."""

    @property
    def adapters_path(self) -> Path:
        """The directory of the adapters that are kept."""

    @property
    def store_path(self) -> Path:
        """The database, for readers of their own."""

    def status(self) -> Status:
        """Tell what is going on, without touching the disk."""

    def sync(self, *, wait: bool, timeout: float) -> Synced:
        """Ask for a full comparison of disk and store, and wait for it where asked."""

    def reload(self) -> Reloaded:
        """Read the configuration again; a broken one leaves the old settings in force."""

    def confirm_deletions(self) -> list[str]:
        """Let deletions on hold go through; return the names of the roots concerned."""

    def refused(self, notes: list[tuple[str, str]]) -> dict[tuple[str, str], tuple[DroppedRecord, ...]]:
        """Read notes again (root's name, path) in a process of its own and return what gives no pair in them."""

    def judge(self, identity: str, verdict: Verdict, by: By, edit: Edit, *, whole_fact: bool) -> Outcome:
        """Let people's word on a pair be so; raises CuratordError where that cannot be."""

    def take_back(self, identity: str, *, whole_fact: bool) -> Outcome:
        """Forget people's word on a pair; raises CuratordError where there is none."""

    def promote(self, identity: str) -> Switch:
        """Put an adapter into service; raises CuratordError where that cannot be."""

    def roll_back(self) -> Switch:
        """Put back what was in service before; raises CuratordError where that cannot be."""

    def stop(self) -> None:
        """Begin to shut down."""
