"""Torc runs computational workflows on laptops, in Slurm allocations and over SSH."""

__version__ = "0.1.0"
