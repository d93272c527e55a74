"""The outside: mail, Zoom, links. Gateways know none of our tables."""
