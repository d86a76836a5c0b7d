"""`/_admin`: controls the sandbox over HTTP, for tests in another process."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, TypeVar

from phenom_sandbox.directory import Account
from phenom_sandbox.faults import SWITCHES, Faults
from phenom_sandbox.files import OTHER
from phenom_sandbox.gateway.answers import Call, Refusal, SandboxAnswer, json_answer
from phenom_sandbox.gateway.tokens import Tokens
from phenom_sandbox.hiring import HiringStatus
from phenom_sandbox.journal import Journal

Made = TypeVar("Made")


class AdminApi:
    def __init__(self, faults: Faults, journal: Journal, tokens: Tokens) -> None:
        self._faults = faults
        self._journal = journal
        self._tokens = tokens

    def tenant(self, call: Call) -> SandboxAnswer:
        tenant = call.tenant
        with tenant.lock:
            sizes = {
                "jobs": len(tenant.open),
                "closedJobs": len(tenant.closed),
                "applications": len(tenant.applied),
            }
        return json_answer({"seed": tenant.seed, "listed": sizes})

    def get_faults(self, call: Call) -> SandboxAnswer:
        return json_answer({"faults": self._faults.as_json(), "switches": SWITCHES})

    def put_faults(self, call: Call) -> SandboxAnswer:
        """Replaces all settings; other switches are turned off."""
        settings = call.json_object()
        try:
            Faults().update(settings)
        except (AttributeError, TypeError) as error:
            raise Refusal(400, str(error)) from None
        self._faults.clear()
        self._faults.update(settings)
        return self.get_faults(call)

    def get_requests(self, call: Call) -> SandboxAnswer:
        return json_answer(self._journal.as_json())

    def clear_requests(self, call: Call) -> SandboxAnswer:
        self._journal.clear()
        return json_answer({})

    def expire_tokens(self, call: Call) -> SandboxAnswer:
        self._tokens.expire_all()
        return json_answer({})

    def add_application(self, call: Call) -> SandboxAnswer:
        position, payload = _position(call)
        try:
            return json_answer(call.tenant.add_application(payload, position=position), 201)
        except ValueError as error:
            raise Refusal(409, str(error)) from None

    def set_application(self, call: Call) -> SandboxAnswer:
        changes = call.json_object()
        return _found(lambda: call.tenant.set_application(call.parameters["id"], changes))

    def delete_application(self, call: Call) -> SandboxAnswer:
        return _found(lambda: call.tenant.delete_application(call.parameters["id"]))

    def restore_application(self, call: Call) -> SandboxAnswer:
        return _found(lambda: call.tenant.restore_application(call.parameters["id"]))

    def set_hiring_status(self, call: Call) -> SandboxAnswer:
        status = _made(HiringStatus, call.json_object())
        return _found(lambda: asdict(call.tenant.hiring.move(call.parameters["id"], status)))

    def hiring(self, call: Call) -> SandboxAnswer:
        """The status text of every listed application, or null."""
        statuses = call.tenant.hiring.statuses()
        return json_answer({key: status.value if status else None for key, status in statuses})

    def delete_candidate(self, call: Call) -> SandboxAnswer:
        return _found(lambda: call.tenant.people.delete(call.parameters["id"]))

    def restore_candidate(self, call: Call) -> SandboxAnswer:
        return _found(lambda: call.tenant.people.restore(call.parameters["id"]))

    def set_tags(self, call: Call) -> SandboxAnswer:
        """Takes lists of texts in `add` and `remove`."""
        body, candidate_id, tags = call.json_object(), call.parameters["id"], call.tenant.tags

        def change() -> dict[str, Any]:
            tags.add(candidate_id, *body.get("add", ()))
            tags.remove(candidate_id, *body.get("remove", ()))
            return {"tags": tags.of(candidate_id)}

        return _found(change)

    def add_file(self, call: Call) -> SandboxAnswer:
        """Takes `fileName`, `fileContent` in base64 and an `attachmentType`."""
        body, files = call.json_object(), call.tenant.files
        content = base64.b64decode(body.get("fileContent", ""))
        name, kind = body.get("fileName", "file"), body.get("attachmentType", OTHER)
        return _found(lambda: asdict(files.add(call.parameters["id"], name, content, kind)))

    def remove_file(self, call: Call) -> SandboxAnswer:
        files, wanted = call.tenant.files, call.parameters
        return _found(lambda: files.remove(wanted["id"], wanted["attachmentId"]))

    def add_account(self, call: Call) -> SandboxAnswer:
        add: Callable[..., Account] = call.tenant.directory.add
        return json_answer(asdict(_made(add, call.json_object())), 201)

    def change_account(self, call: Call) -> SandboxAnswer:
        """Takes fields such as `given_name`, `family_name`, `active`, `roles`, `groups`."""
        body, directory = call.json_object(), call.tenant.directory
        name = call.parameters["id"]
        return _found(lambda: asdict(_made(lambda **to: directory.change(name, **to), body)))

    def remove_account(self, call: Call) -> SandboxAnswer:
        return _found(lambda: call.tenant.directory.remove(call.parameters["id"]))

    def add_job(self, call: Call) -> SandboxAnswer:
        position, payload = _position(call)
        job = call.tenant.add_job(payload, closed=_closed(call), position=position)
        return json_answer(job, 201)

    def set_job(self, call: Call) -> SandboxAnswer:
        changes = call.json_object()
        return _found(lambda: call.tenant.set_job(call.parameters["id"], changes, **_rows(call)))

    def delete_job(self, call: Call) -> SandboxAnswer:
        return _found(lambda: call.tenant.delete_job(call.parameters["id"], **_rows(call)))

    def close_job(self, call: Call) -> SandboxAnswer:
        return _found(lambda: call.tenant.close_job(call.parameters["id"]))


def _position(call: Call) -> tuple[int | None, dict[str, Any]]:
    payload = call.json_object() if call.body else {}
    position = call.query.get("position")
    return (int(position) if position and position.isdigit() else None), payload


def _closed(call: Call) -> bool:
    return call.query.get("closed") == "true"


def _rows(call: Call) -> dict[str, Any]:
    return {
        "closed": _closed(call),
        "locale": call.query.get("locale"),
        "site_type": call.query.get("siteType"),
    }


def _made(make: Callable[..., Made], members: dict[str, Any]) -> Made:
    try:
        return make(**members)
    except TypeError as error:
        raise Refusal(400, str(error)) from None


def _found(change: Callable[[], Any]) -> SandboxAnswer:
    try:
        return json_answer(change() or {})
    except KeyError as error:
        raise Refusal(404, f"not listed: {error.args[0]}") from None
