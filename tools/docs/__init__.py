"""Generate `docs/reference/` from the code: module map, events, settings, error codes."""
