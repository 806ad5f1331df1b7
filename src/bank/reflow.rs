//! Makes paragraphs of text that was wrapped for an editor.

/// Joins the lines of each paragraph with spaces; an empty line ends a paragraph. What is left has
/// one empty line between paragraphs and nothing around them.
pub fn reflow(text: &str) -> String {
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

/// Code and output keep their lines; only what is at the ends of lines and of the text goes.
pub fn trim_lines(text: &str) -> String {
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
    fn code_keeps_its_lines() {
        assert_eq!(trim_lines("\nif x:  \n\n    y\n\n"), "if x:\n\n    y");
    }
}
