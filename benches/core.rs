//! The work without sockets and disk: searching, drawing from the deck, rendering, snapshots, a look of the scheduler.
//!
//! `cargo bench --bench core`; what `/answer` suggests is timed one by one, because it is the slowest one that members feel.

#![expect(clippy::print_stdout, reason = "figures for people")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use divan::Bencher;
use jiff::civil::time;
use jiff::{SignedDuration, Timestamp};
use quizloop::bank::{Bank, PackFile, SEARCH_MAX, built_in};
use quizloop::bot::render;
use quizloop::practice::deck::Deck;
use quizloop::practice::guild::Guild;
use quizloop::practice::id::{ChannelId, GuildId, MessageId, UserId, snowflake_at};
use quizloop::practice::retention::Retention;
use quizloop::practice::schedule::Schedule;
use quizloop::practice::team::{Reveal, Team, TeamSettings};
use quizloop::practice::zone::Zone;
use quizloop::store::{Store, inspect};
use rand::SeedableRng;
use rand::rngs::StdRng;

/// Questions of the large bank.
const QUESTIONS: usize = 10_000;

/// What somebody types, letter by letter.
const TYPED: [&str; 5] = [
    "what happens when a task is cancelled",
    "asyncio.gather or taskgroup",
    "sempahore",
    "queue join",
    "42",
];

fn main() {
    // `cargo test --benches` passes arguments of the test harness; then there is nothing to time.
    if !std::env::args().any(|argument| argument == "--test") {
        suggestions();
    }
    divan::main();
}

/// A bank of that many questions: the built-in ones again and again, under ids of their own.
fn bank(count: usize) -> Bank {
    let (small, _) = Bank::load(built_in(), &[]);
    let copies = count.div_ceil(small.len());
    let copy = |number: usize| PackFile {
        name: format!("copy-{number}.toml"),
        bytes: renamed_copy(number).into_bytes(),
    };
    let (bank, _) = Bank::load(&[], &(0..copies).map(copy).collect::<Vec<_>>());
    assert!(bank.len() >= count, "{} questions", bank.len());
    bank
}

fn renamed_copy(copy: usize) -> String {
    let mut entry = 0;
    let mut line = |line: &str| {
        if line.starts_with("id = ") {
            entry += 1;
            format!("id = \"copy-{copy}-{entry}\"\n")
        } else {
            format!("{line}\n")
        }
    };
    let texts = built_in().iter().flat_map(|(_, text)| text.lines());
    texts.map(&mut line).collect()
}

/// Every beginning of what is typed, as Discord asks for it.
fn suggestions() {
    let bank = bank(QUESTIONS);
    let beginnings = TYPED
        .iter()
        .flat_map(|typed| (1..=typed.len()).map(|end| &typed[..end]));
    let beginnings: Vec<_> = beginnings.collect();
    let mut times = Vec::new();
    for _ in 0..20 {
        for typed in &beginnings {
            let start = Instant::now();
            black_box(bank.search(typed, SEARCH_MAX));
            times.push(start.elapsed());
        }
    }
    times.sort_unstable();
    let at = |share: usize| times[(times.len() - 1) * share / 1000].as_secs_f64() * 1e3;
    let most = times.last().map_or(0.0, Duration::as_secs_f64) * 1e3;
    println!(
        "suggestions out of {} questions: p50 {:.2} ms, p99 {:.2} ms, {most:.2} ms at worst",
        bank.len(),
        at(500),
        at(990)
    );
}

fn start() -> Timestamp {
    "2026-01-01T09:00:00Z".parse().expect("a time")
}

fn team(channel: u64) -> Team {
    let settings = TeamSettings {
        schedule: Schedule::weekdays_at(time(9, 0, 0, 0), Zone::utc()),
        reveal: Reveal::AfterReply,
        role: None,
        retention: Retention::default(),
        send_weekly_report: false,
    };
    Team::new(ChannelId::new(channel), settings, start())
}

/// A guild with that many members who have answered that many rounds.
fn guild(members: u64, rounds: i64) -> Guild {
    let (bank, _) = Bank::load(built_in(), &[]);
    let (ids, mut rng) = (bank.ids(), StdRng::seed_from_u64(1));
    let mut team = team(2);
    for number in 0..rounds {
        let opened = start() + SignedDuration::from_hours(24 * number);
        let posted = MessageId::new(snowflake_at(opened));
        let day = Zone::utc().date(opened);
        team.begin_round(day, opened, &ids, &mut rng)
            .expect("a round a day");
        team.record_post(posted);
        for member in 1..=members {
            let reply = snowflake_at(opened + SignedDuration::from_mins(5)) + member;
            team.count_reply(posted, UserId::new(member), MessageId::new(reply));
        }
    }
    let mut guild = Guild::new(GuildId::new(1));
    guild.insert_team(team);
    guild
}

/// A round's question; a bank of 131 is shuffled anew when it is through.
#[divan::bench(args = [131, QUESTIONS])]
fn draw_from_the_deck(bencher: Bencher<'_, '_>, questions: usize) {
    let ids: Vec<String> = (0..questions)
        .map(|number| format!("a-question-of-the-bank-{number}"))
        .collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let (mut deck, mut rng) = (Deck::default(), StdRng::seed_from_u64(1));
    bencher.bench_local(|| black_box(deck.draw(&ids, &mut rng).is_some()));
}

/// Each question of the bank in turn, as Discord gets it.
#[divan::bench]
fn render_a_daily_message(bencher: Bencher<'_, '_>) {
    let (bank, _) = Bank::load(built_in(), &[]);
    let guild = guild(10, 1);
    let round = guild.team(ChannelId::new(2)).and_then(Team::open_round);
    let round = round.expect("a round");
    let mut questions = bank.questions().iter().cycle();
    bencher.bench_local(|| {
        let question = questions.next().expect("it goes round");
        serde_json::to_vec(&render::daily::post(question, round, 3)).expect("JSON")
    });
}

/// The same for the model answer.
#[divan::bench]
fn render_an_answer(bencher: Bencher<'_, '_>) {
    let (bank, _) = Bank::load(built_in(), &[]);
    let mut questions = bank.questions().iter().cycle();
    bencher.bench_local(|| {
        let question = questions.next().expect("it goes round");
        serde_json::to_vec(&render::reveal::answer(question)).expect("JSON")
    });
}

/// What the store does with a guild before it writes.
#[divan::bench(args = [(10, 50), (1000, 250)])]
fn encode_a_snapshot(bencher: Bencher<'_, '_>, (members, rounds): (u64, i64)) {
    let guild = guild(members, rounds);
    bencher.bench_local(|| serde_json::to_vec_pretty(&guild).expect("JSON"));
}

/// Reading a snapshot, which lies in the page cache, and checking it.
#[divan::bench(args = [(10, 50), (1000, 250)])]
fn decode_a_snapshot(bencher: Bencher<'_, '_>, (members, rounds): (u64, i64)) {
    let (dir, guild) = (
        tempfile::tempdir().expect("a folder"),
        guild(members, rounds),
    );
    let store = Store::open(dir.path()).expect("an empty folder opens");
    let (id, copy) = (guild.id(), guild.clone());
    let ((), commit) = store.upsert(id, |state| *state = copy);
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.expect("a runtime").block_on(commit.wait_durable());
    drop(store);
    bencher.bench_local(|| inspect::guild(dir.path(), id).is_ok());
}

/// What the scheduler asks each team, each time it looks; it looks after every post.
#[divan::bench]
fn look_at_10_000_teams(bencher: Bencher<'_, '_>) {
    let teams: Vec<_> = (1..=10_000).map(team).collect();
    let now = start() + SignedDuration::from_hours(30);
    bencher.bench_local(|| {
        for team in &teams {
            black_box((
                team.next_post_step(now),
                team.next_report_step(now),
                team.reminders_today(now).count(),
            ));
        }
    });
}
