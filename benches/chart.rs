//! Time and memory to render the card of `/progress`.

use std::hint::black_box;

use divan::{AllocProfiler, Bencher};
use jiff::ToSpan;
use jiff::civil::{Date, date};
use quizloop_chart::{
    ChartCache, Day, DayOutcome, FORECAST_DAYS, InterviewHistory, PointsSaid, Progress, Topic,
    alt_text, png,
};

/// Counts allocations and their peak.
#[global_allocator]
static ALLOCATIONS: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

const TODAY: Date = date(2026, 11, 20);

/// Builds a full card: half a year of daily practice, 23 topics, and reviews due on every day.
fn busy_member() -> Progress {
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
        assessed: PointsSaid::default(),
    };
    Progress {
        today: TODAY,
        days: (0..182).map(day).collect(),
        topics: (0..23).map(topic).collect(),
        forecast: [17; FORECAST_DAYS],
        streak: 12,
        longest: 31,
        interviews: InterviewHistory::default(),
    }
}

#[divan::bench]
fn render_card(bencher: Bencher) {
    let progress = busy_member();
    bencher.bench_local(|| png(black_box(&progress)).expect("the card is rendered"));
}

#[divan::bench]
fn write_alt_text(bencher: Bencher) {
    let progress = busy_member();
    bencher.bench_local(|| alt_text(black_box(&progress)));
}

#[divan::bench]
fn get_cached_card(bencher: Bencher) {
    let (progress, cache) = (busy_member(), ChartCache::default());
    cache.insert(
        progress.clone(),
        png(&progress).expect("the card is rendered").into(),
    );
    bencher.bench_local(|| cache.get(black_box(&progress)).expect("the card is cached"));
}
