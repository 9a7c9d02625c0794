"""curatord as a service of the operating system: a LaunchAgent on macOS, a systemd user unit on Linux."""
