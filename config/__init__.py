"""The front door: settings, addresses, jobs, health, and what runs the system. Nobody imports it."""
