"""The sandbox network: a made-up Facebook and X that real connectors talk to over real HTTP.

It speaks the documented subset of each platform's API, shows what followers would see, keeps the truth and
misbehaves
on request. It is a peer, not a part: nothing here is called by a connector, and no rule of ours is kept here.
"""
