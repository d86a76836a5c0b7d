"""The wire to Phenom's gateway: credentials, requests, paging, payload shapes, errors.

Knows nothing of Airbyte or of the unified models; the source, the destination and the
``phenom`` command all talk to a tenant through :class:`phenom_api.gateway.Gateway`.
"""

__version__ = "0.1.0"
