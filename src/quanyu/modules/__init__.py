"""Bounded contexts; each is entered by its api, contracts and events only."""
