"""WeChat Pay for a direct merchant: API v3, and v2 for payment codes."""
