//! The form for a question: `/team questions add` and `edit`, and `/suggest`.
//!
//! What a member wrote is never lost: if it can't be saved, for whatever reason, it stays as a draft
//! for a while, and a button opens the form again with it.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::answer::confirmation;
use super::{CommandResult, load_briefly, load_guild, require_admin, team_questions};
use crate::bot::context::BotContext;
use crate::bot::gateway::event::{Interaction, InteractionData};
use crate::bot::interactions::custom_id::EditAction;
use crate::bot::interactions::drafts::{DraftId, DraftKey, DraftLimits};
use crate::bot::interactions::question_form::{
    ContentHash, FormPurpose, QuestionDraft, QuestionForm, QuestionOptions, QuestionTexts,
};
use crate::bot::interactions::response::Response;
use crate::bot::render::message::Message;
use crate::bot::render::user_error::UserError;
use crate::bot::render::{question_check, question_form, server_questions as render};
use crate::bot::server_bank::question_of_content;
use quizloop_bank::{Kind, Level, TOPIC_MAX, check_question};
use quizloop_core::guild::Guild;
use quizloop_core::server_questions::{
    QuestionContent, ServerQuestion, ServerQuestionError, ServerQuestions,
};
use quizloop_failpoint as failpoint;
use quizloop_store::LoadedGuild;
use rand::RngExt;

/// A form has at most 80 kB (five fields of 4,000 characters), so 4 MB hold at least 50 of the
/// largest and thousands of usual ones.
pub const DRAFT_LIMITS: DraftLimits = DraftLimits {
    per_guild: 50,
    per_member: 3,
    bytes: 4 << 20,
};

/// The value of the option `level` that stands for no level.
const NO_LEVEL: &str = "any";

/// A level, a topic and a kind that an admin or a member chooses for a question.
pub fn options() -> Vec<Value> {
    vec![level_option(&[]), topic_option(), kind_option()]
}

/// The same for a question that may have them already.
pub fn edit_options() -> Vec<Value> {
    let no_level = json!({ "name": "any: no level", "value": NO_LEVEL });
    vec![level_option(&[no_level]), topic_option(), kind_option()]
}

fn level_option(more: &[Value]) -> Value {
    let level = |level: Level| json!({ "name": level.name(), "value": level.name() });
    let choices: Vec<Value> = Level::ALL
        .map(level)
        .into_iter()
        .chain(more.iter().cloned())
        .collect();
    json!({ "type": 3, "name": "level", "description": "Who it is for", "choices": choices })
}

fn topic_option() -> Value {
    json!({ "type": 3, "name": "topic", "description": "Its topic: one of the list, or your own", "autocomplete": true, "max_length": TOPIC_MAX })
}

/// A question of the kind "predict" needs a program, for which the form has no field.
fn kind_option() -> Value {
    let kinds = Kind::ALL.into_iter().filter(|kind| *kind != Kind::Predict);
    let choice = |kind: Kind| json!({ "name": kind.name(), "value": kind.name() });
    json!({ "type": 3, "name": "kind", "description": "What it asks for", "choices": kinds.map(choice).collect::<Vec<_>>() })
}

/// Opens the empty form.
pub fn open(interaction: &Interaction, purpose: FormPurpose) -> Result<Response, UserError> {
    let options = chosen_options(interaction, QuestionOptions::default())?;
    let form = QuestionForm { purpose, options };
    let modal = question_form::modal(&form, &QuestionTexts::default(), None);
    Ok(Response::Modal(modal))
}

/// Opens the form with the texts of one of the server's own questions.
pub async fn open_edit(ctx: &BotContext, interaction: &Interaction) -> Result<Response, UserError> {
    let guild = &load_briefly(ctx, interaction).await?;
    let question = team_questions::find_own(ctx, interaction, guild)?;
    // The form shows the answer.
    if let Some(confirm) = confirmation(interaction, guild, &question) {
        return Ok(Response::New(confirm));
    }
    let stored = stored_content(guild, &question.id).ok_or_else(removed)?;
    let keyword = |text: &Option<String>| text.clone().unwrap_or_default();
    let before = QuestionOptions {
        level: keyword(&stored.level).parse().ok(),
        kind: keyword(&stored.kind).parse().ok(),
        topic: stored.topic.clone(),
    };
    let form = QuestionForm {
        purpose: FormPurpose::Edit {
            question: question.id.clone(),
            opened: Some(ContentHash::of(&stored)),
        },
        options: chosen_options(interaction, before)?,
    };
    let modal = question_form::modal(&form, &QuestionTexts::of(&stored), None);
    Ok(Response::Modal(modal))
}

fn stored_content(guild: &LoadedGuild, id: &str) -> Option<QuestionContent> {
    let content = |state: &Guild| Some(state.server_questions()?.get(id)?.content.clone());
    guild.read(content)?
}

fn removed() -> UserError {
    UserError::InvalidOption(render::error(ServerQuestionError::NotFound))
}

/// Returns the options that the member gave; the others stay as before.
fn chosen_options(
    interaction: &Interaction,
    before: QuestionOptions,
) -> Result<QuestionOptions, UserError> {
    let bad = |text: &str| UserError::InvalidOption(text.to_owned());
    let level = match interaction.text("level") {
        None => before.level,
        Some(NO_LEVEL) => None,
        Some(word) => Some(
            word.parse()
                .map_err(|_| bad("level: pick one from the list."))?,
        ),
    };
    let kind = match interaction.text("kind") {
        None => before.kind,
        Some(word) => Some(
            word.parse()
                .map_err(|_| bad("kind: pick one from the list."))?,
        ),
    };
    let topic = match interaction.text("topic") {
        None => before.topic,
        Some(text) => Some(topic_of(text).ok_or_else(|| {
            bad(&format!(
                "topic: use up to {TOPIC_MAX} lower-case letters and digits, such as event-loop."
            ))
        })?),
    };
    Ok(QuestionOptions { level, kind, topic })
}

/// Returns a topic in kebab-case: "Event loop" becomes `event-loop`.
fn topic_of(text: &str) -> Option<String> {
    let words = text.split(|letter: char| letter.is_whitespace() || letter == '-' || letter == '_');
    let words: Vec<String> = words
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    let is_allowed = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
    let topic = words.join("-");
    let is_valid = words.iter().all(|word| word.chars().all(is_allowed));
    (is_valid && !topic.is_empty() && topic.len() <= TOPIC_MAX).then_some(topic)
}

/// Opens the form with the texts of a refused draft.
pub fn correct(ctx: &BotContext, interaction: &Interaction, id: DraftId) -> Response {
    let draft =
        draft_key(interaction, id).and_then(|key| ctx.question_drafts.get(key, ctx.uptime()));
    match draft {
        Some(draft) => Response::Modal(question_form::modal(&draft.form, &draft.texts, Some(id))),
        None => Response::New(UserError::DraftExpired.message()),
    }
}

fn draft_key(interaction: &Interaction, id: DraftId) -> Option<DraftKey> {
    Some(DraftKey {
        id,
        guild: interaction.guild?,
        user: interaction.user,
    })
}

/// A submitted form.
pub struct Submission<'a> {
    /// The refused draft that it corrects.
    pub draft: Option<DraftId>,
    pub form: QuestionForm,
    pub fields: &'a HashMap<String, String>,
}

/// Saves a submitted form, or keeps it as a draft.
pub async fn on_submit(
    ctx: &BotContext,
    interaction: &Interaction,
    submission: Submission<'_>,
) -> Response {
    let draft = QuestionDraft {
        form: submission.form,
        texts: QuestionTexts::from_fields(submission.fields),
    };
    let saved = save(ctx, interaction, &draft).await;
    let before = submission.draft.and_then(|id| draft_key(interaction, id));
    if let Some(before) = before {
        ctx.question_drafts.take(before, ctx.uptime());
    }
    let message = saved.unwrap_or_else(|why| keep(ctx, interaction, draft, why));
    match interaction.data {
        // The form was opened by a button of a refusal, which is settled now.
        InteractionData::ModalSubmit {
            message: Some(_), ..
        } => Response::Update(message.ephemeral()),
        _ => Response::New(message.ephemeral()),
    }
}

/// Refuses a form that can't be handled now, such as one of a member who sends too much.
pub fn refuse_unhandled(
    ctx: &BotContext,
    interaction: &Interaction,
    submission: Submission<'_>,
    reason: &UserError,
) -> Response {
    let draft = QuestionDraft {
        form: submission.form,
        texts: QuestionTexts::from_fields(submission.fields),
    };
    let why = NotSaved::Refused(vec![reason.text()]);
    Response::New(keep(ctx, interaction, draft, why).ephemeral())
}

/// Keeps a form that is not saved, and says why it is not.
fn keep(
    ctx: &BotContext,
    interaction: &Interaction,
    mut draft: QuestionDraft,
    why: NotSaved,
) -> Message {
    let id = DraftId(ctx.with_rng(RngExt::random));
    let message = match why {
        NotSaved::Refused(reasons) => question_form::refused(&reasons, id),
        NotSaved::Outdated { number, stored } => {
            let differing = draft.differing_fields(&stored);
            // What the admin is asked to overwrite. If that is changed as well, they are asked again.
            if let FormPurpose::Edit { opened, .. } = &mut draft.form.purpose {
                *opened = Some(ContentHash::of(&stored));
            }
            question_form::outdated(number, &differing, id)
        }
    };
    if let Some(key) = draft_key(interaction, id) {
        let bytes = draft.texts.bytes();
        ctx.question_drafts.put(key, ctx.uptime(), draft, bytes);
    }
    message
}

/// Overwrites a question that another admin has changed since its form was opened, or drops the form.
pub async fn decide(
    ctx: &BotContext,
    interaction: &Interaction,
    action: EditAction,
    id: DraftId,
) -> CommandResult {
    require_admin(interaction)?;
    let key = draft_key(interaction, id).ok_or(UserError::GuildOnly)?;
    let draft = ctx.question_drafts.take(key, ctx.uptime());
    let draft = draft.ok_or(UserError::DraftExpired)?;
    if action == EditAction::Discard {
        return Ok(question_form::discarded());
    }
    let saved = save(ctx, interaction, &draft).await;
    let draft = Arc::unwrap_or_clone(draft);
    Ok(saved.unwrap_or_else(|why| keep(ctx, interaction, draft, why)))
}

/// Why a form is not saved.
#[derive(Debug)]
enum NotSaved {
    /// One sentence for each reason.
    Refused(Reasons),
    /// The question has changed since the form was opened.
    Outdated {
        number: u32,
        stored: Box<QuestionContent>,
    },
}

/// Why a form is not saved, one sentence each.
type Reasons = Vec<String>;

/// Checks and saves a form. It is durable before the member sees the confirmation.
async fn save(
    ctx: &BotContext,
    interaction: &Interaction,
    draft: &QuestionDraft,
) -> Result<Message, NotSaved> {
    let because = |error: UserError| NotSaved::Refused(vec![error.text()]);
    if draft.form.purpose != FormPurpose::Suggest {
        require_admin(interaction).map_err(because)?;
    }
    let guild = &load_guild(ctx, interaction).await.map_err(because)?;
    let stored = match &draft.form.purpose {
        FormPurpose::Edit { question, .. } => {
            stored_content(guild, question).ok_or_else(|| because(removed()))?
        }
        FormPurpose::Add | FormPurpose::Suggest => QuestionContent::default(),
    };
    let content = draft.content(stored);
    let errors = check(&content);
    if !errors.is_empty() {
        return Err(NotSaved::Refused(errors));
    }
    let content = content.cleaned();
    let change = |state: &mut Guild| apply(ctx, interaction, &draft.form.purpose, content, state);
    let (changed, commit) = guild.upsert(change);
    failpoint::hit("question.changed");
    // An error waits, too: it may be about a change that is not durable yet.
    let saved = commit.wait().await;
    saved.map_err(|_| because(UserError::SaveFailed))?;
    failpoint::hit("question.saved");
    let refused = |error| NotSaved::Refused(vec![render::error(error)]);
    let message = changed.map_err(refused)??;
    ctx.wake_scheduler.notify_one();
    Ok(message)
}

/// Returns what is wrong with a question, in the words of the form.
fn check(content: &QuestionContent) -> Reasons {
    let question = question_of_content(SAMPLE_ID, u32::MAX, content);
    let errors = check_question(&question, question_check::check);
    errors.iter().map(question_form::field_error).collect()
}

/// An id as long as that of each of a server's own questions.
const SAMPLE_ID: &str = "s-00000000";

fn apply(
    ctx: &BotContext,
    interaction: &Interaction,
    purpose: &FormPurpose,
    content: QuestionContent,
    state: &mut Guild,
) -> Result<Result<Message, NotSaved>, ServerQuestionError> {
    let (user, at) = (interaction.user, interaction.created_at());
    match purpose {
        FormPurpose::Add => {
            // The admin sends a form again if the first response was lost or the save failed.
            let own = state.server_questions().map(ServerQuestions::questions);
            let is_same =
                |one: &&ServerQuestion| one.author == Some(user) && one.content == content;
            if let Some(same) = own.unwrap_or_default().iter().find(is_same) {
                return Ok(Ok(render::added(same.number)));
            }
            let added = ctx.with_rng(|rng| state.add_question(content, user, at, rng))?;
            Ok(Ok(render::added(added.number)))
        }
        FormPurpose::Edit { question, opened } => {
            let own = state.server_questions().and_then(|own| own.get(question));
            let own = own.ok_or(ServerQuestionError::NotFound)?;
            let number = own.number;
            let is_outdated = opened.is_some_and(|opened| opened != ContentHash::of(&own.content));
            // The same content is no conflict: the admin sends a form again if the first response was
            // lost.
            if is_outdated && own.content != content {
                let stored = Box::new(own.content.clone());
                return Ok(Err(NotSaved::Outdated { number, stored }));
            }
            state.edit_question(question, content)?;
            Ok(Ok(render::edited(number)))
        }
        FormPurpose::Suggest => {
            let number = state.suggest_question(content, user, at)?;
            Ok(Ok(render::suggested(number)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::topic_of;

    #[test]
    fn a_topic_is_written_in_kebab_case() {
        assert_eq!(topic_of(" Event loop ").as_deref(), Some("event-loop"));
        assert_eq!(topic_of("python_3-14").as_deref(), Some("python-3-14"));
        for bad in ["", " - ", "größe", "a:b", &"x".repeat(31)] {
            assert_eq!(topic_of(bad), None, "{bad}");
        }
    }
}
