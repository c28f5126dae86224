"""Work that goes on when its page is left: its values, the store that saves it, the client that follows it, and the worker."""
