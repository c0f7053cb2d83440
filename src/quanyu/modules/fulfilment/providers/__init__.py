"""Protocols of other people's servers: where a parcel is."""
