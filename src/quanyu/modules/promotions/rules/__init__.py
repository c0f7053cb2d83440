"""Decisions of promotions, pure: the price chain and what a campaign must look like."""
