//! Message components: rows of buttons, and select menus.
//!
//! These types serialize to Discord's JSON directly, so that tests show exactly what is sent.

use serde::Serialize;

use super::text::truncate;

/// Maximum number of rows in a message (Discord docs, resources/message, "Create Message", and
/// components/reference, "Action Row").
pub const ROWS_MAX: usize = 5;
/// Maximum number of buttons in a row (Discord docs, components/reference, "Action Row").
pub const BUTTONS_MAX: usize = 5;
/// Maximum number of options in a select menu (Discord docs, components/reference, "String
/// Select").
pub const OPTIONS_MAX: usize = 25;
/// Maximum length of an option's label, value and description in characters (the same page, "Select
/// Option Structure").
pub const OPTION_TEXT_MAX: usize = 100;
/// Maximum length of a menu's placeholder in characters (the same page, "String Select").
pub const PLACEHOLDER_MAX: usize = 150;

/// Component types (Discord docs, components/reference, "Component Types").
mod kind {
    pub const ACTION_ROW: u8 = 1;
    pub const BUTTON: u8 = 2;
    pub const STRING_SELECT: u8 = 3;
}

/// A row: at most five buttons, or one menu.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ActionRow {
    #[serde(rename = "type")]
    kind: u8,
    components: Vec<Component>,
}

/// An element of a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
enum Component {
    Button(Button),
    StringSelect(StringSelect),
}

/// The style of a button.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ButtonStyle {
    /// The main action.
    Primary = 1,
    /// An alternative.
    Secondary = 2,
    /// An action that can't be undone.
    Danger = 4,
}

/// The style of a button that opens a URL (Discord docs, components/reference, "Button Styles").
const LINK_STYLE: u8 = 5;

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Button {
    #[serde(rename = "type")]
    kind: u8,
    style: u8,
    label: String,
    #[serde(flatten)]
    target: ButtonTarget,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    disabled: bool,
}

/// What a press does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum ButtonTarget {
    /// Sends an interaction.
    CustomId(String),
    /// Opens a page. The bot gets no interaction.
    Url(String),
}

/// A menu from which a member chooses one or more options (Discord's "string select"). The
/// interaction carries the chosen values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StringSelect {
    #[serde(rename = "type")]
    kind: u8,
    custom_id: String,
    placeholder: String,
    min_values: usize,
    max_values: usize,
    options: Vec<SelectOption>,
}

/// An option of a menu.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SelectOption {
    label: String,
    value: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    default: bool,
}

impl ActionRow {
    /// A row of at most [`BUTTONS_MAX`] buttons.
    pub fn buttons(buttons: Vec<Button>) -> Self {
        debug_assert!((1..=BUTTONS_MAX).contains(&buttons.len()));
        Self {
            kind: kind::ACTION_ROW,
            components: buttons.into_iter().map(Component::Button).collect(),
        }
    }

    /// A row with one menu.
    pub fn select(menu: StringSelect) -> Self {
        Self {
            kind: kind::ACTION_ROW,
            components: vec![Component::StringSelect(menu)],
        }
    }
}

impl Button {
    /// A button that sends `custom_id` when it is pressed.
    pub fn new(style: ButtonStyle, label: &str, custom_id: String) -> Self {
        Self {
            kind: kind::BUTTON,
            style: style as u8,
            label: label.to_owned(),
            target: ButtonTarget::CustomId(custom_id),
            disabled: false,
        }
    }

    /// A button that opens a page.
    pub fn link(label: &str, url: String) -> Self {
        Self {
            kind: kind::BUTTON,
            style: LINK_STYLE,
            label: label.to_owned(),
            target: ButtonTarget::Url(url),
            disabled: false,
        }
    }

    /// Sets whether it is shown in grey and can't be pressed.
    #[must_use]
    pub const fn disabled(mut self, disabled: bool) -> Self {
        self.disabled = disabled;
        self
    }
}

impl StringSelect {
    /// A menu of 1 to [`OPTIONS_MAX`] options with distinct values, from which one is chosen.
    pub fn new(custom_id: String, placeholder: &str, mut options: Vec<SelectOption>) -> Self {
        debug_assert!((1..=OPTIONS_MAX).contains(&options.len()));
        options.truncate(OPTIONS_MAX);
        Self {
            kind: kind::STRING_SELECT,
            custom_id,
            placeholder: truncate(placeholder, PLACEHOLDER_MAX),
            min_values: 1,
            max_values: 1,
            options,
        }
    }

    /// Sets how many options are chosen. Both limits are capped at the number of options.
    #[must_use]
    pub fn value_range(mut self, min: usize, max: usize) -> Self {
        self.max_values = max.clamp(1, self.options.len().max(1));
        self.min_values = min.min(self.max_values);
        self
    }
}

impl SelectOption {
    /// An option that shows `label` and sends `value` (at most [`OPTION_TEXT_MAX`] characters).
    pub fn new(label: &str, value: impl Into<String>) -> Self {
        Self {
            label: truncate(label, OPTION_TEXT_MAX),
            value: value.into(),
            description: None,
            default: false,
        }
    }

    /// Adds a line of small text below the label.
    #[must_use]
    pub fn description(mut self, text: &str) -> Self {
        self.description = (!text.is_empty()).then(|| truncate(text, OPTION_TEXT_MAX));
        self
    }

    /// Sets whether the option is chosen initially.
    #[must_use]
    pub const fn selected(mut self, chosen: bool) -> Self {
        self.default = chosen;
        self
    }
}

/// The row as readable text, for snapshot tests.
#[cfg(test)]
impl std::fmt::Display for ActionRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for component in &self.components {
            match component {
                Component::Button(button) => {
                    let mark = if button.disabled { " – disabled" } else { "" };
                    let (ButtonTarget::CustomId(target) | ButtonTarget::Url(target)) =
                        &button.target;
                    writeln!(f, "( {}{mark} ) {target}", button.label)?;
                }
                Component::StringSelect(menu) => {
                    let (min, max) = (menu.min_values, menu.max_values);
                    writeln!(
                        f,
                        "[ {} ▾ {min}–{max} ] {}",
                        menu.placeholder, menu.custom_id
                    )?;
                    for option in &menu.options {
                        let mark = if option.default { "▪" } else { "▫" };
                        let small = option.description.as_deref().unwrap_or_default();
                        let line = format!("  {mark} {} = {} {small}", option.label, option.value);
                        writeln!(f, "{}", line.trim_end())?;
                    }
                }
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
    use crate::bot::render::message::Message;

    fn options(count: usize) -> Vec<SelectOption> {
        let option = |number| {
            SelectOption::new(&"ü".repeat(200), format!("{number}")).description(&"🧵".repeat(200))
        };
        (0..count).map(option).collect()
    }

    #[test]
    fn a_menu_in_discords_form() {
        let options = vec![
            SelectOption::new("It starts the loop", "0").description("and runs it"),
            SelectOption::new("It closes the loop", "1").selected(true),
        ];
        let menu =
            StringSelect::new("q1:points".into(), "What did you say?", options).value_range(0, 25);
        let message = Message::text("Tick.").select(menu);
        insta::assert_snapshot!(message.to_string(), @r"
        Tick.
        [ What did you say? ▾ 0–2 ] q1:points
          ▫ It starts the loop = 0 and runs it
          ▪ It closes the loop = 1
        ");
        insta::assert_snapshot!(serde_json::to_string(&message.components).unwrap(), @r#"[{"type":1,"components":[{"type":3,"custom_id":"q1:points","placeholder":"What did you say?","min_values":0,"max_values":2,"options":[{"label":"It starts the loop","value":"0","description":"and runs it"},{"label":"It closes the loop","value":"1","default":true}]}]}]"#);
    }

    #[test]
    fn long_menus_and_many_rows_keep_discords_limits() {
        let button = |number| Button::new(ButtonStyle::Primary, "A", format!("{number}"));
        let menu =
            StringSelect::new("menu".into(), &"?".repeat(500), options(25)).value_range(1, 99);
        let message = Message::text("rows")
            .select(menu)
            .buttons((0..5).map(button).collect())
            .buttons((5..10).map(button).collect());
        discord_limits::check(&Response::New(message));
    }
}
