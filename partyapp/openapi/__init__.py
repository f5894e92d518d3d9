"""The contract as machines read it: OpenAPI 3.1 and AsyncAPI 3, made from what each context describes.

A context describes its operations, its objects and its messages beside its controllers and hands them in as
a `ContextDescription`; `partyapp.description` gathers them. Nothing here knows a context.
"""
