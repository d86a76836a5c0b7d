"""The connection keys of source, destination and command line (specification, section 2)."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches
from typing import Annotated, Any, TypeVar, get_args
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
_LONGEST_KEY = 80
"""Characters of an unknown key that a message repeats."""


def is_loopback(host: str) -> bool:
    """Whether ``host`` always means this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _split(url: str) -> SplitResult:
    if any(character.isspace() or not character.isprintable() for character in url):
        raise ValueError("must not contain spaces or control characters")
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


def load(model: type[AnyConnection], config: Any, elsewhere: Collection[str] = ()) -> AnyConnection:
    """Validate a configuration object; raises :class:`InvalidConfig` that names the wrong keys.

    Keys that begin with ``__`` belong to the platform and are ignored. Keys in ``elsewhere`` belong
    to the other connector and are ignored too.
    """
    if not isinstance(config, Mapping):
        raise InvalidConfig("The configuration must be a JSON object.")
    own = {
        key: value
        for key, value in config.items()
        if not str(key).startswith("__") and key not in elsewhere
    }
    try:
        return model.model_validate(own)
    except ValidationError as error:
        raise _explained(error, model, elsewhere) from None


def _explained(
    error: ValidationError, model: type[BaseModel], elsewhere: Collection[str]
) -> InvalidConfig:
    problems: dict[str, str] = {}
    known: dict[str, list[str]] = {}
    for problem in error.errors(include_url=False, include_context=True, include_input=False):
        loc = problem["loc"]
        key = ".".join(str(part) for part in loc) or "configuration"
        if problem["type"] == "missing":
            text = "is required"
        elif problem["type"] == "extra_forbidden":
            text = "is not a known key"
            names = {*_model_at(model, loc).model_fields, *(elsewhere if len(loc) == 1 else ())}
            similar = _similar_name(str(loc[-1]), names)
            if similar:
                text += f" (did you mean '{similar}'?)"
            else:
                where = f" in '{loc[0]}'" if len(loc) > 1 else ""
                known[where] = sorted(names)
        elif problem["type"] == "value_error":
            text = str(problem["ctx"]["error"])
        else:
            text = re.sub(r"^(Input|List|Dictionary) should", "must", problem["msg"])
            # These words of pydantic mean nothing to a user.
            text = re.sub(r" or instance of \w+| after validation", "", text)
        problems.setdefault(key, text)
    listed = "; ".join(f"'{_cut(key)}' {text}" for key, text in problems.items())
    rest = "".join(
        f" The known keys{where} are: {', '.join(names)}." for where, names in known.items()
    )
    return InvalidConfig(f"Invalid configuration: {listed}.{rest}", tuple(problems))


def _similar_name(key: str, names: Collection[str]) -> str | None:
    """The known name that is most similar to ``key``; None if none is similar."""
    by_normalized = {_normalized(name): name for name in sorted(names)}
    closest = get_close_matches(_normalized(key), by_normalized, 1)
    return by_normalized[closest[0]] if closest else None


def _normalized(key: str) -> str:
    return "".join(filter(str.isalnum, key)).lower()


def _model_at(model: type[BaseModel], loc: tuple[int | str, ...]) -> type[BaseModel]:
    """The model of the object whose member is at ``loc``."""
    for part in loc[:-1]:
        if part in model.model_fields:
            model = next(_models_in(model.model_fields[str(part)].annotation), model)
    return model


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)


def _cut(key: str) -> str:
    return key if len(key) <= _LONGEST_KEY else f"{key[:_LONGEST_KEY]}..."
