"""What-ifs: last night's tables, changed and solved again, compared with last night's plan."""
