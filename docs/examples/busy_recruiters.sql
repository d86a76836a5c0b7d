-- The recruiters with the most open jobs.
select u.first_name || ' ' || u.last_name as recruiter, count(*) as open_jobs
from job_user_role_assignments a
join roles r on r.id = a.role_id and r.unified_type = 'RECRUITER'
join job_hiring_team_members m on m.id = a.job_user_id
join users u on u.id = m.user_id
join jobs j on j.id = m.job_id and j.status = 'OPEN' and j.remote_deleted_at is null
where a.remote_deleted_at is null
group by all
order by open_jobs desc, recruiter
limit 6;
