"""The console's frame: Django admin dressed by unfold, with our pages in it."""
