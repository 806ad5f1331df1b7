//! Work without sockets: search, drawing from the deck, rendering, snapshots, and a scheduler scan.
//!
//! Run it with `cargo bench --bench core`. Suggestions of `/answer` are timed one by one, because
//! their worst case is the slowest response that members notice.

#![expect(clippy::print_stdout, reason = "figures for people")]

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use divan::Bencher;
use jiff::civil::{date, time};
use jiff::{SignedDuration, Timestamp};
use quizloop::bot::render;
use quizloop_bank::{Bank, GuildQuestions, PackFile, Question, SEARCH_MAX, ServerBank, built_in};
use quizloop_core::deck::{Deck, DrawRequest};
use quizloop_core::guild::Guild;
use quizloop_core::id::{ChannelId, GuildId, MessageId, UserId, snowflake_at};
use quizloop_core::matching::{MatchCandidate, match_members};
use quizloop_core::programme::Programme;
use quizloop_core::ramp::RampStage;
use quizloop_core::schedule::Schedule;
use quizloop_core::server_questions::MAX_SERVER_QUESTIONS;
use quizloop_core::team::{Team, TeamSettings};
use quizloop_core::zone::Zone;
use quizloop_store::{Store, inspect};
use rand::SeedableRng;
use rand::rngs::StdRng;

/// Number of questions in the large bank.
const QUESTIONS: usize = 10_000;

/// Search texts. Discord asks for suggestions after every letter.
const SEARCH_TEXTS: [&str; 5] = [
    "what happens when a task is cancelled",
    "asyncio.gather or taskgroup",
    "sempahore",
    "queue join",
    "42",
];

fn main() {
    // `cargo test --benches` passes the arguments of the test harness. Nothing is timed then.
    if !std::env::args().any(|argument| argument == "--test") {
        time_suggestions();
    }
    divan::main();
}

/// Builds a bank of at least `count` questions: copies of the built-in ones with new ids.
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

/// Times the search for every prefix of the search texts, and prints percentiles. All questions of a
/// server are one bank: those that all servers share, and as many of its own as it may have.
fn time_suggestions() {
    let shared = Arc::new(bank(QUESTIONS - MAX_SERVER_QUESTIONS));
    let own = bank(MAX_SERVER_QUESTIONS);
    let own = own.questions().iter().take(MAX_SERVER_QUESTIONS).cloned();
    let own = own.zip(1..).map(|(question, number)| Question {
        id: format!("s-{number:08}"),
        number: Some(number),
        ..question
    });
    let disabled = shared.ids().into_iter().step_by(20).map(str::to_owned);
    let own = ServerBank::new(own.collect(), disabled.collect());
    let questions = GuildQuestions::with_server(shared, Arc::new(own));
    let prefixes: Vec<_> = SEARCH_TEXTS
        .iter()
        .flat_map(|text| (1..=text.len()).map(|end| &text[..end]))
        .collect();
    let mut times = Vec::new();
    for _ in 0..20 {
        for prefix in &prefixes {
            let start = Instant::now();
            black_box(questions.search(prefix, SEARCH_MAX));
            times.push(start.elapsed());
        }
    }
    times.sort_unstable();
    let at = |share: usize| times[(times.len() - 1) * share / 1000].as_secs_f64() * 1e3;
    let max = times.last().map_or(0.0, Duration::as_secs_f64) * 1e3;
    println!(
        "suggestions from {} questions: p50 {:.2} ms, p99 {:.2} ms, max {max:.2} ms",
        questions.all().count(),
        at(500),
        at(990)
    );
}

fn start() -> Timestamp {
    "2026-01-01T09:00:00Z".parse().expect("valid timestamp")
}

fn team(channel: u64) -> Team {
    let settings = TeamSettings {
        schedule: Schedule::weekdays_at(time(9, 0, 0, 0), Zone::utc()),
        ..TeamSettings::default()
    };
    Team::new(ChannelId::new(channel), settings, start())
}

/// Builds a guild with one team, in which every member answered every round.
fn guild(members: u64, rounds: i64) -> Guild {
    let (bank, _) = Bank::load(built_in(), &[]);
    let (ids, mut rng) = (bank.ids(), StdRng::seed_from_u64(1));
    let mut team = team(2);
    for number in 0..rounds {
        let opened = start() + SignedDuration::from_hours(24 * number);
        let posted = MessageId::new(snowflake_at(opened));
        let day = Zone::utc().date(opened);
        team.begin_round(day, opened, &ids, &mut rng)
            .expect("one round per day");
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

/// Draws the question of a round. A bank of 131 is reshuffled once all questions were drawn.
#[divan::bench(args = [131, QUESTIONS])]
fn draw_from_the_deck(bencher: Bencher<'_, '_>, questions: usize) {
    let ids: Vec<String> = (0..questions)
        .map(|number| format!("a-question-of-the-bank-{number}"))
        .collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let (mut deck, mut rng) = (Deck::default(), StdRng::seed_from_u64(1));
    let request = DrawRequest {
        programme: &Programme::default(),
        pool: &(&ids).into(),
        day: date(2026, 1, 1),
        latest: None,
        stage: RampStage::All,
    };
    bencher.bench_local(|| black_box(deck.draw(&request, &mut rng).is_some()));
}

/// Renders the daily message of each question in turn, as JSON.
#[divan::bench]
fn render_a_daily_message(bencher: Bencher<'_, '_>) {
    let (bank, _) = Bank::load(built_in(), &[]);
    let guild = guild(10, 1);
    let round = guild.team(ChannelId::new(2)).and_then(Team::open_round);
    let round = round.expect("an open round");
    let mut questions = bank.questions().iter().cycle();
    bencher.bench_local(|| {
        let question = questions.next().expect("the cycle is endless");
        let level = render::daily::LevelDisplay::Shown;
        serde_json::to_vec(&render::daily::post(question, round, 3, level)).expect("JSON")
    });
}

/// Renders the model answer of each question in turn, as JSON.
#[divan::bench]
fn render_an_answer(bencher: Bencher<'_, '_>) {
    let (bank, _) = Bank::load(built_in(), &[]);
    let mut questions = bank.questions().iter().cycle();
    bencher.bench_local(|| {
        let question = questions.next().expect("the cycle is endless");
        let open = render::reveal::OpenAnswer {
            question,
            page: render::reveal::AnswerPage::Short,
            public: true,
            round: None,
        };
        serde_json::to_vec(&open.public_message()).expect("JSON")
    });
}

/// Encodes a guild, which the store does before every save.
#[divan::bench(args = [(10, 50), (1000, 250)])]
fn encode_a_snapshot(bencher: Bencher<'_, '_>, (members, rounds): (u64, i64)) {
    let guild = guild(members, rounds);
    bencher.bench_local(|| serde_json::to_vec_pretty(&guild).expect("JSON"));
}

/// Reads a snapshot from the page cache and validates it.
#[divan::bench(args = [(10, 50), (1000, 250)])]
fn decode_a_snapshot(bencher: Bencher<'_, '_>, (members, rounds): (u64, i64)) {
    let (dir, guild) = (
        tempfile::tempdir().expect("temporary folder"),
        guild(members, rounds),
    );
    let store = Store::open(dir.path()).expect("an empty folder opens");
    let (id, copy) = (guild.id(), guild.clone());
    let ((), commit) = store
        .loaded(id)
        .expect("the guild is in memory")
        .upsert(|state| *state = copy);
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime
        .expect("runtime is built")
        .block_on(commit.wait_durable());
    drop(store);
    bencher.bench_local(|| inspect::guild(dir.path(), id).is_ok());
}

/// Matches a thousand members of a team for mock interviews.
#[divan::bench]
fn match_1000_members(bencher: Bencher<'_, '_>) {
    let candidate = |id: u64| MatchCandidate {
        user: UserId::new(id),
        comes_first: id.is_multiple_of(7),
        waiting_since: start() - SignedDuration::from_secs(id.cast_signed()),
    };
    let all: Vec<_> = (1..=1000).map(candidate).collect();
    let last_met = |one: UserId, other: UserId| {
        let both = one.get() * 31 + other.get() * 31;
        both.is_multiple_of(3).then_some(date(2026, 11, 23))
    };
    bencher.bench_local(|| match_members(black_box(&all), last_met));
}

/// Computes the due steps of each team, which the scheduler does in every scan. It scans after
/// every post.
#[divan::bench]
fn scan_10_000_teams(bencher: Bencher<'_, '_>) {
    let teams: Vec<_> = (1..=10_000).map(team).collect();
    let now = start() + SignedDuration::from_hours(30);
    bencher.bench_local(|| {
        for team in &teams {
            black_box((
                team.next_post_step(now),
                team.next_wrap_up_step(now),
                team.next_report_step(now),
                team.reminders_today(now).count(),
            ));
        }
    });
}
