"""What is on which shelf and in which van: parts, locations, movements, part requests."""
