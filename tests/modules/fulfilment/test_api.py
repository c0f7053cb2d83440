"""The door of fulfilment."""

from __future__ import annotations

import inspect

from quanyu.modules.fulfilment import api


def test_every_door_takes_typed_keywords_only() -> None:
    doors = {name: getattr(api, name) for name in api.__all__}

    loose = [
        f"{door}({parameter.name})"
        for door, function in doors.items()
        if inspect.isfunction(function)
        for parameter in inspect.signature(function).parameters.values()
        if parameter.kind is not parameter.KEYWORD_ONLY or parameter.annotation is parameter.empty
    ]
    assert loose == []
