"""The demo chain: one brand, three regions, twenty stores, made by the doors that a real chain would use."""
