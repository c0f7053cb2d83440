"""Pure decisions of tiers: standing, days and settings; time and figures come as arguments."""
