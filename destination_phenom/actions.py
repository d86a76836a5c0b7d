"""The two actions: submit an application or create a candidate, once, with its attachments."""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from destination_phenom import payloads
from destination_phenom.apply_api import ApplicationStatus, ApplyApi
from destination_phenom.attachments import AttachmentLoader, AttachmentTarget, missing, upload
from destination_phenom.candidates_api import CandidateExists, CandidatesApi
from destination_phenom.config import DestinationConfig
from destination_phenom.idempotent_write import LOST, IdempotentWrite
from destination_phenom.jobs import JobIds
from destination_phenom.outcomes import AttachmentsInterrupted, WriteOutcome
from destination_phenom.payloads import AttachmentFile
from destination_phenom.records import OPERATIONS, JobApplication, Record
from destination_phenom.rejections import Problem, Rejected, problems_of, rejected
from phenom_api.errors import PermissionDenied, PhenomError, RequestRefused
from phenom_api.gateway import Gateway

_CONFLICT = 409
_NO_JOB = ""


def validated(operation: str, fields: Mapping[str, Any], config: DestinationConfig) -> Record:
    """The record with these ``fields``; raises :class:`Rejected` that names every broken rule."""
    try:
        record = OPERATIONS[operation].model_validate(
            fields, context={"max_attachment_bytes": config.max_attachment_bytes}
        )
    except ValidationError as error:
        raise Rejected(problems_of(error)) from None
    if record.application is None:
        if config.ph_user_id is None:
            raise rejected(
                "application.job_id",
                "is missing, and a candidate without a job needs ph_user_id in the configuration",
            )
        # Raises Rejected for a phone number that this operation does not accept.
        payloads.candidate(record, config.default_source)
    return record


class Actions:
    """Carries out records; shared by all workers of a run."""

    def __init__(
        self,
        config: DestinationConfig,
        gateway: Gateway,
        *,
        idempotent_write: IdempotentWrite,
        loader: AttachmentLoader,
    ) -> None:
        self._config = config
        self._apply = ApplyApi(gateway, config.locale, config.site_type)
        self._candidates = CandidatesApi(gateway)
        self._jobs = JobIds(gateway, config.site_type)
        self._idempotent_write = idempotent_write
        self._loader = loader
        self._recent = _RecentWrites()

    def carry_out(self, operation: str, fields: Mapping[str, Any]) -> WriteOutcome:
        """Carry out one record so that it takes effect once.

        :param fields: the record as :func:`destination_phenom.columns.unflatten` returns it.
        :raises Rejected: if the record breaks a rule of the connector or the gateway.
        :raises AttachmentsInterrupted: if the application or candidate was created, and the
            gateway then stopped answering.
        :raises phenom_api.errors.PhenomError: if it could not be created, and the record is not
            the cause.
        """
        record = validated(operation, fields, self._config)
        try:
            if record.application is None:
                outcome = self._create(record)
            else:
                outcome = self._submit(record, record.application)
        except AttachmentsInterrupted as error:
            _redact_error(error.cause, record)
            raise
        except PhenomError as error:
            _redact_error(error, record)
            # A status below 400 is not caused by the record: gateway_url is wrong.
            if isinstance(error, RequestRefused) and not 100 <= error.status < 400:
                raise rejected("", error.message) from None
            raise
        return replace(
            outcome,
            problems=tuple(Problem(p.field, _redacted(p.rule, record)) for p in outcome.problems),
        )

    def _submit(self, record: Record, application: JobApplication) -> WriteOutcome:
        email, job_id = record.candidate.email_address, self._jobs.resolve(application.job_id)
        status = self._recent.get(email, job_id) or self._apply.status(email, job_id)
        if status.applied:
            return self._already_applied(record, status)
        files = self._load_all(record)
        resume = payloads.resume_index(record.attachments)
        body = payloads.application(
            record,
            job_id,
            files[resume] if resume is not None else None,
            self._config.default_source,
        )

        def send() -> tuple[bool, ApplicationStatus]:
            try:
                submitted = self._apply.submit(body)
            except RequestRefused as error:
                if error.status == _CONFLICT:
                    found = self._apply.status(email, job_id)
                    if found.applied:
                        return False, found
                raise
            return not submitted.applied, submitted

        def find() -> tuple[bool, ApplicationStatus] | None:
            found = self._apply.status(email, job_id)
            # There was no application before the submit, so this run made it.
            return (True, found) if found.applied else None

        created, status = self._idempotent_write(send, find)
        if status.application_id is None:
            asked_again = self._apply.status(email, job_id)
            status = asked_again if asked_again.applied else status
        status = replace(status, applied=True)
        self._recent.add(email, job_id, status)
        if not created:
            return self._already_applied(record, status)
        outcome = WriteOutcome("created", status.candidate_id, status.application_id)
        others = {index: file for index, file in files.items() if index != resume}
        existing = [] if resume is None else [record.attachments[resume].name]
        return self._upload(outcome, record, others, existing)

    def _already_applied(self, record: Record, status: ApplicationStatus) -> WriteOutcome:
        """Adds the attachments that an interrupted run did not upload."""
        outcome = WriteOutcome("already_applied", status.candidate_id, status.application_id)
        if not record.attachments:
            return outcome
        application_id = status.application_id
        if application_id is None:
            problem = Problem(
                "attachments",
                "may not be in place: Phenom says that this person has already applied, but does "
                "not name the application",
            )
            return replace(outcome, problems=(problem,))

        def file_names() -> list[str]:
            names = self._apply.attachment_names(application_id)
            resume = payloads.resume_index(record.attachments)
            if resume is not None and record.attachments[resume].name not in names:
                # Some gateways do not list the résumé among the attachments.
                name = self._apply.resume_name(application_id)
                names += [name] if name is not None else []
            return names

        return self._add_missing(outcome, record, file_names)

    def _create(self, record: Record) -> WriteOutcome:
        email = record.candidate.email_address
        body = payloads.candidate(record, self._config.default_source)
        known = self._recent.get(email, _NO_JOB)
        existing = known.candidate_id if known else self._candidates.find(email)
        if existing is not None:
            return self._already_exists(record, existing)
        files = self._load_all(record)

        def send() -> tuple[bool, str]:
            try:
                return True, self._candidates.create(body)
            except CandidateExists as found:
                return False, found.candidate_id

        def find() -> tuple[bool, str] | None:
            found = self._candidates.find(email)
            return (True, found) if found is not None else None

        created, candidate_id = self._idempotent_write(send, find)
        self._recent.add(email, _NO_JOB, ApplicationStatus(False, candidate_id))
        if not created:
            return self._already_exists(record, candidate_id)
        return self._upload(WriteOutcome("created", candidate_id), record, files, [])

    def _already_exists(self, record: Record, candidate_id: str) -> WriteOutcome:
        outcome = WriteOutcome("already_exists", candidate_id)
        if not record.attachments:
            return outcome
        return self._add_missing(
            outcome, record, lambda: self._candidates.attachment_names(candidate_id)
        )

    def _load_all(self, record: Record) -> dict[int, AttachmentFile]:
        """All attachments of a record that is about to be created; Rejected if one fails."""
        files, problems = self._loader.load(record.attachments, range(len(record.attachments)))
        if problems:
            raise Rejected(problems)
        return files

    def _add_missing(
        self, outcome: WriteOutcome, record: Record, file_names: Callable[[], list[str]]
    ) -> WriteOutcome:
        """Adds the attachments whose names are not among the gateway's ``file_names``."""
        try:
            existing = file_names()
        except (RequestRefused, PermissionDenied) as error:
            problem = Problem("attachments", f"could not be compared: {error.message}")
            return replace(outcome, problems=(problem,))
        except LOST as error:
            raise AttachmentsInterrupted(outcome, error) from None
        files, problems = self._loader.load(
            record.attachments, missing(record.attachments, existing)
        )
        outcome = replace(outcome, problems=tuple(problems))
        return self._upload(outcome, record, files, existing)

    def _upload(
        self,
        outcome: WriteOutcome,
        record: Record,
        files: dict[int, AttachmentFile],
        existing: list[str],
    ) -> WriteOutcome:
        if not files:
            return outcome
        target = self._target(outcome)
        if target is None:
            problem = Problem("attachments", "are not in place: the application's id is unknown")
            return replace(outcome, problems=(*outcome.problems, problem))
        resume = payloads.resume_index(record.attachments)
        try:
            refused = upload(target, files, existing, self._idempotent_write, resume)
        except LOST as error:
            raise AttachmentsInterrupted(outcome, error) from None
        return replace(outcome, problems=(*outcome.problems, *refused))

    def _target(self, outcome: WriteOutcome) -> AttachmentTarget | None:
        application_id, candidate_id = outcome.application_id, outcome.candidate_id
        if application_id is not None:
            return AttachmentTarget(
                lambda: self._apply.attachment_names(application_id),
                lambda file, _: self._apply.upload(application_id, payloads.attachment(file)),
            )
        if candidate_id is not None and outcome.status in ("created", "already_exists"):
            return AttachmentTarget(
                lambda: self._candidates.attachment_names(candidate_id),
                lambda file, resume: self._candidates.upload(candidate_id, file, is_resume=resume),
            )
        return None


class _RecentWrites:
    """The applications and candidates that this run created, by e-mail address and job.

    The gateway's own look-up may not show them yet.
    """

    MAX_SIZE = 50_000

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._statuses: OrderedDict[tuple[str, str], ApplicationStatus] = OrderedDict()

    def get(self, email: str, job_id: str) -> ApplicationStatus | None:
        with self._lock:
            return self._statuses.get((email.lower(), job_id))

    def add(self, email: str, job_id: str, status: ApplicationStatus) -> None:
        with self._lock:
            self._statuses[email.lower(), job_id] = status
            if len(self._statuses) > self.MAX_SIZE:
                self._statuses.popitem(last=False)


def _redact_error(error: PhenomError, record: Record) -> None:
    error.message = _redacted(error.message, record)
    error.detail = _redacted(error.detail, record)


def _redacted(text: str, record: Record) -> str:
    """A message about a record without the record's personal data.

    The gateway's unknown words were removed before. But a name or a city can be a known word. So
    each value is masked here, with any punctuation between its words, and so is each word of a
    name.
    """
    candidate = record.candidate
    hidden = {*record.personal(), *_words(candidate.first_name), *_words(candidate.last_name)}
    # A value that is longer than the text cannot be in it.
    hidden = {personal for personal in hidden if len(personal) <= len(text)}
    for personal in sorted(hidden, key=len, reverse=True):
        pattern = r"[\W_]{0,3}".join(map(re.escape, _words(personal)))
        if pattern:
            text = re.sub(rf"(?<![^\W_]){pattern}(?![^\W_])", "***", text, flags=re.IGNORECASE)
    return text


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text)
