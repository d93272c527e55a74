"""What Zoom says, as values: answers, faults, links, signatures. No network, no tables, no clock."""
