"""All calendar tests read the pinned tzdata package, never the machine's own files."""

import zoneinfo

zoneinfo.reset_tzpath(to=())
