"""Pure decisions of members: no Django, no I/O."""
