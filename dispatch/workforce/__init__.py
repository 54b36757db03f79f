"""Engineers with their skills, shifts and leave."""
