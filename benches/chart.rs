//! Drawing one picture of `/progress`: the time it takes, and the memory above what the process had before.

use std::hint::black_box;

use divan::{AllocProfiler, Bencher};
use jiff::ToSpan;
use jiff::civil::{Date, date};
use quizloop::chart::{ChartCache, Day, DayOutcome, FORECAST_DAYS, Progress, Topic, alt_text, png};

/// Counts what is allocated, and how much of it at once.
#[global_allocator]
static ALLOCATIONS: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

const TODAY: Date = date(2026, 11, 20);

/// Half a year with something on each day, 23 topics, reviews on each day to come.
fn busy() -> Progress {
    let day = |ago: u16| Day {
        date: TODAY.saturating_sub(i64::from(ago).days()),
        round: [
            Some(DayOutcome::Answered),
            None,
            Some(DayOutcome::Frozen),
            Some(DayOutcome::Missed),
        ][usize::from(ago % 4)],
        reviews: ago % 12,
    };
    let topic = |number: u8| Topic {
        name: format!("structured topic {number}"),
        seen: u32::from(number % 7),
        total: 6,
        recall: f32::from(number) / 23.0,
    };
    Progress {
        today: TODAY,
        days: (0..182).map(day).collect(),
        topics: (0..23).map(topic).collect(),
        forecast: [17; FORECAST_DAYS],
        streak: 12,
        longest: 31,
    }
}

#[divan::bench]
fn picture(bencher: Bencher) {
    let busy = busy();
    bencher.bench_local(|| png(black_box(&busy)).expect("a picture"));
}

#[divan::bench]
fn words(bencher: Bencher) {
    let busy = busy();
    bencher.bench_local(|| alt_text(black_box(&busy)));
}

#[divan::bench]
fn kept_picture(bencher: Bencher) {
    let (busy, cache) = (busy(), ChartCache::default());
    cache.insert(busy.clone(), png(&busy).expect("a picture").into());
    bencher.bench_local(|| cache.get(black_box(&busy)).expect("it is kept"));
}
