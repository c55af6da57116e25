"""Small, slow, obviously right: what the package is tested against. It shares no code with it."""
