"""One scan per listing, shared by the streams that come out of it.

Jobs, users, roles and both join models come out of one pass over the job listing; candidates and
applications out of one pass over the application listing, whatever streams are selected.
"""
