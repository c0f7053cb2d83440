"""Protocols of other people's servers that know who somebody is: WeChat's mini-program server API."""
