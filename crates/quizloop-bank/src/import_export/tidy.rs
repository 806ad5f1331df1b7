//! Markdown of other tools becomes the Markdown that the bot shows.

use super::super::markup::{Block, blocks};

/// Replaces what a message does not show well: headings become bold paragraphs, rules are removed,
/// and images become links. Programs stay as they are.
pub(super) fn tidy(text: &str) -> String {
    let mut tidied = String::with_capacity(text.len());
    for block in blocks(text) {
        match block {
            Block::Prose(prose) => {
                for line in prose.lines() {
                    tidied += &tidy_line(line);
                    tidied.push('\n');
                }
            }
            Block::Code { whole, .. } => {
                tidied += whole;
                tidied.push('\n');
            }
        }
    }
    tidied
}

fn tidy_line(line: &str) -> String {
    let trimmed = line.trim();
    if is_rule(trimmed) {
        return String::new();
    }
    if let Some(heading) = heading(trimmed) {
        return format!("\n**{}**\n", heading.replace("**", ""));
    }
    // A code block on one line would become prose with three backticks.
    let line = if line.matches("```").count().is_multiple_of(2) {
        line.replace("```", "`")
    } else {
        line.to_owned()
    };
    let is_allowed = |c: char| if c.is_control() { ' ' } else { c };
    images_as_links(&line.chars().map(is_allowed).collect::<String>())
}

/// Whether a line is a horizontal rule.
pub(super) fn is_rule(line: &str) -> bool {
    let marks: String = line.split_whitespace().collect();
    marks.len() >= 3
        && ["-", "*", "_"]
            .iter()
            .any(|mark| marks.replace(mark, "").is_empty())
}

/// Returns the text of a heading.
fn heading(line: &str) -> Option<&str> {
    let text = line.trim_start_matches('#');
    let level = line.len() - text.len();
    let text = text.strip_prefix(' ')?.trim().trim_end_matches('#').trim();
    ((1..=6).contains(&level) && !text.is_empty()).then_some(text)
}

/// Removes the mark that makes a link an image: a message shows none.
fn images_as_links(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find("![") {
        let (before, image) = rest.split_at(at);
        text.push_str(before);
        rest = &image[1..];
        // A link needs a text.
        if let Some(after) = rest.strip_prefix("[]") {
            text.push_str("[image]");
            rest = after;
        } else {
            text.push('[');
            rest = &rest[1..];
        }
    }
    text + rest
}

/// Returns the address of a paragraph that is one link and nothing else.
pub(super) fn only_link(paragraph: &str) -> Option<&str> {
    let rest = paragraph.trim().strip_prefix('[')?;
    let (text, link) = rest.split_once("](")?;
    let link = link.trim_end_matches('.').strip_suffix(')')?;
    let is_link = link.starts_with("https://") && !link.contains([' ', '(', ')']);
    (is_link && !text.contains('[')).then_some(link)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_rules_and_images_are_replaced() {
        let text = "Before.\n### Why?\n---\n![a](https://b.c/d.png) ![](https://e.f)\n\
                    ```py\n# no heading\n---\n```\n#hashtag";
        insta::assert_snapshot!(tidy(text), @"
        Before.

        **Why?**


        [a](https://b.c/d.png) [image](https://e.f)
        ```py
        # no heading
        ---
        ```
        #hashtag
        ");
    }

    #[test]
    fn a_paragraph_may_be_one_link() {
        assert_eq!(only_link("[docs](https://a.b/c)"), Some("https://a.b/c"));
        for other in [
            "See [docs](https://a.b)",
            "[docs](http://a.b)",
            "[a](https://b) [c](https://d)",
        ] {
            assert_eq!(only_link(other), None, "{other}");
        }
    }
}
