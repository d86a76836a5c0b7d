"""The handler for every method and path."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from urllib.parse import unquote

from phenom_sandbox.gateway import (
    applicants,
    apply,
    candidates,
    hiring_manager,
    jobs,
    scim,
    tags,
    user_search,
)
from phenom_sandbox.gateway.admin import AdminApi
from phenom_sandbox.gateway.answers import Handler, Refusal
from phenom_sandbox.gateway.candidates import CandidateSearch
from phenom_sandbox.gateway.files import FilesApi
from phenom_sandbox.gateway.signed import SIGNED


@dataclass(frozen=True)
class Route:
    method: str
    template: str
    handler: Handler

    @property
    def endpoint(self) -> str:
        return f"{self.method} {self.template}"


class Routes:
    """Finds the handler for a method and a path as it was sent (percent-encoded)."""

    def __init__(self, routes: list[tuple[str, str, Handler]]) -> None:
        self._fixed: dict[tuple[str, str], Route] = {}
        # By the number of segments, so that a request is compared with few patterns.
        self._patterns: dict[int, list[tuple[re.Pattern[str], Route]]] = defaultdict(list)
        for method, template, handler in routes:
            route = Route(method, template, handler)
            if "{" in template:
                pattern = re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template))
                self._patterns[template.count("/")].append((pattern, route))
            else:
                self._fixed[method, template] = route

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]]:
        """Raises `Refusal` 404 or 405."""
        route = self._fixed.get((method, path))
        if route is not None:
            return route, {}
        known = any(path == fixed for _, fixed in self._fixed)
        for pattern, route in self._patterns.get(path.count("/"), ()):
            match = pattern.fullmatch(path)
            if match and (not known or route.method == method):
                if route.method == method:
                    return route, {name: unquote(part) for name, part in match.groupdict().items()}
                known = True
        raise Refusal(405, "Method not allowed") if known else Refusal(404, "No such resource")


def gateway_routes(files: FilesApi) -> list[tuple[str, str, Handler]]:
    search = CandidateSearch()
    scim_users = "/user-management/scim/v2"
    job = "/candidates-api/applications/v1/jobs/{jobId}"
    applicant = "/candidates-api/applications/v1/candidates/{candidateId}"
    for_job = applicant + "/jobs/{jobId}"
    attached = "/candidates-api/files/v1/candidates/{candidateId}/attachments"
    return [
        ("GET", "/jobs-api/v1/jobs", jobs.get_jobs),
        ("GET", "/jobs-api/v1/closedJobs", jobs.get_closed_jobs),
        ("GET", "/jobs-api/v1/jobs/{referenceId}", jobs.get_job_by_reference_id),
        ("GET", "/apply/v2/applications", apply.get_applications),
        ("POST", "/apply/v2/applications", apply.submit_application),
        ("GET", "/apply/v2/applications/status", apply.check_if_already_applied),
        ("GET", "/apply/v2/applications/{id}", apply.get_application),
        ("GET", "/apply/v2/applications/{id}/attachments", apply.download_attachments),
        ("POST", "/apply/v2/applications/{id}/attachments", apply.upload_attachments),
        ("POST", "/candidates-api/v1/candidates/search/", search.candidates_filter),
        ("POST", "/candidates-api/v1/candidates/search", search.candidates_filter),
        ("GET", "/candidates-api/v2/candidates", candidates.get_candidate_v2),
        ("POST", "/candidates-api/v2/candidates", candidates.create_candidate_v2),
        ("GET", job + "/applicants", applicants.get_applicants_for_job),
        ("GET", applicant + "/applications", applicants.get_candidate_applications),
        (
            "GET",
            applicant + "/hiring-status-activities",
            applicants.get_hiring_status_activities,
        ),
        ("GET", applicant + "/job-activities", applicants.get_job_activities),
        ("GET", for_job + "/get-hiring-status", applicants.get_hiring_status),
        ("PATCH", for_job + "/update-hiring-status", applicants.update_hiring_status),
        (
            "GET",
            for_job + "/attachments",
            applicants.get_candidate_job_id_specific_attachments,
        ),
        ("GET", attached, files.get_candidate_attachments),
        ("PATCH", attached, files.update_candidate_attachments),
        ("DELETE", attached, files.delete_candidate_attachments),
        ("GET", attached + "/{attachmentId}", files.download_attachment),
        ("GET", attached + "/{attachmentId}/pre-signed-url", files.get_pre_signed_url),
        (
            "PATCH",
            "/candidates-api/files/v1/candidates/attachments/{candidateId}",
            files.update_candidate_attachments,
        ),
        ("GET", SIGNED + "{candidateId}/{attachmentId}/{name}", files.get_signed_file),
        ("GET", "/tags-api/v1/tags", tags.get_tags),
        ("GET", "/tags-api/v1/tags/{tag}/candidates", tags.get_associated_candidate_ids),
        ("POST", "/tags-api/v1/tags/candidates", tags.add_tags_to_candidates),
        ("POST", "/tags-api/v1/tags/candidates/delete", tags.remove_tags_frm_candidates),
        (
            "GET",
            "/tags-api/v1/candidates/{candidateId}/tags",
            tags.get_associated_tags_for_candidates,
        ),
        ("POST", "/hiringmanager/v3/jobs/search", hiring_manager.get_all_jobs),
        ("GET", "/hiringmanager/v3/jobs/{jobId}", hiring_manager.get_job_details),
        ("POST", "/user-management/v1/users/search", user_search.search_user),
        ("GET", scim_users + "/Users", scim.get_all_users),
        ("GET", scim_users + "/Users/{userId}", scim.get_user_by_id),
        ("GET", scim_users + "/Groups", scim.get_all_groups),
        ("GET", scim_users + "/Roles", scim.get_all_roles),
    ]


def admin_routes(admin: AdminApi) -> list[tuple[str, str, Handler]]:
    return [
        ("GET", "/_admin/tenant", admin.tenant),
        ("GET", "/_admin/faults", admin.get_faults),
        ("PUT", "/_admin/faults", admin.put_faults),
        ("GET", "/_admin/requests", admin.get_requests),
        ("DELETE", "/_admin/requests", admin.clear_requests),
        ("POST", "/_admin/tokens/expire", admin.expire_tokens),
        ("POST", "/_admin/applications", admin.add_application),
        ("POST", "/_admin/applications/{id}", admin.set_application),
        ("DELETE", "/_admin/applications/{id}", admin.delete_application),
        ("POST", "/_admin/applications/{id}/restore", admin.restore_application),
        ("POST", "/_admin/applications/{id}/hiring-status", admin.set_hiring_status),
        ("GET", "/_admin/hiring", admin.hiring),
        ("DELETE", "/_admin/candidates/{id}", admin.delete_candidate),
        ("POST", "/_admin/candidates/{id}/restore", admin.restore_candidate),
        ("POST", "/_admin/candidates/{id}/tags", admin.set_tags),
        ("POST", "/_admin/candidates/{id}/files", admin.add_file),
        ("DELETE", "/_admin/candidates/{id}/files/{attachmentId}", admin.remove_file),
        ("POST", "/_admin/users", admin.add_account),
        ("POST", "/_admin/users/{id}", admin.change_account),
        ("DELETE", "/_admin/users/{id}", admin.remove_account),
        ("POST", "/_admin/jobs", admin.add_job),
        ("POST", "/_admin/jobs/{id}", admin.set_job),
        ("DELETE", "/_admin/jobs/{id}", admin.delete_job),
        ("POST", "/_admin/jobs/{id}/close", admin.close_job),
    ]
