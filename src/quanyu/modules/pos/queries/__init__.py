"""What a till reads."""
