"""Shell completions, made from the command tree."""
