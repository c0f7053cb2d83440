"""Plays a tracking service over HTTP: for the demo and for tests, never imported by the product."""
