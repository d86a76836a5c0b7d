"""The client of Phenom's gateway: credentials, requests, paging, payload shapes, errors.

It does not know Airbyte or the unified models. The source, the destination and the ``phenom``
command all reach a tenant through :class:`phenom_api.gateway.Gateway`.
"""

__version__ = "0.1.0"
