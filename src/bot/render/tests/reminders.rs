//! Reminders, and what `/remind` says.

use insta::assert_snapshot;
use jiff::civil::time;

use super::{question, team_with_rounds};
use crate::bot::render::remind;
use crate::bot::render::user_error::UserError;
use crate::practice::id::{ChannelId, GuildId};

#[test]
fn reminders() {
    let team = team_with_rounds();
    let schedule = &team.settings.schedule;
    let channel = ChannelId::new(20);
    let round = team.rounds()[6].clone();
    let mut threadless = round.clone();
    threadless.thread = crate::practice::round::ThreadStatus::Unavailable;
    let of = |round, question| remind::reminder(GuildId::new(10), channel, round, question);
    let five = time(17, 0, 0, 0);
    let all = [
        of(&round, Some(&question())),
        of(&threadless, None),
        remind::enabled(channel, five, schedule),
        remind::disabled(channel, true),
        remind::disabled(channel, false),
        remind::status(channel, None, schedule),
        UserError::InvalidOption(remind::too_early(time(8, 0, 0, 0), schedule)).message(),
        remind::dm_failed(channel),
    ];
    assert_snapshot!(
        "reminders",
        all.map(|message| message.to_string()).join("\n")
    );
}
