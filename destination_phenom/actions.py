"""The two actions: an application submitted, or a candidate created, once and with its files."""

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
from destination_phenom.attachments import Contents, Holder, Interrupted, missing, upload
from destination_phenom.candidates_api import CandidatesApi, Exists
from destination_phenom.config import DestinationConfig
from destination_phenom.idempotent_write import LOST, IdempotentWrite
from destination_phenom.jobs import JobIds
from destination_phenom.outcomes import Unsettled, WriteOutcome
from destination_phenom.payloads import File
from destination_phenom.records import OPERATIONS, Application, Record
from destination_phenom.rejections import Problem, Rejected, problems_of, rejected
from phenom_api.errors import PermissionDenied, PhenomError, RequestRefused
from phenom_api.gateway import Gateway

_CONFLICT = 409
_NO_JOB = ""


def validated(operation: str, nested: Mapping[str, Any], config: DestinationConfig) -> Record:
    """The record in ``nested``; raises :class:`Rejected` that names every broken rule."""
    try:
        record = OPERATIONS[operation].model_validate(
            nested, context={"max_attachment_bytes": config.max_attachment_bytes}
        )
    except ValidationError as error:
        raise Rejected(problems_of(error)) from None
    if record.application is None:
        if config.ph_user_id is None:
            raise rejected(
                "application.job_id",
                "is missing, and a candidate without a job needs ph_user_id in the configuration",
            )
        payloads.candidate(record, config.default_source)
    return record


class Actions:
    """Carries out records; shared by all workers of a run."""

    def __init__(
        self,
        config: DestinationConfig,
        gateway: Gateway,
        *,
        once: IdempotentWrite,
        contents: Contents,
    ) -> None:
        self._config = config
        self._apply = ApplyApi(gateway, config.locale, config.site_type)
        self._candidates = CandidatesApi(gateway)
        self._jobs = JobIds(gateway, config.site_type)
        self._once = once
        self._contents = contents
        self._done = _Done()

    def carry_out(self, operation: str, nested: Mapping[str, Any]) -> WriteOutcome:
        """Do what a record says, once.

        :raises Rejected: where the record breaks a rule, ours or the gateway's.
        :raises Unsettled: where it was created, and the gateway then ceased to answer.
        :raises phenom_api.errors.PhenomError: where it could not be created, for a reason that
            is not the record's.
        """
        record = validated(operation, nested, self._config)
        try:
            if record.application is None:
                outcome = self._create(record)
            else:
                outcome = self._submit(record, record.application)
        except Unsettled as error:
            _make_discreet(error.cause, record)
            raise
        except PhenomError as error:
            _make_discreet(error, record)
            # What is below 400 is not the record's fault: gateway_url leads elsewhere.
            if isinstance(error, RequestRefused) and not 100 <= error.status < 400:
                raise rejected("", error.message) from None
            raise
        return replace(
            outcome,
            problems=tuple(Problem(p.field, _discreet(p.rule, record)) for p in outcome.problems),
        )

    def _submit(self, record: Record, application: Application) -> WriteOutcome:
        email, job_id = record.candidate.email_address, self._jobs.resolve(application.job_id)
        standing = self._done.get(email, job_id) or self._apply.status(email, job_id)
        if standing.applied:
            return self._already_applied(record, standing)
        files = self._files(record)
        resume = payloads.resume_of(record.attachments)
        body = payloads.application(
            record,
            job_id,
            files[resume] if resume is not None else None,
            self._config.default_source,
        )

        def send() -> tuple[bool, ApplicationStatus]:
            try:
                answered = self._apply.submit(body)
            except RequestRefused as error:
                if error.status == _CONFLICT:
                    found = self._apply.status(email, job_id)
                    if found.applied:
                        return False, found
                raise
            return not answered.applied, answered

        def find() -> tuple[bool, ApplicationStatus] | None:
            found = self._apply.status(email, job_id)
            # It was not there before the submit, so it is ours.
            return (True, found) if found.applied else None

        created, standing = self._once(send, find)
        if standing.application_id is None:
            named = self._apply.status(email, job_id)
            standing = named if named.applied else standing
        standing = replace(standing, applied=True)
        self._done.add(email, job_id, standing)
        if not created:
            return self._already_applied(record, standing)
        outcome = WriteOutcome("created", standing.candidate_id, standing.application_id)
        following = {place: file for place, file in files.items() if place != resume}
        there = [] if resume is None else [record.attachments[resume].name]
        return self._with_files(outcome, record, following, there)

    def _already_applied(self, record: Record, standing: ApplicationStatus) -> WriteOutcome:
        """Done before; adds the attachments that an interrupted run did not get to."""
        outcome = WriteOutcome("already_applied", standing.candidate_id, standing.application_id)
        if not record.attachments:
            return outcome
        application_id = standing.application_id
        if application_id is None:
            problem = Problem(
                "attachments",
                "may not be in place: Phenom says that this person has already applied, but does "
                "not name the application",
            )
            return replace(outcome, problems=(problem,))

        def there() -> list[str]:
            names = self._apply.attachment_names(application_id)
            resume = payloads.resume_of(record.attachments)
            if resume is not None and record.attachments[resume].name not in names:
                # Not every gateway lists the résumé among the attachments.
                name = self._apply.resume_name(application_id)
                names += [name] if name is not None else []
            return names

        return self._completed(outcome, record, there)

    def _create(self, record: Record) -> WriteOutcome:
        email = record.candidate.email_address
        body = payloads.candidate(record, self._config.default_source)
        known = self._done.get(email, _NO_JOB)
        existing = known.candidate_id if known else self._candidates.find(email)
        if existing is not None:
            return self._already_exists(record, existing)
        files = self._files(record)

        def send() -> tuple[bool, str]:
            try:
                return True, self._candidates.create(body)
            except Exists as found:
                return False, found.candidate_id

        def find() -> tuple[bool, str] | None:
            found = self._candidates.find(email)
            return (True, found) if found is not None else None

        created, candidate_id = self._once(send, find)
        self._done.add(email, _NO_JOB, ApplicationStatus(False, candidate_id))
        if not created:
            return self._already_exists(record, candidate_id)
        return self._with_files(WriteOutcome("created", candidate_id), record, files, [])

    def _already_exists(self, record: Record, candidate_id: str) -> WriteOutcome:
        outcome = WriteOutcome("already_exists", candidate_id)
        if not record.attachments:
            return outcome
        return self._completed(
            outcome, record, lambda: self._candidates.attachment_names(candidate_id)
        )

    def _files(self, record: Record) -> dict[int, File]:
        """All files of a record that is about to be created; Rejected where one is missing."""
        files, problems = self._contents.get(record.attachments, range(len(record.attachments)))
        if problems:
            raise Rejected(problems)
        return files

    def _completed(
        self, outcome: WriteOutcome, record: Record, names: Callable[[], list[str]]
    ) -> WriteOutcome:
        """Adds the attachments whose ``names`` the gateway does not have."""
        try:
            there = names()
        except (RequestRefused, PermissionDenied) as error:
            problem = Problem("attachments", f"could not be compared: {error.message}")
            return replace(outcome, problems=(problem,))
        except LOST as error:
            raise Unsettled(outcome, error) from None
        lacking = missing(record.attachments, there)
        files, problems = self._contents.get(record.attachments, lacking)
        outcome = replace(outcome, problems=tuple(problems))
        return self._with_files(outcome, record, files, there)

    def _with_files(
        self, outcome: WriteOutcome, record: Record, files: dict[int, File], there: list[str]
    ) -> WriteOutcome:
        if not files:
            return outcome
        holder = self._holder(outcome)
        if holder is None:
            problem = Problem("attachments", "are not in place: the application's id is unknown")
            return replace(outcome, problems=(*outcome.problems, problem))
        resume = payloads.resume_of(record.attachments)
        try:
            refused = upload(holder, files, there, self._once, resume)
        except Interrupted as interruption:
            raise Unsettled(outcome, interruption.cause) from None
        return replace(outcome, problems=(*outcome.problems, *refused))

    def _holder(self, outcome: WriteOutcome) -> Holder | None:
        application_id, candidate_id = outcome.application_id, outcome.candidate_id
        if application_id is not None:
            return Holder(
                lambda: self._apply.attachment_names(application_id),
                lambda file, _: self._apply.upload(application_id, payloads.attachment(file)),
            )
        if candidate_id is not None and outcome.status in ("created", "already_exists"):
            return Holder(
                lambda: self._candidates.attachment_names(candidate_id),
                lambda file, resume: self._candidates.upload(candidate_id, file, is_resume=resume),
            )
        return None


class _Done:
    """What this run created, by e-mail address and job: the gateway's own look-up may lag."""

    MOST = 50_000

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._standings: OrderedDict[tuple[str, str], ApplicationStatus] = OrderedDict()

    def get(self, email: str, job_id: str) -> ApplicationStatus | None:
        with self._lock:
            return self._standings.get((email.lower(), job_id))

    def add(self, email: str, job_id: str, standing: ApplicationStatus) -> None:
        with self._lock:
            self._standings[email.lower(), job_id] = standing
            if len(self._standings) > self.MOST:
                self._standings.popitem(last=False)


def _make_discreet(error: PhenomError, record: Record) -> None:
    error.message = _discreet(error.message, record)
    error.detail = _discreet(error.detail, record)


def _discreet(text: str, record: Record) -> str:
    """A message about a record without what it may repeat of that.

    Most of it has been taken out before, as words that are not known; a name or a city can be a
    word that is. Each value counts with any signs, or none, between its words, and of a name each
    word by itself.
    """
    person = record.candidate
    hidden = {*record.personal(), *_words(person.first_name), *_words(person.last_name)}
    # A text that is longer than what is shown is not in it.
    hidden = {personal for personal in hidden if len(personal) <= len(text)}
    for personal in sorted(hidden, key=len, reverse=True):
        pattern = r"[\W_]{0,3}".join(map(re.escape, _words(personal)))
        if pattern:
            text = re.sub(rf"(?<![^\W_]){pattern}(?![^\W_])", "***", text, flags=re.IGNORECASE)
    return text


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text)
