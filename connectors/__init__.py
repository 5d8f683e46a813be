"""The wires: one module per platform, one contract, one HTTP layer, and the made-up network in `sandbox`.

Plain Python: no Django, no Celery, no database. Retries, clock, storage and rights belong to the delivery
engine.
"""
