"""The composition root: settings, urls, ASGI, worker and command line."""
