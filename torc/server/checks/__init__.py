"""What ``torc-server check`` looks at: each function tells what it found, and changes nothing."""
