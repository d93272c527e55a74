"""Tables by subject: typed columns and constraints, no behaviour."""
