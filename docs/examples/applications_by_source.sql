-- Applications per source and month: a Phenom application id begins with its second of creation.
select integration_fields ->> '$[0].value' as source,
       strftime(to_timestamp(('0x' || left(remote_id, 8))::bigint), '%Y-%m') as month,
       count(*) as applications
from applications
where remote_deleted_at is null
group by all
order by applications desc, source, month
limit 6;
