"""Exercises: the questions of an explanation, kinds of wrong answers, and the forms that courses use."""
