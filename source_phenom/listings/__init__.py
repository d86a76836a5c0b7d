"""One scan per listing, shared by the streams that come out of it.

Jobs, users, roles and both join models come out of one pass over the job listing; candidates and
applications out of one pass over the application listing, whatever streams are selected. ``rows``
maps a page of that to records.

With an acting user the application listing is ``enriched``: what the Candidates API knows goes
with it, one ``part`` per stream (``standings``, ``profiles``, and ``owned`` twice). ``changes``
finds out who changed, ``coverage`` keeps in the state how far that was read, and ``persons`` brings
together what is met of one candidate, so that each is asked about once.
"""
