"""What-ifs: last night's tables, changed and solved again, beside last night's plan."""
