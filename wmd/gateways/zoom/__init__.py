"""The way to Zoom and back: one pooled session, limits on every wait and size, faults by what to do next."""
