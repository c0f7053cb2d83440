"""The workshop: import contracts, lints, scaffolds and generators. Nothing here is shipped in the wheel."""
