"""Where things are: positions, datums, travel, territories and addresses."""
