"""HTTP only: parse, call one service, commit, render or redirect."""
