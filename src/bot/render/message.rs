//! A message in Discord's form: text, embeds, components, and no accidental mentions.
//!
//! These types serialize to Discord's JSON directly, so that tests show exactly what is sent.

use serde::Serialize;

use super::component::ROWS_MAX;
pub use super::component::{ActionRow, Button, ButtonStyle, SelectOption, StringSelect};
use super::file::File;
use super::text::truncate_owned;
use quizloop_core::id::{ChannelId, GuildId, MessageId, RoleId, UserId};

/// The flag of a message that only one member sees (Discord docs, resources/message, "Message
/// Flags").
pub const EPHEMERAL: u64 = 1 << 6;

/// Discord's limit for a message's text, in characters (Discord docs, resources/message, "Create
/// Message").
pub const CONTENT_MAX: usize = 2000;
/// Maximum length of the line that mentions a role, in characters: a line break, `<@&`, an id of
/// 64 bits and `>`.
pub const ROLE_MENTION_MAX: usize = 25;
/// Discord's limit for an embed's description, in characters (Discord docs, resources/message,
/// "Embed Limits").
pub const DESCRIPTION_MAX: usize = 4096;
/// Discord's limit for the value of an embed's field, in characters.
pub const FIELD_MAX: usize = 1024;
/// Discord's limit for all texts of a message's embeds together, in characters.
pub const EMBEDS_MAX: usize = 6000;

/// A message that the bot sends.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Message {
    /// Plain text. An edit without it keeps the text that is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    pub embeds: Vec<Embed>,
    /// Rows of buttons and menus, at most five. An edit with none removes them.
    pub components: Vec<ActionRow>,
    /// Who may be notified: nobody, unless a role or users are set. Edits send it as well, because Discord
    /// would otherwise notify everyone who is mentioned in the text.
    pub allowed_mentions: AllowedMentions,
    /// The attachment, if any.
    #[serde(rename = "attachments", skip_serializing_if = "Option::is_none")]
    pub file: Option<File>,
    #[serde(skip_serializing_if = "Option::is_none")]
    flags: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    enforce_nonce: Option<bool>,
}

/// Who may be notified by a message.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct AllowedMentions {
    parse: [String; 0],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    roles: Vec<RoleId>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    users: Vec<UserId>,
}

/// An embed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Embed {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The colour of the bar, as 0xRRGGBB.
    pub color: u32,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<EmbedField>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<EmbedImage>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub footer: Option<EmbedFooter>,
}

/// A field of an embed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EmbedField {
    pub name: String,
    pub value: String,
    /// Whether Discord may show it next to other fields.
    pub inline: bool,
}

/// The picture of an embed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EmbedImage {
    pub url: String,
}

/// The footer of an embed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EmbedFooter {
    pub text: String,
}

impl Message {
    /// A message of plain text.
    pub fn text(content: impl Into<String>) -> Self {
        Self {
            content: Some(content.into()),
            ..Self::default()
        }
    }

    /// A message of one embed.
    pub fn embed(embed: Embed) -> Self {
        Self {
            content: Some(String::new()),
            embeds: vec![embed],
            ..Self::default()
        }
    }

    /// Adds a row of buttons below the existing rows.
    #[must_use]
    pub fn buttons(self, buttons: Vec<Button>) -> Self {
        self.row(ActionRow::buttons(buttons))
    }

    /// Adds a menu below the existing rows.
    #[must_use]
    pub fn select(self, menu: StringSelect) -> Self {
        self.row(ActionRow::select(menu))
    }

    fn row(mut self, row: ActionRow) -> Self {
        debug_assert!(self.components.len() < ROWS_MAX);
        self.components.push(row);
        self
    }

    /// Makes it an edit that keeps the text that is there.
    #[must_use]
    pub fn keep_content(mut self) -> Self {
        self.content = None;
        self
    }

    /// Adds an attachment.
    #[must_use]
    pub fn attach(mut self, file: File) -> Self {
        self.file = Some(file);
        self
    }

    /// Shows it only to the member who used the command or button.
    #[must_use]
    pub const fn ephemeral(mut self) -> Self {
        self.flags = Some(EPHEMERAL);
        self
    }

    /// Whether only one member sees it.
    pub fn is_ephemeral(&self) -> bool {
        self.flags == Some(EPHEMERAL)
    }

    /// Mentions and notifies a role, in the last line: a notification begins with the first.
    #[must_use]
    pub fn mention_role(mut self, role: RoleId) -> Self {
        self.allowed_mentions.roles = vec![role];
        self.name_role(role)
    }

    /// Notifies these users, whom the text mentions.
    #[must_use]
    pub fn notify_users(mut self, users: &[UserId]) -> Self {
        self.allowed_mentions.users = users.to_vec();
        self
    }

    /// Mentions a role without notifying it, for an edit of a message that mentioned it.
    #[must_use]
    pub fn name_role(mut self, role: RoleId) -> Self {
        let content = self.content.get_or_insert_default();
        if !content.is_empty() {
            content.push('\n');
        }
        let mention = format!("<@&{role}>");
        content.push_str(&mention);
        self
    }

    /// Sets a nonce, by which Discord recognises a repeated request.
    #[must_use]
    pub fn nonce(mut self, nonce: &str) -> Self {
        self.nonce = Some(nonce.to_owned());
        self.enforce_nonce = Some(true);
        self
    }
}

impl Embed {
    /// Adds a field and truncates its value to Discord's limit. An empty value, which Discord would
    /// reject, adds none.
    #[must_use]
    pub fn field(mut self, name: &str, value: impl Into<String>) -> Self {
        self.push(name, truncate_owned(value.into(), FIELD_MAX), false);
        self
    }

    /// Adds a field with a text of a question, which is not truncated: a question with a text that
    /// is too long is refused when it is loaded (see [`question_check`](super::question_check)).
    #[must_use]
    pub fn question_field(mut self, name: &str, value: impl Into<String>) -> Self {
        self.push(name, value.into(), false);
        self
    }

    /// Adds a short field that Discord may show next to others.
    #[must_use]
    pub fn inline_field(mut self, name: &str, value: impl Into<String>) -> Self {
        self.push(name, truncate_owned(value.into(), FIELD_MAX), true);
        self
    }

    fn push(&mut self, name: &str, value: String, inline: bool) {
        if !value.is_empty() {
            self.fields.push(EmbedField {
                name: name.to_owned(),
                value,
                inline,
            });
        }
    }

    /// Sets the footer.
    #[must_use]
    pub fn footer(mut self, text: impl Into<String>) -> Self {
        self.footer = Some(EmbedFooter { text: text.into() });
        self
    }
}

/// A link to a channel.
pub fn channel_link(guild: GuildId, channel: ChannelId) -> String {
    format!("https://discord.com/channels/{guild}/{channel}")
}

/// A link to a message.
pub fn message_link(guild: GuildId, channel: ChannelId, message: MessageId) -> String {
    format!("{}/{message}", channel_link(guild, channel))
}

/// The message as readable text, for snapshot tests.
#[cfg(test)]
impl std::fmt::Display for Message {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.is_ephemeral() {
            writeln!(f, "(only you can see this)")?;
        }
        if let Some(content) = self.content.as_ref().filter(|text| !text.is_empty()) {
            writeln!(f, "{content}")?;
        }
        for embed in &self.embeds {
            if let Some(title) = &embed.title {
                writeln!(f, "# {title}")?;
            }
            if let Some(description) = &embed.description {
                writeln!(f, "{description}")?;
            }
            for field in &embed.fields {
                writeln!(f, "[{}] {}", field.name, field.value)?;
            }
            if let Some(image) = &embed.image {
                writeln!(f, "{{ {} }}", image.url)?;
            }
            if let Some(footer) = &embed.footer {
                writeln!(f, "-- {}", footer.text)?;
            }
        }
        if let Some(file) = &self.file {
            writeln!(f, "{{ {file:?} }}")?;
        }
        for row in &self.components {
            write!(f, "{row}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_mentioned_unless_a_role_was_asked_for() {
        let json = |message: &Message| serde_json::to_string(&message.allowed_mentions).unwrap();
        assert_eq!(json(&Message::text("@everyone")), r#"{"parse":[]}"#);
        let role = Message::text("Why?").mention_role(RoleId::new(7));
        assert_eq!(json(&role), r#"{"parse":[],"roles":["7"]}"#);
        let named = Message::text("Why?").name_role(RoleId::new(7));
        assert_eq!(json(&named), r#"{"parse":[]}"#);
        assert_eq!(named.content, role.content);
        let longest = Message::text("?").mention_role(RoleId::new(u64::MAX));
        let length = longest.content.unwrap().chars().count();
        assert_eq!(length, 1 + ROLE_MENTION_MAX);
    }
}
