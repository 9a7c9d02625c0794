"""What the control socket offers about adapters, under /v1: the switch, of which the daemon must know."""

from __future__ import annotations

from fastapi import APIRouter

from curatord.control.dependencies import Asked  # noqa: TC001  FastAPI evaluates annotations at run time
from curatord.serve.adapters import Switch  # noqa: TC001  see above

router = APIRouter(prefix="/v1/adapters")


@router.post("/rollback")
def roll_back(service: Asked) -> Switch:
    """Put back what was in service before."""
    return service.roll_back()


@router.post("/{identity}/promote")
def promote(service: Asked, identity: str) -> Switch:
    """Put an adapter into service; the beginning of its id is enough."""
    return service.promote(identity)
