"""The AsyncAPI document of a description: its WebSockets and their messages.

What REST shows too is referred to in openapi.json, which lies beside it.
"""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from apispec import APISpec
from marshmallow import Schema

from partyapp.openapi.asyncapi_rest import REST_SERVER, rest_channels, rest_operations
from partyapp.openapi.description import Description
from partyapp.openapi.document import SECURITY, openapi_document
from partyapp.openapi.examples import add_examples
from partyapp.openapi.schema_plugin import SchemaPlugin
from partyapp.openapi.socket_message import Sender, SocketChannel, SocketMessage

_ABOUT = """\
One WebSocket per device of a member. Messages are text frames of JSON, at most 16 KiB; each has a `type`.
Instants end in `_ms`: milliseconds since the Unix epoch in party time. Positions end in `_s`: seconds.

A refused connection is refused before the upgrade, with the problem and status that openapi.json lists.

What comes before a socket goes over HTTP, and is here too as far as a client needs it to make a party and
join one: sign in, name a film, make the party, join it with its `invite_code`, and open its socket with the
token or a ticket. The whole of REST is openapi.json.
"""

_OWN = "#/components/schemas/"
_DEFS = "#/$defs/"
_OPENAPI = "./openapi.json" + _OWN
_LICENSE = {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"}
_TICKET = {"type": "httpApiKey", **{key: SECURITY["ticket"][key] for key in ("in", "name", "description")}}
_SERVER = {
    "host": "localhost:8000",
    "protocol": "ws",
    "description": "A local run. Behind TLS the protocol is wss.",
    "security": [
        {"$ref": "#/components/securitySchemes/bearer"},
        {"$ref": "#/components/securitySchemes/ticket"},
    ],
}
_SIDES = {
    Sender.CLIENT: ("receive", "What the server takes", "From a client to the server."),
    Sender.SERVER: ("send", "What the server sends", "From the server to a client."),
}


@cache
def asyncapi_text(description: Description) -> str:
    """The document as JSON, the same text for the same program."""
    return json.dumps(asyncapi_document(description), indent=2, ensure_ascii=False) + "\n"


def asyncapi_document(description: Description) -> dict[str, Any]:
    """The document as AsyncAPI 3.0 has it. Raises ValueError when two objects have one name."""
    payloads = _Payloads(description)
    channels = {
        channel.name: _channel(description, channel, payloads) for channel in description.channels.values()
    }
    messages = {_key(message): _message(message, payloads) for message in description.messages}
    schemas = payloads.schemas()
    for message in messages.values():
        name = message["payload"]["$ref"].removeprefix(_OWN)
        message["examples"] = [{"name": name, "payload": schemas[name]["examples"][0]}]
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Party, live", "version": "1", "description": _ABOUT, "license": _LICENSE},
        "defaultContentType": "application/json",
        "servers": {"local": _SERVER, "rest": REST_SERVER},
        "channels": {**channels, **rest_channels(description)},
        "operations": {**_operations(description), **rest_operations(description)},
        "components": {
            "securitySchemes": {"bearer": SECURITY["bearerAuth"], "ticket": _TICKET},
            "messages": messages,
            "schemas": schemas,
        },
    }


class _Payloads:
    """The schemas of the messages, and of what only they hold."""

    def __init__(self, description: Description) -> None:
        self._plugin = SchemaPlugin(description.words_of)
        self._spec = APISpec(title="", version="", openapi_version="3.1.0", plugins=[self._plugin])
        self._shown: dict[str, Any] = openapi_document(description)["components"]["schemas"]
        self._messages: dict[str, Any] = {}

    def add(self, message: SocketMessage) -> str:
        """The name of the component that describes the message."""
        name = f"{message.component.title().replace('_', '')}Message"
        payload = message.payload
        made = _parts(name, self.plain(payload) if isinstance(payload, type) else payload)
        made[name] = _with_type(made[name], message.name)
        for part, schema in made.items():
            if self._messages.setdefault(part, schema) != schema:
                raise ValueError(f"two objects are called {part}")
        return name

    def plain(self, schema: type[Schema]) -> Any:
        """The JSON Schema of a schema of ours, as it stands: what it holds are components."""
        return self._plugin.own_converter.schema2jsonschema(schema)

    def schemas(self) -> dict[str, Any]:
        """The components that openapi.json doesn't have, each reference to where its object is."""
        made = self._spec.to_dict().get("components", {}).get("schemas", {})
        # Those of openapi.json have examples by now, which say nothing about what an object is.
        known = {name: _without_examples(schema) for name, schema in self._shown.items()}
        for name, schema in [*made.items(), *self._messages.items()]:
            if known.setdefault(name, schema) != schema:
                raise ValueError(f"two objects are called {name}")
        own = {name: schema for name, schema in made.items() if name not in self._shown}
        found = {name: self._referring(schema) for name, schema in [*self._messages.items(), *own.items()]}
        add_examples(found, {**self._shown, **found}.__getitem__)
        return found

    def _referring(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._referring(each) for each in value]
        if not isinstance(value, dict):
            return value
        name = str(value.get("$ref", "")).removeprefix(_OWN)
        if name in self._shown:
            return {**value, "$ref": f"{_OPENAPI}{name}"}
        return {key: self._referring(each) for key, each in value.items()}


def _without_examples(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in schema.items() if key != "examples"}


def _parts(name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """A JSON Schema and its `$defs` as components; at its top may stand a reference to one of them."""
    parts = dict(schema.get("$defs", {}))
    whole = {key: value for key, value in schema.items() if key != "$defs"}
    if "$ref" in whole:
        whole = parts.pop(whole["$ref"].removeprefix(_DEFS))
    moved: dict[str, Any] = json.loads(json.dumps({name: whole, **parts}).replace(f'"{_DEFS}', f'"{_OWN}'))
    return moved


def _with_type(schema: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """A message's schema with its type, which tells it from the others, as its first property."""
    properties = {"type": {"const": kind}, **{k: v for k, v in schema["properties"].items() if k != "type"}}
    required = ["type", *(name for name in schema.get("required", []) if name != "type")]
    return {**schema, "properties": properties, "required": required}


def _key(message: SocketMessage) -> str:
    return f"{message.channel}.{message.component}"


def _message(message: SocketMessage, payloads: _Payloads) -> dict[str, Any]:
    made = {"summary": message.summary, "payload": {"$ref": f"{_OWN}{payloads.add(message)}"}}
    return {**made, "description": message.about} if message.about else made


def _channel(description: Description, channel: SocketChannel, payloads: _Payloads) -> dict[str, Any]:
    operation = description.operation(channel.operation_id)
    closes = "\n".join(f"- {int(code)}: {about}" for code, about in channel.close_codes.items())
    parameters = [part[1:-1] for part in operation.path.split("/") if part.startswith("{")]
    headers = {
        "Authorization": {"type": "string", "description": "`Bearer` and the token."},
        "Sec-WebSocket-Protocol": {"type": "string", "const": channel.subprotocol},
    }
    binding: dict[str, Any] = {
        "method": operation.method.upper(),
        "headers": {"type": "object", "properties": headers},
    }
    if operation.query is not None:
        binding["query"] = payloads.plain(operation.query)
    return {
        "address": operation.path,
        "servers": [{"$ref": "#/servers/local"}],
        "title": channel.title,
        "description": f"{channel.about}\n\nClose codes\n{closes}",
        "parameters": {
            name: {"description": f"The {name.removesuffix('_id')}'s id, a UUID."} for name in parameters
        },
        "bindings": {"ws": binding},
        "messages": {
            message.component: {"$ref": f"#/components/messages/{_key(message)}"}
            for message in description.messages
            if message.channel == channel.name
        },
    }


def _operations(description: Description) -> dict[str, Any]:
    made = {}
    for channel in description.channels:
        for sender, (action, title, summary) in _SIDES.items():
            made[f"{action}_{channel}"] = {
                "action": action,
                "title": title,
                "summary": summary,
                "channel": {"$ref": f"#/channels/{channel}"},
                "messages": [
                    {"$ref": f"#/channels/{channel}/messages/{message.component}"}
                    for message in description.messages
                    if message.channel == channel and message.sender is sender
                ],
            }
    return made
