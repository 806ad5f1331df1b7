-- What has to be known of a guild without reading it: when there is next something to do for it (null: not known, so now;
-- infinity: never), whether the operator's file declares one of its teams, and two bytes for each channel and thread that
-- may concern it (null: not known, so any).

alter table guild add column wake timestamptz;
alter table guild add column managed boolean not null default true;
alter table guild add column places bytea;
