//! A modal (a form that pops up for a member) in Discord's form.

use serde::Serialize;

use super::text::truncate;

/// Maximum length of a title in characters (Discord docs, interactions/receiving-and-responding,
/// "Modal").
pub const TITLE_MAX: usize = 45;
/// Maximum length of a field's label in characters (Discord docs, components/reference, "Text
/// Input").
pub const LABEL_MAX: usize = 45;
/// Maximum length of the placeholder in an empty field in characters (the same page).
pub const PLACEHOLDER_MAX: usize = 100;
/// Maximum length of a field's value, and of all texts of a modal together, in characters (the same
/// page, "Text Input" and "Text Display").
pub const TEXT_MAX: usize = 4000;
/// Maximum number of fields (Discord docs, interactions/receiving-and-responding, "Modal").
pub const FIELDS_MAX: usize = 5;

/// Component types (Discord docs, components/reference, "Component Types").
const ACTION_ROW: u8 = 1;
const TEXT_INPUT: u8 = 4;
const TEXT_DISPLAY: u8 = 10;

/// A modal. Discord returns the field values when the member submits it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Modal {
    title: String,
    custom_id: String,
    /// A text, if any, and one row per field. Discord has deprecated rows here in favour of labels,
    /// but serenity 0.12 can't read labels in a submitted modal and would lose the text.
    components: Vec<ModalComponent>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
enum ModalComponent {
    Text(TextDisplay),
    Field(TextInputRow),
}

/// A text between the fields (Discord docs, components/reference, "Text Display").
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct TextDisplay {
    #[serde(rename = "type")]
    kind: u8,
    content: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct TextInputRow {
    #[serde(rename = "type")]
    kind: u8,
    components: [TextInput; 1],
}

/// The height of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextInputStyle {
    /// One line.
    Short = 1,
    /// Several lines.
    Paragraph = 2,
}

/// A text field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TextInput {
    #[serde(rename = "type")]
    kind: u8,
    style: u8,
    label: String,
    custom_id: String,
    max_length: usize,
    required: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    placeholder: Option<String>,
    /// The text that is there when the modal opens.
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<String>,
}

impl Modal {
    /// A modal with 1 to [`FIELDS_MAX`] fields.
    pub fn new(title: &str, custom_id: String, fields: Vec<TextInput>) -> Self {
        debug_assert!((1..=FIELDS_MAX).contains(&fields.len()));
        let row = |field| TextInputRow {
            kind: ACTION_ROW,
            components: [field],
        };
        Self {
            title: truncate(title, TITLE_MAX),
            custom_id,
            components: fields
                .into_iter()
                .map(row)
                .map(ModalComponent::Field)
                .collect(),
        }
    }

    /// Shows a text above the fields, in Markdown.
    #[must_use]
    pub fn text(mut self, text: &str) -> Self {
        let text = TextDisplay {
            kind: TEXT_DISPLAY,
            content: truncate(text, TEXT_MAX),
        };
        self.components.insert(0, ModalComponent::Text(text));
        self
    }
}

impl TextInput {
    /// A required field of at most `max` characters. Its value is submitted under `name`.
    pub fn new(style: TextInputStyle, name: &str, label: &str, max: usize) -> Self {
        Self {
            kind: TEXT_INPUT,
            style: style as u8,
            label: truncate(label, LABEL_MAX),
            custom_id: name.to_owned(),
            max_length: max.clamp(1, TEXT_MAX),
            required: true,
            placeholder: None,
            value: None,
        }
    }

    /// Sets the text that is there when the modal opens. Discord rejects an empty one.
    #[must_use]
    pub fn value(mut self, text: &str) -> Self {
        self.value = (!text.is_empty()).then(|| truncate(text, self.max_length));
        self
    }

    /// Sets the text that is shown while the field is empty.
    #[must_use]
    pub fn placeholder(mut self, text: &str) -> Self {
        self.placeholder = Some(truncate(text, PLACEHOLDER_MAX));
        self
    }

    /// Makes the field optional.
    #[must_use]
    pub const fn optional(mut self) -> Self {
        self.required = false;
        self
    }
}

/// The modal as readable text, for snapshot tests.
#[cfg(test)]
impl std::fmt::Display for Modal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "# {} {}", self.title, self.custom_id)?;
        for component in &self.components {
            let field = match component {
                ModalComponent::Text(text) => {
                    writeln!(f, "{}", text.content)?;
                    continue;
                }
                ModalComponent::Field(row) => &row.components[0],
            };
            let needed = if field.required { "" } else { ", optional" };
            let max = field.max_length;
            writeln!(
                f,
                "{} (up to {max}{needed}) {}",
                field.label, field.custom_id
            )?;
            if let Some(placeholder) = &field.placeholder {
                writeln!(f, "  {placeholder}")?;
            }
            if let Some(value) = &field.value {
                writeln!(f, "  = {}", value.replace('\n', "\n    "))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bot::fuzzing::discord_limits;
    use crate::bot::interactions::response::Response;

    #[test]
    fn a_form_in_discords_form() {
        let long = TextInput::new(TextInputStyle::Paragraph, "long", "At length", 500)
            .placeholder("Like aloud");
        let short = TextInput::new(TextInputStyle::Short, "short", "In short", 20).optional();
        let modal =
            Modal::new("Your answer", "q1:mine:loop".into(), vec![long, short]).text("**Why?**");
        insta::assert_snapshot!(modal, @r"
        # Your answer q1:mine:loop
        **Why?**
        At length (up to 500) long
          Like aloud
        In short (up to 20, optional) short
        ");
        insta::assert_snapshot!(serde_json::to_string(&modal).unwrap(), @r#"{"title":"Your answer","custom_id":"q1:mine:loop","components":[{"type":10,"content":"**Why?**"},{"type":1,"components":[{"type":4,"style":2,"label":"At length","custom_id":"long","max_length":500,"required":true,"placeholder":"Like aloud"}]},{"type":1,"components":[{"type":4,"style":1,"label":"In short","custom_id":"short","max_length":20,"required":false}]}]}"#);
    }

    #[test]
    fn long_words_keep_discords_limits() {
        let long = "ü".repeat(5000);
        let field =
            |name| TextInput::new(TextInputStyle::Short, name, &long, 9999).placeholder(&long);
        let fields = ["a", "b", "c", "d", "e"].map(field).into();
        let modal = Modal::new(&long, "id".into(), fields).text(&long);
        discord_limits::check(&Response::Modal(modal));
    }
}
