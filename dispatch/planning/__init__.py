"""The optimizer's desk: snapshots, runs, publication."""
