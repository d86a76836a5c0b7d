"""A read, from configured streams to the events that become protocol messages.

The hot path of a sync does not go through the CDK's per-record machinery: extraction through
dpath, transformations, one message object and one ``print`` per record cost several times what all
the rest does. What is done instead, and where:

* The console script speaks the protocol without importing the CDK (``phenom_protocol``), which
  alone would take longer than reading ten thousand applications.
* A page is mapped as soon as it is read (:meth:`ApplicationListing.scan_mapped`). From then on a
  record is the bytes of its JSON: compared, stamped and printed by the page, never parsed again.
* What nobody looks at is not made into objects (:mod:`phenom_api.lean_parsing`); a candidate
  is mapped once, when its newest application is known
  (:mod:`source_phenom.listings.application_mapper`).
* A body comes in in one piece, and what the environment says of proxies and certificates is looked
  up once (:class:`phenom_api.transport.Transport`). Waiting requests are woken one at a time
  (:class:`phenom_api.concurrency.AdaptiveConcurrency`).
* What the previous run saw are columns, and a page is looked up in them at once
  (:class:`source_phenom.snapshot.Comparison`).
* Namespaces of ids, paths of fields and codes of countries are made once, not once per record
  (``source_phenom.models``).
* The garbage collector looks at a page's objects seldom, as none of them are in cycles
  (:mod:`source_phenom.gc_tuning`).

None of it may show: ``integration_tests/source/test_cdk_path.py`` holds every message against what
the same connector prints through the CDK, byte for byte. What it comes to is in ``benchmarks/``.
"""
