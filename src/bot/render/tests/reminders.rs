//! Reminders and the replies to `/remind`.

use insta::assert_snapshot;
use jiff::civil::time;

use super::{question, team_with_rounds};
use crate::bot::render::remind;
use crate::bot::render::user_error::UserError;
use quizloop_core::id::{ChannelId, GuildId};
use quizloop_core::reminders::ReminderState;
use quizloop_core::review_reminders::ReviewsDue;
use quizloop_core::zone::Zone;

#[test]
fn review_reminders() {
    let (guild, channel) = (GuildId::new(10), ChannelId::new(20));
    let berlin = Zone::from_name("Europe/Berlin").unwrap();
    let eight = time(8, 0, 0, 0);
    let of = |count| remind::reviews_due(guild, ReviewsDue { channel, count });
    let schedule = &team_with_rounds().settings.schedule;
    let off = remind::status(channel, ReminderState::Off, schedule);
    let all = [
        of(3),
        remind::reviews_enabled(eight, &berlin),
        remind::reviews_disabled(true),
        remind::reviews_disabled(false),
        remind::with_review_reminder(off, eight, &berlin),
        remind::review_dm_failed(),
    ];
    assert_snapshot!(all.map(|message| message.to_string()).join("\n"), @"
    🔁 3 reviews are due today. Use `/quiz` in <#20>.
    -# You turned this on with `/remind reviews on`. To stop, use `/remind reviews off` there.
    ( Open the channel ) https://discord.com/channels/10/20

    I'll send you a direct message at 08:00 (Europe/Berlin) on days with at least 3 reviews due. Make sure you allow direct messages from members of this server. To stop, use `/remind reviews off`.

    Reminders of due reviews are now off. To turn them back on, use `/remind reviews on`.

    Reminders of due reviews were already off. To turn them back on, use `/remind reviews on`.

    Reminders for <#20> are off. `/remind on time:17:00` sends you a direct message on days you haven't answered by then.
    Reminders of due reviews are on: at 08:00 (Europe/Berlin).

    I couldn't remind you of your due reviews: Discord doesn't let me send you direct messages, so I turned this reminder off. Allow direct messages from members of this server, then use `/remind reviews on`.
    ");
    let button = &of(3).components[0];
    assert_snapshot!(serde_json::to_string(button).unwrap(), @r#"{"type":1,"components":[{"type":2,"style":5,"label":"Open the channel","url":"https://discord.com/channels/10/20"}]}"#);
}

#[test]
fn reminders() {
    let team = team_with_rounds();
    let schedule = &team.settings.schedule;
    let channel = ChannelId::new(20);
    let round = team.rounds()[6].clone();
    let mut threadless = round.clone();
    threadless.thread = quizloop_core::round::ThreadStatus::Unavailable;
    let of = |round, question| remind::reminder(GuildId::new(10), channel, round, question);
    let five = time(17, 0, 0, 0);
    let all = [
        of(&round, Some(&question())),
        of(&threadless, None),
        remind::enabled(channel, five, schedule),
        remind::disabled(channel, true),
        remind::disabled(channel, false),
        remind::status(channel, ReminderState::Off, schedule),
        remind::status(channel, ReminderState::QuestionLate { at: five }, schedule),
        remind::status(
            channel,
            ReminderState::BeforeQuestion {
                at: time(8, 30, 0, 0),
            },
            schedule,
        ),
        UserError::InvalidOption(remind::too_early(time(8, 0, 0, 0), schedule)).message(),
        remind::dm_failed(channel),
    ];
    assert_snapshot!(all.map(|message| message.to_string()).join("\n"), @"
    ⏰ Today's question in <#20> is waiting for you.
    > **You call a function that was defined with `async def`. What do you get back, and when does its body start to run?**
    -# You turned this on with `/remind on`. To stop, use `/remind off` in that channel.
    ( Reply in the thread ) https://discord.com/channels/10/1488447759974400000

    ⏰ Today's question in <#20> is waiting for you.
    -# You turned this on with `/remind on`. To stop, use `/remind off` in that channel.
    ( Reply to the question ) https://discord.com/channels/10/20/1488447759974400000

    I'll send you a direct message at 17:00 (Europe/Berlin) on days you haven't answered the question in <#20>. Make sure you allow direct messages from members of this server. To stop, use `/remind off`.

    Reminders for <#20> are now off. To turn them back on, use `/remind on`.

    Reminders for <#20> were already off. To turn them back on, use `/remind on`.

    Reminders for <#20> are off. `/remind on time:17:00` sends you a direct message on days you haven't answered by then.

    I'll send you a direct message at 17:00 (Europe/Berlin) on days you haven't answered the question in <#20>. Make sure you allow direct messages from members of this server. To stop, use `/remind off`.
    Today's question came after that time, so there is no reminder today.

    Your reminder for <#20> is set to 08:30 (Europe/Berlin), but the question now comes at 09:00, so you get none. Choose a later time with `/remind on`, or use `/remind off`.

    (only you can see this)
    At 08:00 the question isn't out yet: it comes at 09:00 (Europe/Berlin). Choose a later time on the same day.

    I couldn't remind you of the question in <#20>: Discord doesn't let me send you direct messages, so I turned your reminders off. Allow direct messages from members of this server, then use `/remind on`.
    ");
}
