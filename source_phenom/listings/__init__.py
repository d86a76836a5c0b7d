"""The listings of the gateway: one scan each, shared by the streams that are made of its rows.

`jobs` gives jobs, users, roles and both join models; `applications` gives applications and
candidates; `people` gives employees and groups. Which stream belongs to which listing is in
`manifest.yaml`.

With an acting user the Candidates API completes the application listing (`enriched`), with one
`stream_enricher` per stream: `application_enricher`, `candidate_enricher`, and
`candidate_child_stream` twice. `change_lookup` finds out who changed, `enrichment_state` keeps in
the stream's state how far that was read, and `candidate_groups` collects all rows about one
candidate, so that the gateway is asked about each candidate once.

A sync of the application listing is a full scan or a delta, which reads only the end where new rows
appear: `scan_plan` decides, by what `listing_memory` keeps in the states. `full_scan` and
`creation_order` see in a full scan whether the listing is in order; `delta_rows` and
`candidate_delta` tell in a delta what is remembered already.

Below them: `gateway_reader` sends requests, `directory` holds the tenant's users, `spool` groups
rows on disk, `completeness` decides whether a scan was complete.
"""
