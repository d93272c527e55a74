"""The verbs, one file per step of the way from a submission to the programme."""
