"""Pure decisions: the shape of the tree, opening hours, distances and coordinate systems."""
