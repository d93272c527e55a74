"""Calendar bytes: entries, time zones, feeds, links into web calendars, and the strict check of all of them.

The way of the bytes: ``entries.build_entry`` writes one VEVENT when an event is published, ``strict``
checks it before it is stored, ``feed.join`` puts stored entries together when a feed is asked for.
``strict`` and ``grammar`` share no code with the writers, so that one mistake cannot hide in both.
"""
