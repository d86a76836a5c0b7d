"""The connection keys that source, destination and command line share (contract section 2)."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Annotated, Any, TypeVar
from urllib.parse import SplitResult, urlsplit, urlunsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
)

from phenom_api.errors import InvalidConfig

DEFAULT_GATEWAY = "https://api.phenom.com"


def is_loopback(host: str) -> bool:
    """Whether ``host`` can only mean this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _split(url: str) -> SplitResult:
    if url != url.strip() or any(character.isspace() for character in url):
        raise ValueError("must not contain spaces")
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise ValueError("is not a usable URL (host or port)") from error
    if parts.scheme not in ("http", "https"):
        raise ValueError("must be a URL that begins with https://")
    if not parts.hostname:
        raise ValueError("is a URL without a host name")
    if parts.username or parts.password:
        raise ValueError("must not carry a user name or password")
    if parts.query or parts.fragment:
        raise ValueError("must not carry a query or a fragment")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError("must use https:// (plain http:// is accepted for loopback hosts only)")
    return parts


def _gateway_url(url: str) -> str:
    parts = _split(url)
    return urlunsplit(parts._replace(path=parts.path.rstrip("/")))


def _token_url(url: str) -> str:
    parts = _split(url)
    return url if parts.path.strip("/") else urlunsplit(parts._replace(path="/token"))


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be blank")
    return text


def _secret_not_blank(secret: SecretStr) -> SecretStr:
    _not_blank(secret.get_secret_value())
    return secret


def _header_safe(text: str) -> str:
    if not text.isascii() or not text.isprintable():
        raise ValueError("must be printable ASCII, as it travels in an HTTP header")
    return text


Text = Annotated[str, AfterValidator(_not_blank)]
HeaderText = Annotated[str, AfterValidator(_not_blank), AfterValidator(_header_safe)]
Secret = Annotated[SecretStr, AfterValidator(_secret_not_blank)]
HeaderSecret = Annotated[
    SecretStr,
    AfterValidator(_secret_not_blank),
    AfterValidator(lambda secret: SecretStr(_header_safe(secret.get_secret_value()))),
]


class Connection(BaseModel):
    """How to reach one tenant. Frozen; secrets do not show in ``repr`` or in errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)

    client_id: Text
    client_secret: Secret
    token_url: Annotated[str, AfterValidator(_token_url)]
    gateway_url: Annotated[str, AfterValidator(_gateway_url)] = DEFAULT_GATEWAY
    api_key: HeaderSecret | None = None
    ph_user_id: HeaderText | None = None
    integration_id: Text = "phenom"
    num_workers: int = Field(default=10, ge=1, le=50)

    def secrets(self) -> tuple[str, ...]:
        """The plain secrets of this connection, for log filters only."""
        held = (self.client_secret, self.api_key)
        return tuple(secret.get_secret_value() for secret in held if secret is not None)


AnyConnection = TypeVar("AnyConnection", bound=Connection)


def load(model: type[AnyConnection], config: Any) -> AnyConnection:
    """Validate a configuration object; raises :class:`InvalidConfig` that names the keys.

    Keys that begin with ``__`` belong to whoever runs the connector and are passed over.
    """
    if not isinstance(config, Mapping):
        raise InvalidConfig("The configuration must be a JSON object.")
    own = {key: value for key, value in config.items() if not str(key).startswith("__")}
    try:
        return model.model_validate(own)
    except ValidationError as error:
        raise _explained(error, model) from None


def _explained(error: ValidationError, model: type[BaseModel]) -> InvalidConfig:
    problems: dict[str, str] = {}
    for problem in error.errors(include_url=False, include_context=True, include_input=False):
        key = ".".join(str(part) for part in problem["loc"]) or "configuration"
        if problem["type"] == "missing":
            text = "is required"
        elif problem["type"] == "extra_forbidden":
            text = "is not a known key"
            if len(problem["loc"]) == 1:
                text += f" (known: {', '.join(sorted(model.model_fields))})"
        elif problem["type"] == "value_error":
            text = str(problem["ctx"]["error"])
        else:
            text = problem["msg"].replace("Input should", "must").replace("List should", "must")
        problems.setdefault(key, text)
    listed = "; ".join(f"'{key}' {text}" for key, text in problems.items())
    return InvalidConfig(f"Invalid configuration: {listed}.", tuple(problems))
