"""Facts this module publishes: frozen, versioned, named in the past tense."""
