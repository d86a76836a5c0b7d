-- Applications per source and month.
select source, strftime(applied_at, '%Y-%m') as month, count(*) as applications
from applications
where remote_deleted_at is null
group by all
order by applications desc, source, month
limit 6;
