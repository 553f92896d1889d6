"""Training: data in batches, one update, runs that are stopped, saved and resumed, and their files."""
