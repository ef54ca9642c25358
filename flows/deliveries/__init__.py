"""Deliveries outside the night: names, archives, manifests, decisions, receipts, commands."""
