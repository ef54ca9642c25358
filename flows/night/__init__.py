"""One night, as plain functions: each reads the warehouse, makes tables, and returns a count."""
