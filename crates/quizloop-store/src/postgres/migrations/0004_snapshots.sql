-- One row per guild: `guild.state` becomes the whole snapshot, as in a snapshot file. The other tables become views of it,
-- with the same columns.

-- An open transaction of somebody else fails the migration rather than delay it for hours.
set local lock_timeout = '5s';
-- The shortest text that gives the same number again, also before PostgreSQL 12.
set local extra_float_digits = 3;

-- Processes join under this lock. Those of an earlier version can't work with the new form.
lock table division in exclusive mode;

do $$
declare
    users text := (
        select string_agg(user_name, ', ' order by user_name) from (
            select name from process where until > now() union select holder from lease where until > now()
        ) as users (user_name)
    );
begin
    if users is not null then
        raise exception 'processes of an earlier version still use the database: %. Stop all of them, then start this version '
            'again. A process that crashed or was killed counts as stopped after 20 seconds', users;
    end if;
end $$;

lock table guild, team, round, member, person, review, report in access exclusive mode;

update guild set state = guild.state
    || jsonb_build_object('teams', coalesce((
        select jsonb_object_agg(team.channel, team.state || jsonb_build_object(
            'rounds', coalesce((
                select jsonb_agg(round.state order by round.number) from round
                where round.guild = team.guild and round.channel = team.channel
            ), '[]'),
            'members', coalesce((
                select jsonb_object_agg(member.member, member.state) from member
                where member.guild = team.guild and member.channel = team.channel
            ), '{}')
        ))
        from team where team.guild = guild.guild
    ), '{}'))
    || coalesce((
        select jsonb_build_object('people', jsonb_object_agg(person.member, person.state || coalesce((
            -- A line per review, as in a snapshot file: the question is its index in `questions`.
            select jsonb_build_object('reviews', jsonb_agg(concat_ws(' ',
                question.number - 1, review.rating, review.stability::text::numeric, review.difficulty::text::numeric,
                to_char(review.last, 'YYYY-MM-DD'), to_char(review.due, 'YYYY-MM-DD'), review.count, review.lapses
            ) order by question.number))
            from review left join jsonb_array_elements_text(guild.state -> 'questions') with ordinality as question (id, number)
                on question.id = review.question
            where review.guild = person.guild and review.member = person.member
            having count(*) > 0
        ), '{}')))
        from person where person.guild = guild.guild
        having count(*) > 0
    ), '{}')
    || case when guild.state ? 'reports' then jsonb_build_object('reports', guild.state -> 'reports' || jsonb_build_object(
        'open', coalesce((
            select jsonb_agg(report.state order by report.number) from report where report.guild = guild.guild
        ), '[]')
    )) else '{}' end;

drop table review, report, person, member, round, team;

-- Refuses saves of a process of an earlier version that hung during the migration: its states have no teams.
alter table guild add constraint guild_state_is_snapshot check (state ? 'teams');

create view team as
select g.guild, t.key::bigint as channel, t.value #>> '{settings,schedule,zone}' as zone,
       (t.value #>> '{settings,schedule,at}')::time as at, (t.value ->> 'last_day')::date as last_day,
       t.value ? 'pause' as paused, t.value - 'rounds' - 'members' as state
from guild g, jsonb_each(g.state -> 'teams') t;

create view round as
select g.guild, t.key::bigint as channel, (r ->> 'number')::integer as number, (r ->> 'day')::date as day,
       r ->> 'question' as question, (r ->> 'due')::timestamptz as due, (r ->> 'message')::bigint as message, r as state
from guild g, jsonb_each(g.state -> 'teams') t, jsonb_array_elements(t.value -> 'rounds') r;

-- One ledger a row: `marks` has a letter for each round from `first_round` on (a answered, l late, v looked, w looked
-- first, c credited, . nothing).
create view member as
select g.guild, t.key::bigint as channel, m.key::bigint as member, (m.value ->> 'from')::integer as first_round,
       m.value ->> 'marks' as marks, m.value as state
from guild g, jsonb_each(g.state -> 'teams') t, jsonb_each(t.value -> 'members') m;

create view person as
select g.guild, p.key::bigint as member, (p.value ->> 'hidden')::date as hidden, p.value - 'reviews' as state
from guild g, jsonb_each(g.state -> 'people') p;

create view review as
select g.guild, p.key::bigint as member, g.state -> 'questions' ->> f[1]::integer as question, f[2] as rating,
       f[3]::real as stability, f[4]::real as difficulty, f[5]::date as last, f[6]::date as due,
       f[7]::integer as count, f[8]::integer as lapses
from guild g, jsonb_each(g.state -> 'people') p, jsonb_array_elements_text(p.value -> 'reviews') line,
     string_to_array(line, ' ') f;

create view report as
select g.guild, (r ->> 'number')::integer as number, r ->> 'question' as question, (r ->> 'user')::bigint as member,
       (r ->> 'at')::timestamptz as at, r as state
from guild g, jsonb_array_elements(g.state #> '{reports,open}') r;
