"""The read model: what the public topics say, as SQL tables, for commands and the console.

It only reads topics, outside of every consumer group, and nothing reads it on the way from Zoom to Brevo. A transaction
writes rows together with the offsets they came from, so it is exact after any kill; deleted, it is built anew.
"""
