"""Setting Paidan up, starting it, and checks of what it is shipped with."""
