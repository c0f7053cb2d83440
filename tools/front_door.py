"""Import-linter contract: a module of the monolith is entered by its front door only."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

import grimp
from importlinter import Contract, ContractCheck, fields, output


class FrontDoor(Contract):
    """Break when anybody but the wiring reaches past a module's doors.

    `container`: the package whose children are the modules. `doors`: rooms that outsiders may import.
    `wiring`: packages that may also enter by http, jobs, handlers... because they assemble the house.
    `foreign_keys`: the room that may name the same room of another module, to declare a foreign key
    (which direction it may point in is another contract's concern).
    """

    type_name = "front_door"

    container = fields.StringField()
    doors = fields.SetField(subfield=fields.StringField())
    wiring = fields.SetField(subfield=fields.StringField(), required=False)
    foreign_keys = fields.StringField(required=False)

    def check(self, graph: grimp.ImportGraph, verbose: bool) -> ContractCheck:  # noqa: FBT001 - signature is import-linter's
        """Return every (importer, target) pair that goes through a wall, in a stable order."""
        container = str(self.container)
        # Fields are descriptors that import-linter replaces by plain sets; its types do not say so.
        doors = {str(door) for door in cast(Iterable[object], self.doors)}
        wiring = {str(package) for package in cast(Iterable[object] | None, self.wiring) or ()}
        tables = cast(str | None, self.foreign_keys)
        broken: list[tuple[str, str]] = []
        for room in sorted(graph.find_children(container)):
            inside = {room} | graph.find_descendants(room)
            for target in sorted(inside - {room}):
                entered = target.removeprefix(room + ".").split(".")[0]
                if entered in doors:
                    continue
                broken.extend(
                    (importer, target)
                    for importer in sorted(graph.find_modules_that_directly_import(target) - inside)
                    if not any(importer == package or importer.startswith(package + ".") for package in wiring)
                    and not (entered == tables and importer.removeprefix(container).split(".")[2:3] == [tables])
                )
        return ContractCheck(kept=not broken, metadata={"broken": broken})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Say which import went through which wall, and what to use instead."""
        for importer, target in check.metadata["broken"]:
            output.print_error(f"{importer} reaches into {target}; use the module's api, contracts or events.")
