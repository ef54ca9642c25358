"""Judging what was sent: deliveries to hold, findings across rows and tables, scores."""
