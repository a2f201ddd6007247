"""Plots of what jobs used: plain data in, Bokeh figures out.

:mod:`torc.plots.data` reads the runners' databases and needs nothing else. The other modules need Bokeh, which
the extra ``torc[plots]`` installs; they know no server, no runner and no command line. Figures are the same on
every face; :mod:`torc.plots.page` makes a file or a JSON item of one.
"""
