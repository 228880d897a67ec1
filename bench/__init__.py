"""The bench: how fast this installation is on this machine. `python -m bench`."""
