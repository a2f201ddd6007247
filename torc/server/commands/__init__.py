"""The commands of ``torc-server``, one file each; loaded when they are used."""
