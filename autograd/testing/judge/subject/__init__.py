"""The class that is checked: where it is, what things are called there, what they mean, and how it is used."""
