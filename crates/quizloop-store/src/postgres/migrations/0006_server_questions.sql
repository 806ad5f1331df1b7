-- A server's own questions, apart from its snapshot: a reply writes the snapshot, which must not contain up to two megabytes
-- of questions. A row per question, so that a change of one writes no other. Servers without own questions have no row.

-- Everything but the questions: the highest number, disabled ids, suggestions and decisions.
create table server_question_list (
    guild bigint primary key references guild on delete cascade,
    state jsonb  not null
);

create table server_question (
    guild  bigint  not null references server_question_list on delete cascade,
    id     text    not null,
    number integer not null,
    state  jsonb   not null,
    primary key (guild, id)
);

-- Both together, as in the second file beside a snapshot.
create view server_questions as
select list.guild, list.state || jsonb_build_object('questions', coalesce((
    select jsonb_agg(question.state order by question.number) from server_question question
    where question.guild = list.guild
), '[]')) as state
from server_question_list list;

create view suggestion as
select list.guild, (open ->> 'number')::integer as number, (open ->> 'author')::bigint as member,
       (open ->> 'at')::timestamptz as at, open #>> '{content,question}' as question, open as state
from server_question_list list, jsonb_array_elements(list.state #> '{suggestions,open}') open;

-- Copies of deleted data have them as well.
alter table deleted_guild add column questions jsonb;
