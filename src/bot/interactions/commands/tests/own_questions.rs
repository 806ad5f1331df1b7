//! A server's own question that is open in a team.

use jiff::SignedDuration;
use quizloop_core::id::snowflake_at;
use quizloop_core::round::ThreadStatus;
use quizloop_core::server_questions::QuestionContent;

use super::*;
use crate::bot::gateway::event::OptionValue;
use crate::bot::interactions::custom_id::ComponentId;

/// Adds a question and posts it, in another channel than the one in which the commands run. Returns
/// its id.
fn post_own_question(ctx: &BotContext) -> String {
    let content = QuestionContent {
        question: "Why?".into(),
        answer: "Because.".into(),
        ..QuestionContent::default()
    };
    let due = fixture::now() + SignedDuration::from_hours(24);
    let (id, _) = fixture::loaded(ctx).upsert(|guild| {
        ctx.with_rng(|rng| {
            let added = guild.add_question(content, UserId::new(8), fixture::now(), rng);
            let id = added.unwrap().id;
            let team = guild.team_mut(fixture::CHANNEL).unwrap();
            let date = team.settings.schedule.zone.date(due);
            team.begin_round(date, due, &[id.as_str()], rng);
            let message = MessageId::new(snowflake_at(due) + 5);
            team.record_post(message);
            team.record_thread(message, ThreadStatus::Created);
            id
        })
    });
    id
}

/// Returns the text of the response to an interaction of Ada, who has not replied.
fn response_with_open_question(data: impl FnOnce(&str) -> InteractionData) -> String {
    let mut text = String::new();
    fixture::with(|ctx, runtime| {
        let id = post_own_question(ctx);
        let question = OptionValue::Text(id.clone());
        let interaction = Interaction {
            data: data(&id),
            options: HashMap::from([("question".to_owned(), question)]),
            ..command("")
        };
        let message = match runtime.block_on(respond(ctx, &interaction)) {
            Response::New(message) | Response::Update(message) => message,
            other => panic!("{other:?}"),
        };
        assert!(message.is_ephemeral());
        text = message.to_string();
        let own = |guild: &quizloop_core::guild::Guild| {
            guild.server_questions().unwrap().questions().len()
        };
        assert_eq!(fixture::loaded(ctx).read(own), Some(1), "it is still there");
    });
    text
}

#[test]
fn an_open_question_can_t_be_removed() {
    let expected =
        "#s1 is the newest question in <#1120000000000000001>, so it can't be removed yet.";
    let command = response_with_open_question(|_| {
        InteractionData::Command("team questions remove".to_owned())
    });
    assert!(command.contains(expected), "{command}");
    let pressed = response_with_open_question(|id| {
        let press = ComponentId::RemoveQuestion {
            question: id.to_owned(),
        };
        InteractionData::Component {
            custom_id: press.custom_id(),
            values: Vec::new(),
            message: MessageId::new(5),
        }
    });
    assert!(pressed.contains(expected), "{pressed}");
}

/// An admin who practises with the team does not see the answer by accident.
#[test]
fn an_open_question_is_shown_and_edited_after_a_confirmation() {
    for name in ["team questions show", "team questions edit"] {
        let shown = response_with_open_question(|_| InteractionData::Command(name.to_owned()));
        assert!(shown.contains("You haven't answered"), "{name}: {shown}");
        assert!(!shown.contains("Because."), "{name}: {shown}");
    }
}
