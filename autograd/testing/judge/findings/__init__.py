"""What a check has found: a row for each property, and the report of all rows as text, JSON and a page."""
