"""The server: HTTP handlers over services over one SQLite store."""
