"""What tests stand on: a real PostgreSQL, factories of chains, parallel buyers, HTTP clients."""
