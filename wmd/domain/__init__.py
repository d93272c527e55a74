"""Pure values and rules: standard library and icalendar only."""
