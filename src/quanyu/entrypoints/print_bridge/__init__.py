"""The print bridge: a small program on the till's computer that takes receipts from the browser to the printer."""
