"""Pure decisions of the catalog: no Django, no I/O."""
