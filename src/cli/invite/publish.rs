//! What `invite --publish` changes in the application's profile.

use std::fmt::Write as _;

use crate::bot::{ApplicationProfile, InstallParams};

/// Returns each difference as a few lines, or an empty text.
pub fn changes(current: &ApplicationProfile, wanted: &ApplicationProfile) -> String {
    let parts = |profile: &ApplicationProfile| {
        [
            ("description", profile.description.clone()),
            ("tags", profile.tags.join(", ")),
            ("can be added to", contexts(profile)),
            ("installation asks for", asked(profile)),
            (
                "link in the profile asks for",
                params(profile.install_link.as_ref()),
            ),
        ]
    };
    let mut text = String::new();
    for ((name, now), (_, then)) in parts(current).into_iter().zip(parts(wanted)) {
        if now != then {
            let (now, then) = (shown(&now), shown(&then));
            let _ = write!(text, "  {name}\n    now   {now}\n    then  {then}\n");
        }
    }
    text
}

/// Wraps a text that continues a line after "    then  ".
fn shown(text: &str) -> String {
    const INDENT: &str = "          ";
    if text.is_empty() {
        return "(nothing)".to_owned();
    }
    let options = textwrap::Options::new(100);
    let options = options.initial_indent(INDENT).subsequent_indent(INDENT);
    textwrap::fill(text, options).trim_start().to_owned()
}

fn contexts(profile: &ApplicationProfile) -> String {
    let name = |context: &str| match context {
        "0" => "servers".to_owned(),
        "1" => "users' accounts".to_owned(),
        other => format!("installation context {other}"),
    };
    let names: Vec<_> = profile
        .installs
        .iter()
        .map(|install| name(&install.context))
        .collect();
    names.join(", ")
}

fn asked(profile: &ApplicationProfile) -> String {
    let asked = profile
        .installs
        .iter()
        .map(|install| params(install.params.as_ref()));
    let asked: Vec<_> = asked.filter(|asked| !asked.is_empty()).collect();
    asked.join("; ")
}

fn params(params: Option<&InstallParams>) -> String {
    params.map_or_else(String::new, |params| {
        let mut asked: Vec<&str> = params.scopes.iter().map(String::as_str).collect();
        asked.extend(params.permission_names());
        asked.join(", ")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_that_is_as_it_should_be_has_no_changes() {
        let wanted = ApplicationProfile::published();
        assert_eq!(changes(&wanted, &wanted), "");
    }

    #[test]
    fn every_change_is_shown() {
        let wanted = ApplicationProfile::published();
        let mut current = wanted.clone();
        current.tags.clear();
        current.install_link = None;
        insta::assert_snapshot!(changes(&current, &wanted), @"
        tags
          now   (nothing)
          then  python, asyncio, interview practice, quiz, learning
        link in the profile asks for
          now   (nothing)
          then  applications.commands, bot, Add Reactions, View Channel, Send Messages, Embed Links, Read
                Message History, Create Public Threads, Send Messages in Threads
        ");
    }
}
