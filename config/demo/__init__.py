"""The demo department as data: who speaks, thirty days of what they said, and drawn pictures.

Lives here: department.yaml, posts/*.yaml, their reader and the pictures. Must not live here: anything that
writes to the database; loading goes through the rooms' own services.
"""
