"""Watches what running jobs and their machine use: CPU, memory, processes.

The rest of the runner knows one class, :class:`torc.runner.monitor.sampler.Sampler`, and loads it only when a
workflow wants it. Figures are read from ``/proc`` on a thread of its own.
"""
