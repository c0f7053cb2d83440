"""Sign in and out, see oneself, two-step sign-in, one's own password and PIN."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Router, Status

from quanyu.kernel.clock import system_clock
from quanyu.modules.identity import api
from quanyu.modules.identity.http import auth
from quanyu.modules.identity.http.schemas import (
    CodeIn,
    GrantOut,
    MeOut,
    OwnPasswordIn,
    OwnPinIn,
    ProofIn,
    SessionOut,
    SignInIn,
    StaffOut,
    TotpOut,
)
from quanyu.platform import http

router = Router(tags=["session"])
# The one public address that answers 401: wrong name, password or code.
_REFUSED = {
    "responses": {
        401: {
            "description": "Unauthorized",
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
    }
}


@router.post("/sessions", response={201: SessionOut}, auth=None, openapi_extra=_REFUSED)
def sign_in(request: HttpRequest, body: SignInIn) -> Status[SessionOut]:
    """Sign in; ``identity.code_required`` says that the code is missing."""
    session = api.sign_in(
        username=body.username, password=body.password, totp=body.code, request=request, now=system_clock.now()
    )
    return Status(201, SessionOut.model_validate(session))


@router.delete("/sessions/current", response={204: None})
def sign_out(request: HttpRequest) -> Status[None]:
    """End this sign-in."""
    api.sign_out(token=auth.token_of(request), now=system_clock.now())
    return Status(204, None)


@router.post("/sessions/current/proof", response={204: None})
def prove(request: HttpRequest, body: ProofIn) -> Status[None]:
    """Prove once more that it is you, for acts that need it (``identity.step_up_required``)."""
    api.step_up(
        token=auth.token_of(request),
        actor=http.actor_of(request),
        code=body.code or "",
        password=body.password or "",
        now=system_clock.now(),
    )
    return Status(204, None)


@router.get("/me", response=MeOut)
def show_me(request: HttpRequest) -> MeOut:
    """Return oneself and what one may do in this sign-in."""
    actor = http.actor_of(request)
    member = api.staff_member(staff_id=int(actor.id), actor=actor)
    grants = [
        GrantOut(permissions=sorted(grant.permissions), scope=grant.scope, unit_id=grant.unit_id)
        for grant in actor.grants
    ]
    return MeOut(staff=StaffOut.model_validate(member), grants=grants)


@router.post("/me/totp", response={201: TotpOut})
def start_totp(request: HttpRequest) -> Status[TotpOut]:
    """Get a secret for an authenticator app; it counts once a code of it was sent."""
    return Status(201, TotpOut.model_validate(api.start_totp(actor=http.actor_of(request))))


@router.post("/me/totp/confirm", response={204: None})
def confirm_totp(request: HttpRequest, body: CodeIn) -> Status[None]:
    """Turn two-step sign-in on; other sign-ins end."""
    api.confirm_totp(actor=http.actor_of(request), code=body.code, token=auth.token_of(request), now=system_clock.now())
    return Status(204, None)


@router.put("/me/password", response={204: None})
def set_own_password(request: HttpRequest, body: OwnPasswordIn) -> Status[None]:
    """Set one's own password; other sign-ins end."""
    actor = http.actor_of(request)
    api.set_password(
        staff_id=int(actor.id),
        password=body.password,
        current_password=body.current_password,
        keep_token=auth.token_of(request),
        actor=actor,
        now=system_clock.now(),
    )
    return Status(204, None)


@router.put("/me/pin", response={204: None})
def set_own_pin(request: HttpRequest, body: OwnPinIn) -> Status[None]:
    """Set one's own PIN."""
    actor = http.actor_of(request)
    api.set_pin(
        staff_id=int(actor.id),
        pin=body.pin,
        current_password=body.current_password,
        actor=actor,
        now=system_clock.now(),
    )
    return Status(204, None)
