"""The demonstration's data: ``2021.json``, ``demo.json`` and ``placement.json``, read by the demo service.

The two programme files are import files like any other. ``2021.json`` is the archive edition: the real lead event of
2021 and 41 side events that are made up (``is_demo``). ``demo.json`` is the template of the edition ``demo``: a made-up
lead event and the events ``now-01`` to ``now-12``, all with placeholder dates round 7 October 2021; their true dates
depend on today. ``placement.json`` says where the twelve go: ``day_offset`` 0 is today and 1 tomorrow,
``utc_start`` is a time of day in UTC, ``minutes`` the length.
"""
