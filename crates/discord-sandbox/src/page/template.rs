//! The templates, compiled in and parsed on first use.

use std::sync::LazyLock;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, Error};
use serde::Serialize;

macro_rules! templates {
    ($($name:literal)*) => { &[$(($name, include_str!(concat!("../page/html/", $name))),)*] };
}

/// Each template's name and text.
const TEMPLATES: &[(&str, &str)] = templates! {
    "page.html" "parts.html" "bar.html" "nav.html" "people.html" "channel.html" "thread.html" "messages.html"
    "message.html" "text.html" "embed.html" "components.html" "composer.html" "dialogs.html" "guide.html"
    "tools.html" "faults.html" "log.html" "line.html"
};

static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    // Building fails only for conflicting delimiters, and these are the defaults.
    if let Ok(syntax) = SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .build()
    {
        environment.set_syntax(syntax);
    }
    for (name, text) in TEMPLATES {
        // A test parses all templates, so this can't fail.
        let _ = environment.add_template(name, text);
    }
    environment
});

/// Renders a template.
///
/// # Errors
///
/// The template does not exist, or rendering it fails.
pub fn render(name: &str, context: &impl Serialize) -> Result<String, Error> {
    ENVIRONMENT.get_template(name)?.render(Serde(context))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn all_templates_parse() {
        let mut environment = Environment::new();
        for (name, text) in TEMPLATES {
            environment
                .add_template(name, text)
                .unwrap_or_else(|error| panic!("{name}: {error:#}"));
        }
    }

    #[test]
    fn the_text_of_the_guide_is_html_and_the_name_is_not() {
        let step = json!({ "id": "a", "title": "A & B", "html": "<b>You</b>'re {me}.", "buttons": [], "goal": null, "start": null });
        let page = json!({ "me": { "name": "<i>" }, "extension": { "guide": [step] } });
        let html = render("guide.html", &page).unwrap();
        assert!(html.contains("<p><b>You</b>'re &lt;i&gt;.</p>"), "{html}");
        assert!(html.contains("<h2>A &amp; B</h2>"), "{html}");
    }
}
