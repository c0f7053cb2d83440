"""Build the kiosk: frontend/web into the package, served at /pos/. See ``__main__``."""
