"""The mall's decisions: which store to enter, what a cart line is worth."""
