"""Specifications: what users write, read, checked, expanded and turned into a plan."""
