"""Real shops' data made into a chain, and their baskets sent through the order path."""
