"""The runner: claims jobs, starts and watches them, reports how they ended."""
