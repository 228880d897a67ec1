"""What Corridor sends to other systems."""
