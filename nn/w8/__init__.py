"""The w1–w8 document: its network, and the study that works it out."""
