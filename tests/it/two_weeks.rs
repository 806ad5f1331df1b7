//! Two weeks of a team whose members have different habits, compared with a count that uses none of
//! the bot's code: who has answered, which key points were often missed, and whose streak goes on.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use discord_sandbox::client::MessageView;
use discord_sandbox::ids;
use serde_json::json;

use crate::support::{MemberHandle, MessageExt, World};
use crate::wrap_up::wrap_ups_in;

/// What a member does on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Habit {
    /// Replies in the morning and ticks every point but the last.
    Thorough,
    /// Replies every second day and ticks the first point only.
    Irregular,
    /// Looks at the answer first and then replies.
    Curious,
    /// Replies every day and never assesses the reply.
    Quiet,
    /// Replies after the wrap-up, and ticks no point.
    Late,
}

impl Habit {
    /// Returns the key points that the member ticks on a day, by index; `None` if they assess
    /// nothing before the wrap-up.
    fn ticks(self, day: usize, points: usize) -> Option<Vec<usize>> {
        match self {
            Self::Thorough => Some((0..points - 1).collect()),
            Self::Irregular if day.is_multiple_of(2) => Some(vec![0]),
            Self::Irregular | Self::Curious | Self::Quiet | Self::Late => None,
        }
    }

    /// Whether the member has replied when the wrap-up comes. A reply counts there as in the footer,
    /// also after a look at the answer.
    fn answers_before_wrap_up(self, day: usize) -> bool {
        match self {
            Self::Thorough | Self::Quiet | Self::Curious => true,
            Self::Irregular => day.is_multiple_of(2),
            Self::Late => false,
        }
    }
}

const HABITS: [Habit; 8] = [
    Habit::Thorough,
    Habit::Irregular,
    Habit::Curious,
    Habit::Quiet,
    Habit::Late,
    Habit::Thorough,
    Habit::Irregular,
    Habit::Irregular,
];

/// Returns the members; the first three are of the sample guild.
fn members(world: &World) -> Vec<u64> {
    let mut members = vec![ids::ADA, ids::LIN, ids::SAM];
    for number in members.len()..HABITS.len() {
        let user = world.sandbox.add_user(&format!("member{number}"));
        world.sandbox.join_guild(ids::GUILD, user, false);
        members.push(user);
    }
    members
}

async fn open_answer(world: &World, member: MemberHandle<'_>) -> MessageView {
    member.press(world.post().id, "Model answer").await
}

async fn reply_and_assess(world: &World, member: u64, habit: Habit, day: usize) {
    let member = world.member(member);
    member.reply("in my own words").await;
    let answer = open_answer(world, member).await;
    let points = answer.menu()["options"].as_array().unwrap().len();
    if let Some(ticks) = habit.ticks(day, points) {
        let values: Vec<String> = ticks.iter().map(usize::to_string).collect();
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        member.choose(&answer, &values).await;
    }
}

/// The expected lines of key points in a wrap-up, by index: missed in at least half of at least four
/// assessments, the two most often missed.
fn often_missed(day: usize, points: usize) -> Vec<usize> {
    let assessments = HABITS.iter().filter_map(|habit| habit.ticks(day, points));
    let assessments: Vec<_> = assessments.collect();
    let mut missed = BTreeMap::<usize, usize>::new();
    for ticks in &assessments {
        for point in (0..points).filter(|point| !ticks.contains(point)) {
            *missed.entry(point).or_default() += 1;
        }
    }
    if assessments.len() < 4 {
        return Vec::new();
    }
    missed.retain(|_, count| *count * 2 >= assessments.len());
    let mut often: Vec<_> = missed.into_iter().collect();
    often.sort_by_key(|(point, count)| (Reverse(*count), *point));
    often.into_iter().take(2).map(|(point, _)| point).collect()
}

/// Returns the key points of the newest question, from its answer.
async fn key_points(world: &World) -> Vec<String> {
    let answer = open_answer(world, world.ada()).await;
    let text = answer.text();
    let points = text.split("[Key points]").nth(1).expect("key points");
    let lines = points.lines().map(str::trim);
    let lines = lines.take_while(|line| line.starts_with("• "));
    lines.map(|line| line["• ".len()..].to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn wrap_ups_and_streaks_agree_with_a_count_by_hand() {
    let world = World::at("2026-03-23T08:00[Europe/Berlin]")
        .team()
        .with("wrap_up_at = \"17:00\"\nreport = true")
        .start()
        .await;
    let members = members(&world);
    let days = ["23", "24", "25", "26", "27", "30", "31"].map(|day| format!("2026-03-{day}"));
    let april = ["01", "02", "03"].map(|day| format!("2026-04-{day}"));
    for (day, date) in days.iter().chain(&april).enumerate() {
        world.set_time(&format!("{date}T09:00")).await;
        assert_eq!(world.posts().len(), day + 1);
        for (member, habit) in members.iter().zip(HABITS) {
            match habit {
                Habit::Curious => {
                    let curious = || world.member(*member);
                    let asked = open_answer(&world, curious()).await;
                    curious().press(asked.id, "Show it anyway").await;
                    world.advance("1s").await;
                    curious().reply("copied").await;
                }
                _ if habit.answers_before_wrap_up(day) => {
                    reply_and_assess(&world, *member, habit, day).await;
                }
                _ => {}
            }
        }
        world.set_time(&format!("{date}T17:00")).await;
        let [wrap_up] = wrap_ups_in(&world, world.thread()).try_into().unwrap();
        let text = wrap_up.text();
        let answered = HABITS
            .iter()
            .filter(|habit| habit.answers_before_wrap_up(day));
        let answered = answered.count();
        assert!(
            text.contains(&format!("**Wrap-up:** {answered} members have answered")),
            "{date}: {text}"
        );
        let points = key_points(&world).await;
        let expected: Vec<String> = often_missed(day, points.len())
            .into_iter()
            .map(|point| format!("• ||{}||", points[point]))
            .collect();
        let shown: Vec<&str> = text.lines().filter(|line| line.contains("||")).collect();
        assert_eq!(shown, expected, "{date}");
        for (member, _) in members
            .iter()
            .zip(HABITS)
            .filter(|(_, habit)| *habit == Habit::Late)
        {
            world.member(*member).reply("after the wrap-up").await;
        }
    }
    for (member, habit) in members.iter().zip(HABITS) {
        // Irregular members miss every second day, and earn no freeze in five answers.
        let expected = match habit {
            Habit::Thorough | Habit::Quiet | Habit::Late => 10,
            Habit::Irregular | Habit::Curious => 0,
        };
        let member = world.member(*member);
        // The last question is still open, so an irregular member has not missed it yet.
        let streak = member.streak().await;
        let of_yesterday = u32::from(habit == Habit::Irregular);
        assert_eq!(streak, expected + of_yesterday, "{habit:?}");
    }
    let messages = world.sandbox.messages(ids::ASYNCIO, ids::ADA).into_iter();
    let reports: Vec<_> = messages
        .filter(|message| message.footer().starts_with("Week of "))
        .collect();
    assert_eq!(reports.len(), 2);
    let quiet = world.member(members[3]);
    let due = [("mode", json!("due"))];
    let quiz = quiet.command_message("quiz", &due).await.text();
    assert!(quiz.contains("Nothing to repeat yet"), "{quiz}");
    let thorough = world.ada().command_message("quiz", &due).await.text();
    assert!(thorough.contains("[Why now]"), "{thorough}");
}
