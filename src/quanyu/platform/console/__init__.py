"""The console's building blocks, without a business word: scoped lists, detail pages, deeds, tiles and pages.

A module's ``admin.py`` describes its screens with these; ``entrypoints/console`` puts them into one site and
tells them who is asking (:func:`access.use`).
"""
