-- A server's own questions, apart from its snapshot: a reply writes the snapshot, which must not contain up to two megabytes
-- of questions. Servers without own questions have no row.

create table server_questions (
    guild bigint primary key references guild on delete cascade,
    state jsonb  not null
);

-- Copies of deleted data have them as well.
alter table deleted_guild add column questions jsonb;

create view server_question as
select s.guild, q ->> 'id' as id, (q ->> 'number')::integer as number, (q ->> 'author')::bigint as author,
       (q ->> 'added_at')::timestamptz as added_at, q #>> '{content,question}' as question,
       not coalesce(s.state -> 'disabled' ? (q ->> 'id'), false) as enabled, q as state
from server_questions s, jsonb_array_elements(s.state -> 'questions') q;

create view suggestion as
select s.guild, (o ->> 'number')::integer as number, (o ->> 'author')::bigint as author, (o ->> 'at')::timestamptz as at,
       o #>> '{content,question}' as question, o as state
from server_questions s, jsonb_array_elements(s.state #> '{suggestions,open}') o;
