"""What objects look like: plain data to one line of text, and to HTML that needs nothing around it.

The HTML has no scripts and says everything in plain tables, so that it stays readable where styles are taken
away; colours follow JupyterLab's theme, else the browser's.
"""
