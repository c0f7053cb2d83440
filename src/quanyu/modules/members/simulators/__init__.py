"""A simulated WeChat server for mini-programs: speaks the same HTTP protocol, and fails on demand."""
