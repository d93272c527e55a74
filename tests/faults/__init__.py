"""What breaks around the service while people use it."""
