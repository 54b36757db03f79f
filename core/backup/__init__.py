"""Backups: a database, the files it speaks of and the keys beside it, in one archive, whole or not at all."""
