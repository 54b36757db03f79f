"""What dispatchers see of a day."""
