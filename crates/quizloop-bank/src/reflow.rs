//! Joins text that was wrapped for an editor into paragraphs.

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
    fn code_keeps_its_lines() {
        assert_eq!(trim_lines("\nif x:  \n\n    y\n\n"), "if x:\n\n    y");
    }
}
