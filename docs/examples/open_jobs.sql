-- Open jobs by department, with their hiring managers.
select j.department, j.name as job, u.first_name || ' ' || u.last_name as hiring_manager
from jobs j
left join job_hiring_team_members m
       on m.job_id = j.id and m.remote_deleted_at is null
      and list_contains(m.roles::varchar[], 'HIRING_MANAGER')
left join users u on u.id = m.user_id
where j.status = 'OPEN' and j.remote_deleted_at is null
order by j.department, j.name
limit 6;
