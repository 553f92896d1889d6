"""What the engine check asks: the table of properties, and the functions that try them."""
