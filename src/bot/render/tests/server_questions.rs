//! The form for a question, lists of questions for admins, and members' suggestions.

use insta::assert_snapshot;

use super::{ADA, LIN, at, question};
use crate::bot::fuzzing::discord_limits;
use crate::bot::interactions::custom_id::QuestionListFilter;
use crate::bot::interactions::drafts::DraftId;
use crate::bot::interactions::question_form::{
    FormPurpose, QuestionForm, QuestionOptions, QuestionTexts,
};
use crate::bot::interactions::response::Response;
use crate::bot::render::daily::LevelDisplay;
use crate::bot::render::message::Message;
use crate::bot::render::server_questions::{self as render, ListedQuestion};
use crate::bot::render::{question_check, question_form};
use quizloop_bank::{Bank, Question, built_in, check_question};
use quizloop_core::guild::Guild;
use quizloop_core::id::{ChannelId, GuildId};
use quizloop_core::server_questions::{
    QuestionContent, ServerQuestionError, Suggestion, SuggestionNotice,
};
use rand::SeedableRng;
use rand::rngs::StdRng;

fn own(number: u32, text: &str) -> Question {
    Question {
        id: format!("s-{number:08}"),
        number: Some(number),
        question: text.into(),
        answer: "Because.".into(),
        ..Question::default()
    }
}

const fn listed(question: &Question, is_enabled: bool) -> ListedQuestion<'_> {
    ListedQuestion {
        question,
        is_enabled,
        level: LevelDisplay::Shown,
    }
}

fn form(purpose: FormPurpose) -> QuestionForm {
    let options = QuestionOptions {
        topic: Some("queues".into()),
        ..QuestionOptions::default()
    };
    QuestionForm { purpose, options }
}

fn suggestion(number: u32, text: &str) -> Suggestion {
    Suggestion {
        number,
        author: LIN,
        at: at("2026-03-27T08:00:00Z"),
        content: QuestionContent {
            question: text.into(),
            answer: "Because.".into(),
            ..QuestionContent::default()
        },
    }
}

fn check_limits(message: Message) {
    discord_limits::check(&Response::New(message));
}

#[test]
fn forms() {
    let empty = QuestionTexts::default();
    assert_snapshot!(question_form::modal(&form(FormPurpose::Add), &empty, None), @"
    # Add a question q1:question:-:add:-:-:-:queues
    Question (up to 4000) question
      What does asyncio.gather return?
    Answer (up to 4000) answer
      The model answer. A code block between three backticks is fine.
    Key points (up to 4000, optional) points
      One per line: members tick those that their answer made.
    How to answer (up to 4000, optional) how_to_answer
      What does the interviewer want to hear? Shown with the answer.
    Follow-up (up to 4000, optional) follow_up
      What would the interviewer ask next?
    ");
    let texts = QuestionTexts {
        question: "Why?".into(),
        answer: "Because.\nReally.".into(),
        ..empty
    };
    let edit = form(FormPurpose::Edit {
        question: "s-00000001".into(),
        opened: None,
    });
    assert_snapshot!(question_form::modal(&edit, &texts, None), @"
    # Edit a question q1:question:-:edit:s-00000001:-:-:queues
    Question (up to 4000) question
      What does asyncio.gather return?
      = Why?
    Answer (up to 4000) answer
      The model answer. A code block between three backticks is fine.
      = Because.
        Really.
    Key points (up to 4000, optional) points
      One per line: members tick those that their answer made.
    How to answer (up to 4000, optional) how_to_answer
      What does the interviewer want to hear? Shown with the answer.
    Follow-up (up to 4000, optional) follow_up
      What would the interviewer ask next?
    ");
    let correct = form(FormPurpose::Suggest);
    assert_snapshot!(question_form::modal(&correct, &texts, Some(DraftId(255))), @"
    # Suggest a question q1:question:ff:suggest:-:-:-:queues
    Question (up to 4000) question
      What does asyncio.gather return?
      = Why?
    Answer (up to 4000) answer
      The model answer. A code block between three backticks is fine.
      = Because.
        Really.
    Key points (up to 4000, optional) points
      One per line: members tick those that their answer made.
    How to answer (up to 4000, optional) how_to_answer
      What does the interviewer want to hear? Shown with the answer.
    Follow-up (up to 4000, optional) follow_up
      What would the interviewer ask next?
    ");
}

/// Every field that breaks a rule, with the limit and by how much it is over.
#[test]
fn errors_are_in_the_words_of_the_form() {
    let wrong = Question {
        question: "```\nx\n```".into(),
        answer: "a".repeat(1500),
        points: vec![
            "p".repeat(130),
            "two\n\nthree".into(),
            "four".into(),
            "four".into(),
        ],
        how_to_answer: Some("h".repeat(901)),
        follow_up: Some("f".repeat(500)),
        ..own(1, "")
    };
    let errors = check_question(&wrong, question_check::check);
    let lines: Vec<String> = errors.iter().map(question_form::field_error).collect();
    assert_snapshot!(question_form::refused(&lines, DraftId(7)), @"
    Not saved yet. I keep what you wrote for 15 minutes.
    • **Question** contains a code block. Move the code to the answer, or put short code between single backticks.
    • **Key point** 2 contains an empty line. Split it into two items: each item is a single line.
    • **Key point** 4 is a duplicate. Remove one of the two: members tick each point.
    • **Answer** has 1500 characters, 100 more than the limit of 1400. Shorten it.
    • **How to answer** has 901 characters, 1 more than the limit of 900. Shorten it.
    • **Follow-up** has 500 characters, 300 more than the limit of 200. Shorten it.
    • **Key point** 1 has 130 characters, 30 more than the limit of 100. Shorten it.
    ( Correct it ) q1:correct:7
    ");
    let empty = Question {
        answer: String::new(),
        points: (1..=9).map(|number| number.to_string()).collect(),
        ..own(1, "")
    };
    let errors = check_question(&empty, question_check::check);
    let lines: Vec<String> = errors.iter().map(question_form::field_error).collect();
    assert_snapshot!(lines.join("\n"), @"
    **Question** is empty. Write it.
    **Answer** is empty. Write it.
    **Key points** has 9 items, but at most 6 are allowed. Add or remove items.
    ");
    let unclosed = Question {
        answer: "It runs:\n```py\nprint(1)".into(),
        ..own(1, "Why?")
    };
    let errors = check_question(&unclosed, question_check::check);
    let lines: Vec<String> = errors.iter().map(question_form::field_error).collect();
    assert_snapshot!(lines.join("\n"), @"**Answer** has a code block that does not end. End it with a line of three backticks.");
    let closed = Question {
        answer: "It runs:\n```py\nprint(1)\n\nprint(2)\n```\nAnd ends.".into(),
        ..own(1, "Why?")
    };
    assert_eq!(check_question(&closed, question_check::check), []);
}

#[test]
fn many_reasons_fit_a_message() {
    let reasons = vec!["long ".repeat(100); 30];
    let message = question_form::refused(&reasons, DraftId(7));
    check_limits(message);
    let short = vec!["reason".to_owned(); 12];
    let message = question_form::refused(&short, DraftId(7)).to_string();
    assert!(message.contains("• and 3 more"), "{message}");
}

#[test]
fn lists() {
    assert_snapshot!(render::list(QuestionListFilter::Own, &[], 0, 2), @"
    This server has no questions of its own yet. Add one with `/team questions add`. Members can send theirs with `/suggest`.
    📥 2 suggestions are waiting for you to decide: `/team questions list filter:suggestions`
    ");
    let (mine, second) = (own(1, "Why is `x` **here**?"), own(12, "How?"));
    let built_in = question();
    let all = [
        listed(&mine, true),
        listed(&second, false),
        listed(&built_in, true),
    ];
    assert_snapshot!(render::list(QuestionListFilter::Own, &all, 7, 1), @r"
    # 3 questions of this server
    **#s1** Why is x \*\*here\*\*?
    **#s12** How? · disabled
    **#2** You call a function that was defined with async def. What do you get back, and when does its body s… · junior · fundamentals · concept
    📥 1 suggestion is waiting for you to decide: `/team questions list filter:suggestions`
    ");
    let hidden = ListedQuestion {
        level: LevelDisplay::Hidden,
        ..listed(&built_in, true)
    };
    let message = render::list(QuestionListFilter::Shared, &[hidden], 0, 0);
    assert_snapshot!(message, @"
    # 1 question for all servers
    You call a function that was defined with async def. What do you get back, and when does its body s…
    ");
    let many: Vec<Question> = (1..=25)
        .map(|number| own(number, &"|".repeat(300)))
        .collect();
    let many: Vec<_> = many.iter().map(|one| listed(one, true)).collect();
    for page in 0..4 {
        check_limits(render::list(QuestionListFilter::Shared, &many, page, 100));
    }
    let second = render::list(QuestionListFilter::Disabled, &many, 1, 0).to_string();
    assert!(second.contains("-- Page 2 of 3"), "{second}");
    assert!(
        second.starts_with("# 25 questions are disabled"),
        "{second}"
    );
}

#[test]
fn a_question_in_full() {
    assert_snapshot!(render::show(listed(&own(1, "Why?"), false), Some(LIN)), @"
    # #s1
    **Why?**

    Because.
    [Written by] <@2>
    [Disabled] It is not drawn until `/team questions enable`.
    ");
    let (bank, _) = Bank::load(built_in(), &[]);
    for question in bank.questions() {
        check_limits(render::show(listed(question, false), Some(LIN)));
    }
}

#[test]
fn suggestions() {
    assert_snapshot!(render::suggestions(&[], 3), @"No suggestion is waiting. Members send them with `/suggest`.");
    let open = [suggestion(3, "Why\n`x` @everyone?"), suggestion(4, "How?")];
    assert_snapshot!(render::suggestions(&open, 0), @r"
    # 2 open suggestions
    **3** <@2> <t:1774598400:R>: Why x \@everyone?
    **4** <@2> <t:1774598400:R>: How?
    [ Read a suggestion and decide ▾ 1–1 ] q1:suggestion-open
      ▫ Suggestion 3 = 3 Why  x  @everyone?
      ▫ Suggestion 4 = 4 How?
    ");
    assert_snapshot!(render::suggestion(&open[1], &own(0, "How?")), @"
    # Suggestion 4
    **How?**

    Because.
    [From] <@2> <t:1774598400:R>
    ( Approve ) q1:suggestion:approve:4
    ( Reject ) q1:suggestion:reject:4
    ( All suggestions ) q1:questions:suggestions:0
    ");
    let many: Vec<_> = (1..=100)
        .map(|number| suggestion(number, &"*".repeat(300)))
        .collect();
    for page in 0..10 {
        check_limits(render::suggestions(&many, page));
    }
}

#[test]
fn decisions() {
    let mut guild = Guild::new(GuildId::new(1));
    let mut rng = StdRng::seed_from_u64(1);
    let now = at("2026-03-27T08:00:00Z");
    for question in ["Why?", "How?"] {
        let content = suggestion(0, question).content;
        guild.suggest_question(content, LIN, now).unwrap();
    }
    guild.approve_suggestion(1, ADA, now, &mut rng).unwrap();
    guild.reject_suggestion(2, ADA, now).unwrap();
    let own = guild.server_questions().unwrap();
    let decision = |number| own.decision(number).unwrap();
    assert_snapshot!(render::decided(decision(1), true), @"
    Suggestion 1 is approved: it is #s1. The member learns it below their next command.
    ( All suggestions ) q1:questions:suggestions:0
    ");
    assert_snapshot!(render::decided(decision(1), false), @"
    <@1> decided <t:1774598400:R>: suggestion 1 is approved: it is #s1.
    ( All suggestions ) q1:questions:suggestions:0
    ");
    assert_snapshot!(render::decided(decision(2), false), @"
    <@1> decided <t:1774598400:R>: suggestion 2 is rejected.
    ( All suggestions ) q1:questions:suggestions:0
    ");
    let notice = |title: &str, question| SuggestionNotice {
        suggestion: 1,
        title: title.into(),
        question,
    };
    let two = [notice("Why `x`?", Some(3)), notice("@here?", None)];
    assert_snapshot!(render::decision_notice(&two), @r"
    An admin has decided on your suggestions:
    • Approved as #s3: Why x?
    • Not taken: \@here?
    ");
    let many = vec![notice(&"*".repeat(100), None); 200];
    let message = render::decision_notice(&many);
    assert!(message.to_string().contains("• and 190 more"), "{message}");
    check_limits(message);
}

#[test]
fn answers_to_admins_and_members() {
    let (mine, built_in) = (own(12, "Why **so**?"), question());
    let texts = [
        render::added(12),
        render::edited(12),
        render::suggested(3),
        render::enabled(&mine, LevelDisplay::Shown, true),
        render::enabled(&built_in, LevelDisplay::Shown, false),
        render::enabled(&built_in, LevelDisplay::Hidden, true),
        render::confirm_removal(&mine),
        render::removed(12),
        Message::text(render::not_own(&built_in)),
        Message::text(render::in_use(&mine, Some(ChannelId::new(20)))),
        Message::text(render::suggestion_not_found()),
    ];
    let texts: Vec<String> = texts.iter().map(ToString::to_string).collect();
    assert_snapshot!(texts.join(""), @r#"
    Saved as #s12. It can come up from the next draw on. `/team questions show` shows it.
    #s12 is changed. A question that is posted already keeps its text; its buttons show the new one.
    Thank you! Your suggestion is saved as number 3. Admins of this server see it with your name. Once they decide, I tell you below your next command here.
    #s12 is enabled. It can come up from the next draw on.
    #2 is disabled: it is not drawn any more, neither for a team nor for practice. If it is posted already, it stays. `/team questions enable` undoes this.
    "You call a function that was defined with async def. What do you get back, and when does its body s…" is enabled. It can come up from the next draw on.
    Remove #s12 "Why \*\*so\*\*?"? This can't be undone. `/team questions disable` keeps it.
    ( Remove it ) q1:question-remove:s-00000012
    #s12 is removed.
    "You call a function that was defined with async def. What do you get back, and when does its body s…" is a question for all servers, so it can't be changed here. `/team questions disable` takes it out of this server's draw.
    #s12 is the newest question in <#20>, so it can't be removed yet. Try again after the next question, or disable it with `/team questions disable`.
    This suggestion no longer exists.
    "#);
    let errors = [
        ServerQuestionError::Full,
        ServerQuestionError::TooLarge,
        ServerQuestionError::NotFound,
        ServerQuestionError::InUse,
        ServerQuestionError::MemberFull,
        ServerQuestionError::SuggestionsFull,
    ];
    assert_snapshot!(errors.map(render::error).join("\n"), @"
    This server already has 500 questions of its own. Remove some with `/team questions remove` first.
    The texts of this server's questions take up all the room there is. Remove some with `/team questions remove` first.
    This question no longer exists: an admin has removed it.
    A team is asking this question.
    You already have 5 open suggestions. You can send this one once an admin has decided on another.
    This server already has 100 open suggestions. An admin needs to decide on some first.
    ");
}
