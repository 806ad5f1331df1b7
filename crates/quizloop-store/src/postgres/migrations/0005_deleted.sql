-- Copies of deleted data, which `quizloop state restore` can bring back: `state` is a snapshot of what was deleted then.

create table deleted_guild (
    guild      bigint      not null,
    deleted_at timestamptz not null,
    state      jsonb       not null,
    primary key (guild, deleted_at)
);
