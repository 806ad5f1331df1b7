//! Every input has a picture and an alt text.

use jiff::civil::Date;
use proptest::prelude::*;

use super::similarity::TestImage;
use crate::{
    ALT_MAX, Day, DayOutcome, FORECAST_DAYS, InterviewHistory, InterviewScore, PointsSaid,
    Progress, Topic, WIDTH, alt_text, png, unsupported_names,
};

fn any_date() -> impl Strategy<Value = Date> {
    let near = (2026_i16..=2027, 1_i8..=12, 1_i8..=28);
    prop_oneof![
        8 => near.prop_map(|(year, month, day)| Date::new(year, month, day).unwrap()),
        1 => Just(Date::MIN),
        1 => Just(Date::MAX),
    ]
}

fn any_day() -> impl Strategy<Value = Day> {
    let outcomes = vec![
        None,
        Some(DayOutcome::Answered),
        Some(DayOutcome::Missed),
        Some(DayOutcome::Frozen),
    ];
    let round = prop::sample::select(outcomes);
    (any_date(), round, any::<u16>()).prop_map(|(date, round, reviews)| Day {
        date,
        round,
        reviews,
    })
}

fn any_topic() -> impl Strategy<Value = Topic> {
    let name = prop_oneof!["\\PC{0,60}", ".{0,20}", Just("&<>\"'".to_owned())];
    let number = prop_oneof![0_u32..20, any::<u32>()];
    let recall = prop_oneof![0.0_f32..=1.0, any::<f32>()];
    let assessed = prop::array::uniform3(number.clone());
    let assessed = assessed.prop_map(|[questions, said, points]| PointsSaid {
        questions,
        said,
        points,
    });
    (name, number.clone(), number, recall, assessed).prop_map(
        |(name, seen, total, recall, assessed)| Topic {
            name,
            seen,
            total,
            recall,
            assessed,
        },
    )
}

fn any_interviews() -> impl Strategy<Value = InterviewHistory> {
    let score = (any_date(), any::<u8>());
    let score = score.prop_map(|(date, percent)| InterviewScore { date, percent });
    let scores = prop::collection::vec(score, 0..25);
    let held = prop_oneof![Just(0), any::<u32>()];
    (held.clone(), any::<bool>(), scores, held).prop_map(
        |(held, is_minimum, scores, mock_interviews)| InterviewHistory {
            held,
            is_minimum,
            scores,
            mock_interviews,
        },
    )
}

fn any_progress() -> impl Strategy<Value = Progress> {
    let days = prop::collection::vec(any_day(), 0..200);
    let topics = prop::collection::vec(any_topic(), 0..40);
    let due = prop_oneof![0_u32..20, any::<u32>()];
    let forecast = prop::array::uniform::<_, FORECAST_DAYS>(due);
    let streaks = (any::<u32>(), any::<u32>());
    (
        any_date(),
        days,
        topics,
        forecast,
        streaks,
        any_interviews(),
    )
        .prop_map(
            |(today, days, topics, forecast, (streak, longest), interviews)| Progress {
                today,
                days,
                topics,
                forecast,
                streak,
                longest,
                interviews,
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Fewer cases, because rendering is slow in a test build.
    #[test]
    fn every_input_has_a_picture(progress in any_progress()) {
        let picture = TestImage::read(&png(&progress).unwrap());
        prop_assert_eq!(picture.width, WIDTH as usize);
        let rows = progress.topics.len().min(24).div_ceil(3);
        let without_topics = 542;
        let interviews = &progress.interviews;
        let interviews = match (interviews.is_empty(), interviews.scores.is_empty()) {
            (true, _) => 0,
            (false, true) => 64,
            (false, false) => 200,
        };
        let height = without_topics + 39 * rows + interviews;
        prop_assert_eq!(picture.height, height, "{} rows", rows);
    }
}

proptest! {
    #[test]
    fn every_alt_text_is_within_the_limit(progress in any_progress()) {
        let text = alt_text(&progress);
        prop_assert!(text.chars().count() <= ALT_MAX, "{}", text.chars().count());
        prop_assert!(text.ends_with('.'), "{}", text);
        let _does_not_panic = unsupported_names(&progress);
    }
}
