"""Other software that may call the partner API."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Status

from quanyu.kernel.clock import system_clock
from quanyu.modules.identity import api
from quanyu.modules.identity.http import auth
from quanyu.modules.identity.http.schemas import ClientIn, ClientOut, IssuedClientOut
from quanyu.platform import http

router = Router(tags=["clients"])


@router.get("/clients", response=list[ClientOut])
def list_clients(request: HttpRequest) -> list[ClientOut]:
    """Return the API clients of the units one looks after."""
    return [ClientOut.model_validate(client) for client in api.clients(actor=http.actor_of(request))]


@router.post("/clients", response={201: IssuedClientOut})
@http.idempotent
def create_client(request: HttpRequest, body: ClientIn) -> Status[IssuedClientOut]:
    """Let other software in. Needs a recent proof."""
    auth.demand_recent_proof(request)
    issued = api.create_client(**body.model_dump(), actor=http.actor_of(request), now=system_clock.now())
    return Status(201, IssuedClientOut.model_validate(issued))


@router.delete("/clients/{uuid:client_id}", response={204: None})
def revoke_client(request: HttpRequest, client_id: UUID) -> Status[None]:
    """Lock other software out. Once more changes nothing."""
    api.revoke_client(client_id=str(client_id), actor=http.actor_of(request), now=system_clock.now())
    return Status(204, None)
