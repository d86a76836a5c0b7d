"""The listings of the gateway: one scan each, shared by the streams that are made of its rows.

`jobs` gives jobs, users, roles and both join models; `applications` gives applications and
candidates; `people` gives employees and groups. Which stream belongs to which listing is in
`manifest.yaml`.

With an acting user the Candidates API completes the application listing (`enriched`), with one
`stream_enricher` per stream: `application_enricher`, `candidate_enricher`, and
`candidate_child_stream` twice. `change_lookup` finds out who changed, `enrichment_state` keeps in
the stream's state how far that was read, and `candidate_groups` brings together what a scan meets
of one candidate, so that each candidate is asked about once.

Below them: `gateway_reader` asks the gateway, `directory` holds the tenant's users, `spool` groups
rows out of memory, `completeness` judges a finished scan.
"""
