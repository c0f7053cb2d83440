"""What may cross the door: frozen dataclasses, enums and refusals (Problem). No Django."""
