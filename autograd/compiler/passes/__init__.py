"""Passes: from a program to a shorter one that computes the same, and the order in which its sections run."""
