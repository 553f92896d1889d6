"""Looking at a recorded graph: pictures and words."""
