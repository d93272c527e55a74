"""The form an organiser fills: its fields, what was typed, and the way from there to content and back."""
