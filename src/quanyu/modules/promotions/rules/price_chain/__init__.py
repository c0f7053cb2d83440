"""The price chain: one file per link, their order in one table (``chain.LINKS``)."""
