"""Tags API: `/tags-api`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from phenom_sandbox.gateway.answers import Call, Refusal, SandboxAnswer, from_and_size, json_answer
from phenom_sandbox.gateway.paging import cut


def get_tags(call: Call) -> SandboxAnswer:
    return _listed(call, "tag", call.tenant.tags.names())


def get_associated_tags_for_candidates(call: Call) -> SandboxAnswer:
    tenant, candidate_id = call.tenant, call.parameters["candidateId"]
    with tenant.lock:
        if candidate_id not in tenant.people:
            raise Refusal(404, "Candidate not found")
        return _listed(call, "tag", tenant.tags.of(candidate_id))


def get_associated_candidate_ids(call: Call) -> SandboxAnswer:
    try:
        return _listed(call, "candidateId", call.tenant.tags.holders(call.parameters["tag"]))
    except KeyError:
        raise Refusal(404, "Tag not found") from None


def _listed(call: Call, member: str, values: list[str]) -> SandboxAnswer:
    start, size = from_and_size(call)
    page, paging = cut(call, values, start, size, "total")
    data = None if call.hit("data_null") else [{member: value} for value in page]
    return json_answer({"status": 200, "message": "success", "data": data, **paging})


def add_tags_to_candidates(call: Call) -> SandboxAnswer:
    """Creates unknown tags; refuses a request with an unknown candidate as a whole."""
    return _associated(call, call.tenant.tags.add, "Tags associated")


def remove_tags_frm_candidates(call: Call) -> SandboxAnswer:
    return _associated(call, call.tenant.tags.remove, "Tags removed")


def _associated(call: Call, change: Callable[..., None], message: str) -> SandboxAnswer:
    body = call.json_object()
    candidate_ids, names = _texts(body, "candidateIds"), _texts(body, "tags")
    with call.tenant.lock:
        if not all(candidate_id in call.tenant.people for candidate_id in candidate_ids):
            raise Refusal(404, "Candidate not found")
        for candidate_id in candidate_ids:
            change(candidate_id, *names)
    return json_answer({"status": 200, "message": message})


def _texts(body: dict[str, Any], name: str) -> list[str]:
    values = body.get(name)
    if not isinstance(values, list) or not values:
        raise Refusal(400, f"{name} must be a list of at least one text")
    if not all(isinstance(value, str) and value.strip() for value in values):
        raise Refusal(400, f"{name} must be a list of texts")
    return values
