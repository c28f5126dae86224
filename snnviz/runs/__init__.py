"""Work that outlives the look that asked for it: its values, the store that keeps it, the client that follows it, the worker."""
