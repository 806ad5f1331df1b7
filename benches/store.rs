//! Saving and opening snapshots on disk, in the folder for temporary files.

use std::hint::black_box;
use std::sync::atomic::{AtomicI64, Ordering};

use divan::Bencher;
use quizloop_core::guild::Guild;
use quizloop_core::id::UserId;
use quizloop_core::question_picker::{PickMode, PickOrder, PickRequest};
use quizloop_store::Store;
use rand::SeedableRng;
use rand::rngs::StdRng;

mod guilds;

use guilds::{CHANNEL, day, guild, guild_with_reviews};

fn main() {
    divan::main();
}

fn insert(store: &Store, guild: &Guild) -> quizloop_store::Commit {
    let copy = guild.clone();
    store
        .loaded(guild.id())
        .expect("the guild is in memory")
        .upsert(|state| *state = copy)
        .1
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("runtime is built")
}

/// Makes a change durable: encode, write, fsync, rename, fsync the folder.
#[divan::bench(sample_count = 50)]
fn save_a_guild_of_1000_members_and_250_rounds(bencher: Bencher<'_, '_>) {
    let (dir, runtime) = (tempfile::tempdir().expect("temporary folder"), runtime());
    let store = Store::open(dir.path()).expect("an empty folder opens");
    let guild = guild(1, 1000, 250);
    runtime.block_on(insert(&store, &guild).wait_durable());
    let number = AtomicI64::new(0);
    bencher.bench_local(|| {
        let skip = day(number.fetch_add(1, Ordering::Relaxed));
        let (_, commit) = store
            .loaded(guild.id())
            .expect("the guild is in memory")
            .upsert(|state| state.team_mut(CHANNEL).map(|team| team.skip = Some(skip)));
        runtime.block_on(commit.wait_durable());
    });
}

/// Saves a review in a large guild, which writes 100,000 reviews: 100 for each of 1,000 members.
#[divan::bench(sample_count = 30)]
fn save_a_guild_of_1000_members_with_100_reviews(bencher: Bencher<'_, '_>) {
    let (dir, runtime) = (tempfile::tempdir().expect("temporary folder"), runtime());
    let store = Store::open(dir.path()).expect("an empty folder opens");
    let guild = guild_with_reviews(1, 1000, 100);
    runtime.block_on(insert(&store, &guild).wait_durable());
    bencher.bench_local(|| {
        let ((), commit) = store
            .loaded(guild.id())
            .expect("the guild is in memory")
            .upsert(|_| ());
        runtime.block_on(commit.wait_durable());
    });
}

/// Copies that guild. It is locked for this long while it is saved, and readers wait meanwhile.
#[divan::bench(sample_count = 100)]
fn copy_a_guild_of_1000_members_with_100_reviews(bencher: Bencher<'_, '_>) {
    let guild = guild_with_reviews(1, 1000, 100);
    bencher.bench_local(|| black_box(guild.clone()));
}

/// Picks a question for `/quiz` from 131 questions, 100 of which the member reviewed.
#[divan::bench(sample_count = 1000)]
fn pick_a_question(bencher: Bencher<'_, '_>) {
    let guild = guild_with_reviews(1, 1, 100);
    let bank: Vec<String> = (0..131)
        .map(|number| format!("a-question-of-the-bank-{number}"))
        .collect();
    let candidates: Vec<&str> = bank.iter().map(String::as_str).collect();
    let request = PickRequest {
        mode: PickMode::Mixed,
        order: PickOrder::Random,
        candidates: &candidates,
        shown: "",
        today: day(200),
    };
    let member = UserId::new(1_150_000_000_000_000_001);
    let mut rng = StdRng::seed_from_u64(1);
    bencher.bench_local(|| black_box(guild.pick(member, &request, |_| false, &mut rng).is_ok()));
}

/// Saves a guild of typical size.
#[divan::bench(sample_count = 100)]
fn save_a_guild_of_10_members_and_50_rounds(bencher: Bencher<'_, '_>) {
    let (dir, runtime) = (tempfile::tempdir().expect("temporary folder"), runtime());
    let store = Store::open(dir.path()).expect("an empty folder opens");
    let guild = guild(1, 10, 50);
    runtime.block_on(insert(&store, &guild).wait_durable());
    bencher.bench_local(|| {
        let ((), commit) = store
            .loaded(guild.id())
            .expect("the guild is in memory")
            .upsert(|_| ());
        runtime.block_on(commit.wait_durable());
    });
}

/// Opens a folder of snapshots, which every start does.
#[divan::bench(sample_count = 10)]
fn open_1000_guilds_of_50_members(bencher: Bencher<'_, '_>) {
    let (dir, runtime) = (tempfile::tempdir().expect("temporary folder"), runtime());
    let store = Store::open(dir.path()).expect("an empty folder opens");
    let commits: Vec<_> = (1..=1000)
        .map(|id| insert(&store, &guild(id, 50, 20)))
        .collect();
    runtime.block_on(async {
        for commit in commits {
            commit.wait_durable().await;
        }
    });
    drop(store);
    bencher.bench_local(|| {
        black_box(
            Store::open(dir.path())
                .expect("the folder opens")
                .guild_ids()
                .len(),
        )
    });
}
