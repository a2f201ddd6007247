"""Warm Python processes for jobs that call functions, so that a call does not pay for an interpreter."""
