"""The logs of jobs and runners: where they are on this machine, and how they are read."""
