"""Tills, kiosks and phones of the stores one looks after."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Status

from quanyu.kernel.clock import system_clock
from quanyu.modules.identity import api
from quanyu.modules.identity.http.schemas import DeviceIn, DeviceOut, EnrolIn, EnrolledOut, EnrolmentCodeOut
from quanyu.platform import http

router = Router(tags=["devices"])


@router.get("/devices", response=list[DeviceOut])
def list_devices(request: HttpRequest) -> list[DeviceOut]:
    """Return the devices of the units one may see, revoked ones too."""
    return [DeviceOut.model_validate(device) for device in api.list_devices(actor=http.actor_of(request))]


@router.post("/devices", response={201: EnrolmentCodeOut})
@http.idempotent
def prepare_device(request: HttpRequest, body: DeviceIn) -> Status[EnrolmentCodeOut]:
    """Prepare a device for a store and get the code to type at it."""
    code = api.enrol_code(**body.model_dump(), actor=http.actor_of(request), now=system_clock.now())
    return Status(201, EnrolmentCodeOut.model_validate(code))


@router.post("/devices/{uuid:device_id}/code", response={201: EnrolmentCodeOut})
def renew_code(request: HttpRequest, device_id: UUID) -> Status[EnrolmentCodeOut]:
    """Get another code for a known device; earlier codes stop working."""
    code = api.renew_enrol_code(device_id=str(device_id), actor=http.actor_of(request), now=system_clock.now())
    return Status(201, EnrolmentCodeOut.model_validate(code))


@router.post("/devices/enrol", response={201: EnrolledOut}, auth=None)
def enrol(request: HttpRequest, body: EnrolIn) -> Status[EnrolledOut]:
    """Exchange a code for the device's token; a code works once."""
    enrolled = api.enrol(code=body.code, address=request.META.get("REMOTE_ADDR", ""), now=system_clock.now())
    return Status(201, EnrolledOut.model_validate(enrolled))


@router.delete("/devices/{uuid:device_id}", response={204: None})
def revoke_device(request: HttpRequest, device_id: UUID) -> Status[None]:
    """Stop a device and every sign-in on it. Once more changes nothing."""
    api.revoke_device(device_id=str(device_id), actor=http.actor_of(request), now=system_clock.now())
    return Status(204, None)
