"""Who asks: credentials, what they stand for, and how wrong ones are slowed down."""
