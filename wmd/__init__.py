"""The World Metropolitan Day event and webinar service."""
