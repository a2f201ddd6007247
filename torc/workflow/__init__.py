"""Workflows as Python objects: built in a program or a notebook, run, watched and debugged there.

:class:`~torc.workflow.workflow.Workflow` is a definition that can be created and run, and
:func:`~torc.workflow.workflow.attach` gives any workflow that a server has.
"""
