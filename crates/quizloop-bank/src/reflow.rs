//! Joins text that was wrapped for an editor into paragraphs.

use super::markup::{Block, blocks};

/// Joins the lines of each paragraph with spaces. Empty lines separate paragraphs; the result has
/// one empty line between paragraphs and no surrounding whitespace.
pub(crate) fn reflow(text: &str) -> String {
    let mut flowed = String::with_capacity(text.len());
    let mut gap = "";
    for line in text.lines().map(str::trim) {
        if line.is_empty() {
            gap = "\n\n";
            continue;
        }
        if !flowed.is_empty() {
            flowed.push_str(gap);
        }
        flowed.push_str(line);
        gap = " ";
    }
    flowed
}

/// Joins lines like [`reflow`], but keeps the lines of lists and code blocks.
pub(crate) fn reflow_blocks(text: &str) -> String {
    let parts = blocks(text).into_iter().map(|block| match block {
        Block::Prose(prose) => reflow_lists(prose),
        Block::Code { language, text, .. } => {
            // A message shows tabs wider than most editors.
            format!(
                "```{language}\n{}\n```",
                trim_lines(&text).replace('\t', "    ")
            )
        }
    });
    parts.collect::<Vec<_>>().join("\n")
}

/// Joins the lines of paragraphs and of each item of a list.
fn reflow_lists(prose: &str) -> String {
    let mut flowed = String::with_capacity(prose.len());
    let mut gap = "";
    let mut in_list = false;
    for line in prose.lines() {
        let trimmed = line.trim();
        if trimmed.is_empty() {
            gap = "\n\n";
            continue;
        }
        let begins_paragraph = gap != " ";
        let is_after_item_or_gap = begins_paragraph || in_list;
        // A mark alone begins an item, too: the next line joins it.
        let is_mark = is_after_item_or_gap && is_item(&format!("{trimmed} "), true);
        if is_mark || is_item(trimmed, is_after_item_or_gap) {
            gap = if in_list || gap == " " { "\n" } else { gap };
            let indentation = if in_list && line.starts_with("  ") {
                "  "
            } else {
                ""
            };
            push_line(&mut flowed, gap, &format!("{indentation}{trimmed}"));
            in_list = true;
        } else {
            in_list &= !begins_paragraph;
            push_line(&mut flowed, gap, trimmed);
        }
        gap = " ";
    }
    flowed
}

fn push_line(flowed: &mut String, gap: &str, line: &str) {
    if !flowed.is_empty() {
        flowed.push_str(gap);
    }
    flowed.push_str(line);
}

/// Whether a line begins an item of a list. As in `CommonMark`, only a list that begins with 1 can
/// follow a line of prose.
fn is_item(line: &str, can_have_any_number: bool) -> bool {
    if ["- ", "* ", "+ ", "• "]
        .iter()
        .any(|bullet| line.starts_with(bullet))
    {
        return true;
    }
    let number = line.len() - line.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, rest) = line.split_at(number);
    let has_mark = rest.starts_with(". ") || rest.starts_with(") ");
    has_mark && (number == "1" || (can_have_any_number && (1..=3).contains(&number.len())))
}

/// Trims code or output: removes spaces at line ends, and empty lines at the start and end.
pub(crate) fn trim_lines(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(str::trim_end).collect();
    lines.join("\n").trim_matches('\n').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_break_is_a_space_and_an_empty_line_a_paragraph() {
        let text = "\nAwait `a\nb` and\n  c.\n\n \nThe end.\n";
        assert_eq!(reflow(text), "Await `a b` and c.\n\nThe end.");
        assert_eq!(reflow(" \n\n"), "");
    }

    #[test]
    fn answers_keep_lists_and_code_blocks() {
        let text = "\nTwo\nways:\n- one\n  way\n  - inner\n\n- two\n\nThen:\n```py\nif x:\n\n    y  \n```\n\
                    so\n3. no item\n1. item\n2. item\n";
        let flowed = reflow_blocks(text);
        insta::assert_snapshot!(flowed, @"
        Two ways:
        - one way
          - inner
        - two

        Then:
        ```py
        if x:

            y
        ```
        so 3. no item
        1. item
        2. item
        ");
        assert_eq!(reflow_blocks(&flowed), flowed);
        assert_eq!(reflow_blocks("a\n```\nb"), "a ``` b");
        assert_eq!(reflow_blocks("-\na\n\n- b"), "- a\n- b");
        assert_eq!(reflow_blocks("a\n-\nb"), "a - b");
        assert_eq!(reflow_blocks("- a\n-\nb"), "- a\n- b");
        assert_eq!(reflow_blocks("-\n\n-"), "-\n-");
    }

    proptest::proptest! {
        #[test]
        fn a_joined_text_stays_as_it_is(text in "(- |\\* |[-+•]|1\\. |[0-9]{1,4}[.)]|a|  | |\n|\n\n|```){0,20}") {
            let joined = reflow_blocks(&text);
            proptest::prop_assert_eq!(reflow_blocks(&joined), joined);
        }
    }

    #[test]
    fn code_keeps_its_lines() {
        assert_eq!(trim_lines("\nif x:  \n\n    y\n\n"), "if x:\n\n    y");
    }
}
