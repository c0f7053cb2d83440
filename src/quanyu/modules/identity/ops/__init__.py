"""Writes of identity: one verb, one file. They run in the transaction that the door opened."""
