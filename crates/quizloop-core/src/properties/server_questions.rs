//! A server's own questions: identity, limits, decisions, and what stays of a deleted member.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::date;
use proptest::prelude::*;
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::schedule::settings;
use crate::guild::Guild;
use crate::id::{ChannelId, GuildId, MessageId, UserId, snowflake_at};
use crate::server_questions::{
    AddedQuestion, FileFields, MAX_SERVER_QUESTION_BYTES, MAX_SERVER_QUESTIONS, MAX_SUGGESTIONS,
    MAX_SUGGESTIONS_PER_MEMBER, QuestionChange, QuestionContent, ServerQuestionError,
    ServerQuestions, ServerQuestionsCheckError, is_server_id,
};
use crate::team::Team;
use crate::weekdays::Weekdays;

const GUILD: GuildId = GuildId::new(1);
const ADA: UserId = UserId::new(7);
const LIN: UserId = UserId::new(8);
const ADMIN: UserId = UserId::new(9);
const CHANNEL: ChannelId = ChannelId::new(5);

fn at() -> Timestamp {
    "2026-03-27T08:00:00Z".parse().unwrap()
}

fn rng() -> StdRng {
    StdRng::seed_from_u64(1)
}

/// The same random numbers once more.
fn rng_again() -> StdRng {
    rng()
}

fn content(question: &str) -> QuestionContent {
    QuestionContent {
        question: question.into(),
        answer: "An answer.".into(),
        ..QuestionContent::default()
    }
}

/// Content with a text in every field.
fn full_content(text: &str) -> QuestionContent {
    let one = || Some(text.to_owned());
    let list = || vec![text.to_owned()];
    QuestionContent {
        level: one(),
        topic: one(),
        kind: one(),
        question: text.into(),
        answer: text.into(),
        points: list(),
        how_to_answer: one(),
        follow_up: one(),
        file: FileFields {
            key: one(),
            tags: list(),
            asked: one(),
            since: one(),
            example_answer: one(),
            pitfalls: list(),
            code: one(),
            output: one(),
            wrong_outputs: list(),
            broken: one(),
            broken_output: one(),
            python: one(),
            docs: one(),
        },
    }
}

fn add(guild: &mut Guild, question: &str, rng: &mut StdRng) -> AddedQuestion {
    guild
        .add_question(content(question), ADA, at(), rng)
        .unwrap()
}

fn own(guild: &Guild) -> &ServerQuestions {
    guild.server_questions().unwrap()
}

#[test]
fn size_and_cleaning_reach_every_text() {
    let content = full_content("ab\u{7}");
    let json = serde_json::to_string(&content).unwrap();
    let texts = json.matches("ab\\u0007").count();
    assert_eq!(content.size(), texts * 3);
    let mut guild = Guild::new(GUILD);
    guild.add_question(content, ADA, at(), &mut rng()).unwrap();
    let cleaned = serde_json::to_string(&own(&guild).questions()[0].content).unwrap();
    assert_eq!(cleaned, json.replace("\\u0007", ""));
}

#[test]
fn an_id_and_a_number_are_never_reused() {
    let (mut guild, mut rng) = (Guild::new(GUILD), rng());
    let first = add(&mut guild, "One?", &mut rng);
    let second = add(&mut guild, "Two?", &mut rng);
    assert!(is_server_id(&first.id), "{}", first.id);
    guild.remove_question(&second.id).unwrap();
    let third = add(&mut guild, "Three?", &mut rng);
    assert_eq!((first.number, second.number, third.number), (1, 2, 3));
    assert_ne!(third.id, second.id);
    // The same random numbers as before would give the same id.
    let again = add(&mut guild, "Four?", &mut rng_again());
    assert_ne!(again.id, first.id);
    for id in [
        "s-",
        "s-abcdefg",
        "s-abcdefghi",
        "s-abcdefgH",
        "queue-handover",
    ] {
        assert!(!is_server_id(id), "{id}");
    }
}

#[test]
fn an_edit_keeps_identity_and_key() {
    let (mut guild, mut rng) = (Guild::new(GUILD), rng());
    let mut imported = content("One?");
    imported.file.key = Some("one".into());
    let added = guild.add_question(imported, ADA, at(), &mut rng).unwrap();
    guild.edit_question(&added.id, content("Better?")).unwrap();
    let edited = own(&guild).by_key("one").unwrap();
    assert_eq!((edited.number, edited.author), (1, Some(ADA)));
    assert_eq!(
        (&edited.id, edited.content.question.as_str()),
        (&added.id, "Better?")
    );
    let missing = guild.edit_question("s-00000000", content("No?"));
    assert_eq!(missing, Err(ServerQuestionError::NotFound));
}

#[test]
fn an_intended_or_open_question_stays() {
    let (mut guild, mut rng) = (Guild::new(GUILD), rng());
    let asked = add(&mut guild, "One?", &mut rng);
    let next = add(&mut guild, "Two?", &mut rng);
    let settings = settings(jiff::civil::time(9, 0, 0, 0), "UTC", Weekdays::every_day());
    guild.insert_team(Team::new(CHANNEL, settings, at()));
    let begin = |guild: &mut Guild, day, id: &str, rng: &mut StdRng| {
        let team = guild.team_mut(CHANNEL).unwrap();
        team.begin_round(date(2026, 3, day), at(), &[id], rng)
            .unwrap();
    };
    begin(&mut guild, 27, &asked.id, &mut rng);
    assert_eq!(
        guild.remove_question(&asked.id),
        Err(ServerQuestionError::InUse)
    );
    let team = guild.team_mut(CHANNEL).unwrap();
    assert!(team.record_post(MessageId::new(snowflake_at(at()))));
    begin(&mut guild, 28, &next.id, &mut rng);
    // One is open, the other intended.
    for id in [&asked.id, &next.id] {
        assert_eq!(guild.remove_question(id), Err(ServerQuestionError::InUse));
    }
    let later = at() + jiff::SignedDuration::from_hours(24);
    let team = guild.team_mut(CHANNEL).unwrap();
    assert!(team.record_post(MessageId::new(snowflake_at(later))));
    assert_eq!(guild.remove_question(&asked.id).unwrap().number, 1);
}

#[test]
fn limits_are_checked_before_anything_changes() {
    let (mut guild, mut rng) = (Guild::new(GUILD), rng());
    let big = "x".repeat(MAX_SERVER_QUESTION_BYTES - 10);
    let added = add(&mut guild, &big, &mut rng);
    let before = guild.clone();
    let refused = guild.add_question(content("One?"), ADA, at(), &mut rng);
    assert_eq!(refused, Err(ServerQuestionError::TooLarge));
    let refused = guild.suggest_question(content("One?"), ADA, at());
    assert_eq!(refused, Err(ServerQuestionError::TooLarge));
    let refused = guild.edit_question(&added.id, content(&(big + "y")));
    assert_eq!(refused, Err(ServerQuestionError::TooLarge));
    assert_eq!(guild, before);
    guild.edit_question(&added.id, content("Short?")).unwrap();
    let changes = |count| vec![QuestionChange::Add(content("One?")); count];
    let many = guild.import_questions(changes(MAX_SERVER_QUESTIONS), ADA, at(), &mut rng);
    assert_eq!(
        many,
        Err(ServerQuestionError::Full),
        "one more than the limit"
    );
    assert_eq!(own(&guild).questions().len(), 1);
    let many = guild.import_questions(changes(MAX_SERVER_QUESTIONS - 1), ADA, at(), &mut rng);
    assert_eq!(many.unwrap().len(), MAX_SERVER_QUESTIONS - 1);
    assert_eq!(own(&guild).check(GUILD), Ok(()));
}

#[test]
fn a_shared_question_is_disabled_and_enabled() {
    let mut guild = Guild::new(GUILD);
    assert_eq!(
        guild.set_question_enabled("queue-handover", true),
        Ok(false)
    );
    assert!(guild.server_questions().is_none(), "nothing to store");
    assert_eq!(
        guild.set_question_enabled("queue-handover", false),
        Ok(true)
    );
    assert_eq!(
        guild.set_question_enabled("queue-handover", false),
        Ok(false)
    );
    assert!(!own(&guild).is_enabled("queue-handover"));
    assert_eq!(guild.set_question_enabled("queue-handover", true), Ok(true));
    let missing = guild.set_question_enabled("s-00000000", false);
    assert_eq!(missing, Err(ServerQuestionError::NotFound));
}

#[test]
fn a_suggestion_is_decided_once_and_its_author_is_notified_once() {
    let (mut guild, mut rng) = (Guild::new(GUILD), rng());
    let good = guild.suggest_question(content("Good?"), ADA, at()).unwrap();
    assert_eq!(
        guild.suggest_question(content("Good?"), ADA, at()),
        Ok(good)
    );
    let bad = guild.suggest_question(content("Bad?"), ADA, at()).unwrap();
    assert_eq!(own(&guild).suggestions().len(), 2);
    let added = guild
        .approve_suggestion(good, ADMIN, at(), &mut rng)
        .unwrap();
    guild.reject_suggestion(bad, ADMIN, at()).unwrap();
    let again = guild.reject_suggestion(good, LIN, at());
    let by = Some(ADMIN);
    let decided = |approved| Err(ServerQuestionError::AlreadyDecided { by, approved });
    assert_eq!(again, decided(true));
    assert_eq!(guild.reject_suggestion(bad, LIN, at()), decided(false));
    assert_eq!(
        guild.reject_suggestion(77, LIN, at()),
        Err(ServerQuestionError::NotFound)
    );
    let question = own(&guild).get(&added.id).unwrap();
    assert_eq!((question.author, question.number), (Some(ADA), 1));
    assert!(!guild.has_suggestion_notice(LIN));
    let notices = guild.take_suggestion_notices(ADA);
    let notices: Vec<_> = notices
        .iter()
        .map(|one| (one.title.as_str(), one.question))
        .collect();
    assert_eq!(notices, [("Good?", Some(1)), ("Bad?", None)]);
    assert_eq!(guild.take_suggestion_notices(ADA), []);
}

#[test]
fn members_and_servers_have_limited_suggestions() {
    let mut guild = Guild::new(GUILD);
    for number in 0..MAX_SUGGESTIONS_PER_MEMBER {
        guild
            .suggest_question(content(&format!("{number}?")), ADA, at())
            .unwrap();
    }
    let more = guild.suggest_question(content("More?"), ADA, at());
    assert_eq!(more, Err(ServerQuestionError::MemberFull));
    for member in 100..100 + MAX_SUGGESTIONS - MAX_SUGGESTIONS_PER_MEMBER {
        let member = UserId::new(member.try_into().unwrap());
        guild
            .suggest_question(content("One?"), member, at())
            .unwrap();
    }
    let more = guild.suggest_question(content("More?"), LIN, at());
    assert_eq!(more, Err(ServerQuestionError::SuggestionsFull));
}

#[test]
fn a_deleted_member_leaves_their_questions_without_a_name() {
    let (mut guild, mut rng) = (Guild::new(GUILD), rng());
    let added = add(&mut guild, "One?", &mut rng);
    let open = guild.suggest_question(content("Two?"), ADA, at()).unwrap();
    let decided = guild
        .suggest_question(content("Three?"), ADA, at())
        .unwrap();
    guild.reject_suggestion(decided, ADMIN, at()).unwrap();
    guild.delete_member(ADA, at());
    guild.delete_member(ADMIN, at());
    assert_eq!(own(&guild).get(&added.id).unwrap().author, None);
    assert_eq!(own(&guild).suggestion(open), None);
    let anonymous = ServerQuestionError::AlreadyDecided {
        by: None,
        approved: false,
    };
    assert_eq!(guild.reject_suggestion(decided, LIN, at()), Err(anonymous));
    assert!(!guild.has_suggestion_notice(ADA));
}

#[test]
fn restored_questions_join_those_of_today() {
    let (mut old, mut rng) = (Guild::new(GUILD), rng());
    let lost = add(&mut old, "Lost?", &mut rng);
    old.suggest_question(content("Suggested?"), LIN, at())
        .unwrap();
    old.set_question_enabled("queue-handover", false).unwrap();
    let mut new = Guild::new(GUILD);
    let kept = add(&mut new, "New?", &mut rng);
    new.suggest_question(content("Also?"), ADA, at()).unwrap();
    let mut restored = old.clone();
    restored.fill_from(new);
    assert_eq!(restored.check(), Ok(()));
    let numbers: Vec<_> = own(&restored)
        .questions()
        .iter()
        .map(|one| (one.number, &one.id))
        .collect();
    assert_eq!(numbers, [(1, &lost.id), (2, &kept.id)]);
    assert_eq!(own(&restored).suggestions().len(), 2);
    let before = restored.clone();
    restored.fill_from(old);
    assert_eq!(restored, before, "nothing is added twice");
}

proptest! {
    /// Whatever is done, the stored form is consistent, can be read again, and keeps every number.
    #[test]
    fn any_history_is_consistent(
        actions in prop::collection::vec((0_u8..8, 0_usize..6, 0_u64..4), 0..40),
    ) {
        let (mut guild, mut rng) = (Guild::new(GUILD), rng());
        let mut numbers = BTreeSet::new();
        for (action, index, member) in actions {
            let member = UserId::new(member + 1);
            let id = guild.server_questions().and_then(|own| own.questions().get(index));
            let id = id.map_or_else(|| "queue-handover".to_owned(), |one| one.id.clone());
            let number = u32::try_from(index).unwrap();
            let added = match action {
                0 => guild.add_question(content("One?"), member, at(), &mut rng).ok(),
                1 => guild.approve_suggestion(number, member, at(), &mut rng).ok(),
                2 => { _ = guild.remove_question(&id); None }
                3 => { _ = guild.set_question_enabled(&id, index % 2 == 0); None }
                4 => { _ = guild.suggest_question(content(&id), member, at()); None }
                5 => { _ = guild.reject_suggestion(number, member, at()); None }
                6 => { guild.take_suggestion_notices(member); None }
                _ => { guild.delete_member(member, at()); None }
            };
            if let Some(AddedQuestion { number, .. }) = added {
                prop_assert!(numbers.insert(number), "{} was given twice", number);
            }
        }
        prop_assert_eq!(guild.check(), Ok(()));
        let json = serde_json::to_string(&guild.server_questions()).unwrap();
        let read: Option<ServerQuestions> = serde_json::from_str(&json).unwrap();
        prop_assert_eq!(read.as_ref(), guild.server_questions());
        let mut other = Guild::new(GUILD);
        prop_assert_eq!(other.set_server_questions(read), Ok(()));
        if guild.server_questions().is_some() {
            let mut stranger = Guild::new(GuildId::new(2));
            let other_guild = ServerQuestionsCheckError::OtherGuild(GUILD);
            let set = stranger.set_server_questions(guild.server_questions().cloned());
            prop_assert_eq!(set, Err(other_guild));
        }
    }
}
