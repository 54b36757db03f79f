"""Knowledge: how a fault is found and mended, written by who did it, read by who meets it next."""
