"""Pure decisions of loyalty: what earns, when it may be used, how pages are turned."""
