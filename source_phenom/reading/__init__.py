"""A read, from configured streams to the events that become protocol messages.

The hot path of a sync does not go through the CDK's per-record machinery: extraction through
dpath, transformations, one message object and one ``print`` per record cost some 100 microseconds
a record, ten times the network. Here a page is mapped, compared and serialised as a page, and a
record is the bytes of its JSON from the moment it is mapped.
"""
