"""What each command does: stages put together, and what is said about it."""
