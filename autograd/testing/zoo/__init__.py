"""A zoo of small engines for homework: one that is right, and others with one fault each. Which do your tests catch?"""
