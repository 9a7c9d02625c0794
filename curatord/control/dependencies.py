"""What endpoints are given: the daemon they answer for, and a reader of its store."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator  # noqa: TC003  FastAPI evaluates annotations at run time
from typing import Annotated, cast

from fastapi import Depends, Query, Request

from curatord.control.models import PageQuery
from curatord.control.service import Service
from curatord.store.database import Store


def _service(request: Request) -> Service:
    return cast("Service", request.app.state.service)


Asked = Annotated[Service, Depends(_service)]


def _reader(service: Asked) -> Iterator[sqlite3.Connection]:
    store = Store.open_reader(service.store_path)
    try:
        yield store.connection
    finally:
        store.close()


Reader = Annotated[sqlite3.Connection, Depends(_reader)]
Page = Annotated[PageQuery, Query()]
