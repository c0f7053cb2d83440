"""Pure decisions: time, ids and rates come as arguments. No Django, no input or output."""
