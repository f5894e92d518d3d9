"""A client that knows nothing but an AsyncAPI document: channels, operations, messages and their examples.

Addresses, methods, status codes, the query, the subprotocol and the schemas are all the document's; each
message is validated by its schema, both what is sent and what comes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Self
from urllib.parse import urljoin

import httpx
import jsonschema_rs
from websockets.sync.client import ClientConnection, connect

from tests.support.waiting import LIMIT_S, Unexpected, eventually


class Document:
    """An AsyncAPI document and what it refers to beside itself."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._texts: dict[str, Any] = {}
        self.whole = self._load(url)

    def at(self, value: Any) -> Any:
        """What a reference means; anything else is itself."""
        while isinstance(value, Mapping) and "$ref" in value:
            place, _, path = value["$ref"].partition("#/")
            value = self._load(urljoin(self.url, place))
            for step in path.split("/"):
                value = value[step]
        return value

    def validator(self, payload: Any) -> Any:
        """Says whether an instance is as the payload's schema has it."""
        if "$ref" in payload:
            # Of its own address, so that a reference in it is one from its own document.
            payload = {"$ref": urljoin(self.url, payload["$ref"])}
        return jsonschema_rs.validator_for(payload, retriever=self._load, validate_formats=True)

    def _load(self, url: str) -> Any:
        if url not in self._texts:
            self._texts[url] = httpx.get(url, trust_env=False, timeout=LIMIT_S).raise_for_status().json()
        return self._texts[url]


class AsyncApiClient:
    """A person at the server that the document comes from."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._http = httpx.Client(trust_env=False, timeout=LIMIT_S)
        self.token: str | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._http.close()

    def call(self, operation: str, body: Any = None, **parameters: str) -> Any:
        """The reply of an operation over HTTP. Raises Unexpected for any other answer."""
        described = self._document.whole["operations"][operation]
        channel = self._document.at(described["channel"])
        messages = [self._document.at(self._document.at(one)) for one in described["messages"]]
        if body is not None:
            self._document.validator(messages[0]["payload"]).validate(body)
        response = self._http.request(
            described["bindings"]["http"]["method"],
            urljoin(self._document.url, channel["address"].format(**parameters)),
            json=body,
            headers={"Authorization": f"Bearer {self.token}"} if "security" in described else {},
        )
        replies = [self._document.at(one) for one in described["reply"]["messages"]]
        for reply in replies:
            if reply.get("bindings", {}).get("http", {}).get("statusCode") == response.status_code:
                self._document.validator(reply["payload"]).validate(response.json())
                return response.json()
        raise Unexpected(f"{operation} gave {response.status_code}: {response.text[:500]}")

    def outcome(self, operation: str, body: Any, **parameters: str) -> Any:
        """The same of one that may be carried out later: what it has become."""
        answer = self.call(operation, body, **parameters)
        if answer.get("state") != "pending":
            return answer
        command_id = answer["id"]
        found = eventually(
            lambda: (seen := self.call("showCommand", command_id=command_id))["state"] != "pending" and seen
        )
        if found["state"] != "succeeded":
            raise Unexpected(f"{operation} failed: {found}")
        return found["result"]

    @contextmanager
    def open(self, channel: str, query: Mapping[str, str], **parameters: str) -> Iterator[Channel]:
        """A WebSocket channel."""
        described = self._document.whole["channels"][channel]
        binding = described["bindings"]["ws"]
        self._document.validator(binding["query"]).validate(dict(query))
        address = urljoin(self._document.url, described["address"].format(**parameters))
        # One of the two ways of the document's security: a ticket in the query, or the token.
        headers = {} if "ticket" in query else {"Authorization": f"Bearer {self.token}"}
        with connect(
            str(httpx.URL(address.replace("http", "ws", 1), params=dict(query))),
            additional_headers=headers,
            subprotocols=[binding["headers"]["properties"]["Sec-WebSocket-Protocol"]["const"]],
            open_timeout=LIMIT_S,
            proxy=None,
        ) as socket:
            yield Channel(self._document, channel, socket)


class Channel:
    """An open WebSocket: messages by their names in the document."""

    def __init__(self, document: Document, name: str, socket: ClientConnection) -> None:
        self._document, self._socket = document, socket
        self._takes = self._messages(name, "receive")
        self._sends = self._messages(name, "send")

    def send(self, name: str, **fields: Any) -> Any:
        """Send a message of these fields; its `type` is that of its example."""
        message = self._takes[name]
        kind = message["examples"][0]["payload"]["type"]
        payload = {"type": kind, **fields}
        self._document.validator(message["payload"]).validate(payload)
        self._socket.send(json.dumps(payload))
        return payload

    def until(self, name: str, is_meant: Callable[[Any], bool] = lambda _: True) -> Any:
        """The next message of this name that is meant. Each on the way is valid, or it raises."""
        while True:
            payload = json.loads(self._socket.recv(timeout=LIMIT_S))
            found = self._name_of(payload)
            self._document.validator(self._sends[found]["payload"]).validate(payload)
            if found == name and is_meant(payload):
                return payload

    def close_code(self) -> int:
        """The code that the server closes with; messages before it are passed over."""
        try:
            while True:
                self._socket.recv(timeout=LIMIT_S)
        except EOFError:
            pass
        except Exception as closed:
            received = getattr(closed, "rcvd", None)
            if received is None:
                raise
            return int(received.code)
        raise Unexpected("the socket was not closed")

    def _messages(self, channel: str, action: str) -> dict[str, Any]:
        found = {}
        for operation in self._document.whole["operations"].values():
            if operation["action"] == action and operation["channel"]["$ref"] == f"#/channels/{channel}":
                for reference in operation["messages"]:
                    name = reference["$ref"].rpartition("/")[2]
                    found[name] = self._document.at(reference)
        return found

    def _name_of(self, payload: Any) -> str:
        """Which message it is: the one whose schema has its `type`."""
        for name, message in self._sends.items():
            properties = self._document.at(message["payload"])["properties"]
            if properties["type"]["const"] == payload["type"]:
                return name
        raise Unexpected(f"the document knows no {payload['type']}")
