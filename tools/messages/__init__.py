"""Message catalogues: extract texts into `.po` files and compile them, without GNU gettext."""
