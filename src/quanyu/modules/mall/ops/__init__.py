"""What a shopper changes."""
