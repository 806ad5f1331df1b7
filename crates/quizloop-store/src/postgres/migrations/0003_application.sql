-- The application that this database belongs to: the one whose commands an earlier version registered, else the first one
-- that connects.

create table application (
    one boolean primary key default true check (one),
    id  bigint not null
);

insert into application (id)
select split_part(text, ':', 1)::bigint from note where name = 'commands' and text ~ '^([0-9]{1,18}|[0-8][0-9]{18}):';
