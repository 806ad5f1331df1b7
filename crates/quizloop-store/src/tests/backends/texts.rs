//! Texts with any characters.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::super::{GUILD, team};
use super::eviction::{evict_all, open_with_clock};
use super::{load_guild, on_each_backend, save};
use quizloop_core::guild::Guild;
use quizloop_core::id::{ChannelId, UserId};
use quizloop_core::team::PostingFailure;

/// Texts with more of those characters that JSON escapes or that some storage can't hold.
fn any_text() -> impl Strategy<Value = String> {
    let character = prop_oneof![
        4 => any::<char>(),
        2 => proptest::char::range('\0', ' '),
        1 => Just('\0'),
        1 => proptest::sample::select(vec!['\\', '"', 'u', '0', '/', '\u{7f}', '\u{d7ff}',
            '\u{e000}', '\u{fdd0}', '\u{feff}', '\u{ffff}', '\u{2028}', '\u{10ffff}']),
    ];
    prop::collection::vec(character, 0..40).prop_map(|text| text.into_iter().collect())
}

/// Puts the texts wherever a guild holds text.
fn add_texts(guild: &mut Guild, question: &str, text: &str) {
    let at = "2026-03-27T08:00:00Z".parse().unwrap();
    let mut team = team(1);
    team.posting_failure = Some(PostingFailure {
        since: at,
        message: text.into(),
    });
    guild.insert_team(team);
    // A blank text is refused.
    let _ = guild.add_report(question, UserId::new(1), text, at);
}

fn without_null(text: &str) -> String {
    text.replace('\0', "")
}

/// No text prevents a save. Every backend returns what was saved, perhaps without U+0000.
#[test]
fn every_text_is_saved() {
    on_each_backend(|backend| {
        let store = open_with_clock(backend);
        let config = Config {
            failure_persistence: None,
            ..Config::with_cases(128)
        };
        let saved = TestRunner::new(config).run(&(any_text(), any_text()), |(question, text)| {
            let mut expected = Guild::new(GUILD);
            add_texts(&mut expected, &question, &text);
            prop_assert!(save(&store, GUILD, |guild| *guild = expected.clone()));
            prop_assert_eq!(evict_all(&store), 1);
            let loaded = load_guild(&store, GUILD).unwrap().unwrap();
            let failure = |guild: &Guild| {
                let team = guild.team(ChannelId::new(1)).unwrap();
                team.posting_failure.clone().unwrap().message
            };
            prop_assert_eq!(
                without_null(&failure(&loaded)),
                without_null(&failure(&expected))
            );
            prop_assert_eq!(loaded.reports().len(), expected.reports().len());
            for (loaded, expected) in loaded.reports().iter().zip(expected.reports()) {
                // The text of members has no U+0000, which no one can see.
                prop_assert_eq!(&loaded.text, &expected.text);
                prop_assert_eq!(
                    without_null(&loaded.question),
                    without_null(&expected.question)
                );
            }
            Ok(())
        });
        saved.unwrap_or_else(|error| panic!("{error}"));
    });
}
