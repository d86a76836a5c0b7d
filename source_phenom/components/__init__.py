"""The classes that ``manifest.yaml`` names; airbyte-cdk creates them."""

from __future__ import annotations

from source_phenom.components.listing_retriever import ListingRetriever

__all__ = ["ListingRetriever"]
