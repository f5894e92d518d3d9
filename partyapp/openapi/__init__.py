"""The machine-readable contract: OpenAPI 3.1 made from the schemas that the controllers read with."""

from partyapp.openapi.pages import openapi_blueprint

__all__ = ["openapi_blueprint"]
