-- Columns are for people and their queries. What a table keeps besides is in `state`, as in a snapshot file; where a
-- column says the same, `state` is what counts.

create table guild (
    guild  bigint primary key,
    -- The number of the guild's newest commit, by which one whose answer was lost is found again.
    commit bigint not null,
    state  jsonb  not null
);

create table team (
    guild    bigint  not null references guild on delete cascade,
    channel  bigint  not null,
    zone     text    not null,
    at       time    not null,
    last_day date,
    paused   boolean not null,
    state    jsonb   not null,
    primary key (guild, channel)
);

create table round (
    guild    bigint      not null,
    channel  bigint      not null,
    number   integer     not null,
    day      date        not null,
    question text        not null,
    due      timestamptz not null,
    message  bigint,
    state    jsonb       not null,
    primary key (guild, channel, number),
    foreign key (guild, channel) references team on delete cascade
);

-- One ledger a row: `marks` has a letter a round from `first_round` on (a answered, l late, v looked, w looked first,
-- c credited, . nothing).
create table member (
    guild       bigint  not null,
    channel     bigint  not null,
    member      bigint  not null,
    first_round integer not null,
    marks       text    not null,
    state       jsonb   not null,
    primary key (guild, channel, member),
    foreign key (guild, channel) references team on delete cascade
);

-- What is kept of a member beside the ledgers.
create table person (
    guild  bigint not null references guild on delete cascade,
    member bigint not null,
    hidden date,
    state  jsonb  not null,
    primary key (guild, member)
);

-- The memory of a member and a question: FSRS. Everything is in the columns.
create table review (
    guild      bigint  not null,
    member     bigint  not null,
    question   text    not null,
    rating     text    not null,
    stability  real    not null,
    difficulty real    not null,
    last       date    not null,
    due        date    not null,
    count      integer not null,
    lapses     integer not null,
    primary key (guild, member, question),
    foreign key (guild, member) references person on delete cascade
);

-- Mistakes in questions that members reported and no admin has closed.
create table report (
    guild    bigint      not null references guild on delete cascade,
    number   integer     not null,
    question text        not null,
    member   bigint      not null,
    at       timestamptz not null,
    state    jsonb       not null,
    primary key (guild, number)
);

-- How many shards the guilds are divided into; all processes agree on it.
create table division (
    one   boolean primary key default true check (one),
    total integer not null
);

-- Processes that share the guilds, and the shards that each may have. Who does not renew `until` is gone.
create table process (
    process bigserial   primary key,
    name    text        not null,
    first   integer     not null,
    last    integer     not null,
    until   timestamptz not null
);

-- Who may write the guilds of a shard. Each time another takes it over the epoch is a larger one; whoever has an older
-- one is refused. The second key makes a change of epoch, and nothing else, wait for writes in progress.
create table lease (
    shard   integer     primary key,
    epoch   bigint      not null,
    process bigint      not null,
    holder  text        not null,
    until   timestamptz not null,
    unique (shard, epoch)
);
create sequence epoch;

-- When the next session may be begun, one row for each of the sessions that Discord lets begin side by side.
create table identify (
    slot integer     primary key,
    next timestamptz not null
);

create table note (
    name text primary key,
    text text not null
);
