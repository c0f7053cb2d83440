"""Pure decisions: who may give what to whom, what codes and PINs look like."""
