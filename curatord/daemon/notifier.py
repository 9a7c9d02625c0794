"""`[notifications]`: the desktop is told what has happened. Whatever comes of that, the daemon goes on."""

from __future__ import annotations

import os
import sys
import threading
from typing import TYPE_CHECKING

from curatord.daemon.hook_process import HookProcess
from curatord.daemon.notices import Notice, command_for, notice_of
from curatord.daemon.turns import Turns
from curatord.log import get_logger

if TYPE_CHECKING:
    from curatord.config_keeping import Notifications
    from curatord.daemon.events import Event

SECONDS_TO_STOP = 1.0

log = get_logger("notifications")


class Notifier:
    """Observes the bus and sends notices, one after the other; there is no thread while there is nothing to send."""

    def __init__(self, settings: Notifications) -> None:
        """Tell what the settings want told."""
        self._settings = settings
        self._stopping = threading.Event()
        self._turns: Turns[Notice] = Turns("notifications", self._send, self._missed, self._stopping)

    def use(self, settings: Notifications) -> None:
        """Go by other settings from now on."""
        self._settings = settings

    def heed(self, event: Event) -> None:
        """Send a notice, if the event is worth one; returns at once, in any thread."""
        notice = notice_of(event, self._settings.on)
        if notice is not None and not self._stopping.is_set():
            self._turns.add(notice)

    def stop(self) -> None:
        """Send nothing more, and end what is being sent."""
        self._stopping.set()
        self._turns.join(SECONDS_TO_STOP)

    def _send(self, notice: Notice) -> None:
        settings = self._settings
        command = command_for(notice, settings.command, sys.platform)
        try:
            process = HookProcess.start(command, os.environ)
        except (OSError, ValueError) as error:  # ValueError: a NUL in the command
            reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            log.warning("notification_failed", topic=notice.topic, program=command[0], reason=reason)
            return
        failure = process.follow(settings.timeout_seconds, self._stopping)
        if failure is not None:
            log.warning(
                "notification_failed", topic=notice.topic, program=command[0], reason=failure, output=process.output
            )

    def _missed(self, notice: Notice) -> None:
        log.warning("notification_skipped", topic=notice.topic)
