"""Other ways out of a programme: schedules for conference apps, tables, news of changes, what search engines read."""
