"""Python functions as jobs: an executor like those of ``concurrent.futures`` whose calls are durable.

``encoding`` and ``perform`` are also loaded by workers, ``execute`` and the rest by programs that submit calls.
"""
