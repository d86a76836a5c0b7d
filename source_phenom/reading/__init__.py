"""A read: from configured streams to the events that become protocol messages.

A sync does not use the CDK's machinery for records: dpath, transformations, one message
object and one ``print`` per record cost several times as much as everything else. Instead:

* The console script speaks the protocol without importing the CDK (``phenom_protocol``). The
  import alone would take longer than reading ten thousand applications.
* A page is mapped in the thread that fetched it (:meth:`ApplicationListing.scan_mapped`). From
  then on a record is the bytes of its JSON: compared, completed and printed, never parsed again.
* Parts of a page that are not used are not parsed into objects (:mod:`phenom_api.lean_parsing`). A
  candidate is mapped once, when its newest application is known
  (:mod:`source_phenom.listings.application_mapper`).
* The previous run's records are columns, and a whole page is looked up in them at once
  (:class:`source_phenom.snapshot.Comparison`).
* Namespaces of ids, paths of fields and codes of countries are made once, not once per record
  (``source_phenom.models``).
* The garbage collector looks at a page's objects seldom, as they have no cycles
  (:mod:`source_phenom.gc_tuning`).

``integration_tests/source/test_cdk_path.py`` compares every message, byte for byte, with the one
that the same connector prints through the CDK. Measurements are in ``benchmarks/``.
"""
