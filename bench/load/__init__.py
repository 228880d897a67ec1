"""The load generator, a process of its own: what it costs is taken from the server it measures, so it does little."""
