-- Outcomes of applications by department. Needs an acting user.
select j.department,
       count(*) as applications,
       count(*) filter (a.outcome = 'HIRED') as hired,
       count(*) filter (a.outcome = 'DECLINED') as declined,
       count(*) filter (a.outcome = 'PENDING') as pending
from applications a
join jobs j on j.id = a.job_id
where a.remote_deleted_at is null
group by all
order by applications desc, j.department
limit 6;
