"""Import and export documents: reading JSON, CSV and iCalendar files, writing safe CSV.

Readers take bytes and return values (``read_file.ReadFile``) with findings; they write nothing. The columns,
properties and keys they know are documented in ``docs/import.md`` and ``docs/programme.schema.json``.
"""
