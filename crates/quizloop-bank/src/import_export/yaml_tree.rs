//! Reads YAML with the line of each value. Texts stay as they are written: `yes` and `1.40` are
//! answers, not values. Aliases are refused, because a short file with many of them can stand for
//! gigabytes.

use granit_parser::{Event, Parser, ScanError};
use quizloop_diagnostics::{Diagnostic, Source};

use super::tree::{DEPTH_MAX, Tree, TreeEntry, TreeValue};

/// Reads the first document of a YAML text.
pub(super) fn parse(source: &Source) -> Result<Tree, Box<Diagnostic>> {
    let mut builder = TreeBuilder::default();
    for event in Parser::new_from_str(source.text()) {
        let (event, span) = event.map_err(|error| Box::new(syntax_error(source, &error)))?;
        let line = span.start.line();
        match event {
            Event::Scalar(text, ..) => builder.add(line, TreeValue::Text(text.into_owned())),
            Event::SequenceStart(..) => builder.open(line, TreeValue::List(Vec::new())),
            Event::MappingStart(..) => builder.open(line, TreeValue::Map(Vec::new())),
            Event::SequenceEnd | Event::MappingEnd => builder.close(),
            Event::Alias(_) => {
                let message = "an alias can't be imported";
                let fix = "write the text itself instead of the alias";
                return Err(Box::new(error_at(source, line, message).fix(fix)));
            }
            Event::DocumentEnd => break,
            // The start and the end of the text, and comments.
            _ => {}
        }
        if builder.open.len() > DEPTH_MAX {
            let message = "this is nested too deep for a list of questions";
            let fix = "remove the outer lists and mappings";
            return Err(Box::new(error_at(source, line, message).fix(fix)));
        }
    }
    let empty = Tree {
        line: 1,
        value: TreeValue::Null,
    };
    Ok(builder.root.unwrap_or(empty))
}

fn syntax_error(source: &Source, error: &ScanError) -> Diagnostic {
    let message = format!("this is not YAML: {}", error.info());
    error_at(source, error.marker().line(), &message)
        .fix("check the indentation, and put texts with a colon or a number sign in quotes")
}

fn error_at(source: &Source, line: usize, message: &str) -> Diagnostic {
    let lines = source.text().split_inclusive('\n');
    let start: usize = lines.take(line.saturating_sub(1)).map(str::len).sum();
    Diagnostic::at(source, &(start..start), message)
}

/// Builds a tree from the parser's events.
#[derive(Default)]
struct TreeBuilder {
    /// Lists and mappings that are not closed yet, the innermost last.
    open: Vec<OpenTree>,
    root: Option<Tree>,
}

struct OpenTree {
    tree: Tree,
    /// The key whose value comes next, in a mapping.
    key: Option<(usize, String)>,
}

impl TreeBuilder {
    fn open(&mut self, line: usize, value: TreeValue) {
        let tree = Tree { line, value };
        self.open.push(OpenTree { tree, key: None });
    }

    fn close(&mut self) {
        if let Some(closed) = self.open.pop() {
            self.add(closed.tree.line, closed.tree.value);
        }
    }

    fn add(&mut self, line: usize, value: TreeValue) {
        let Some(parent) = self.open.last_mut() else {
            self.root = Some(Tree { line, value });
            return;
        };
        match (&mut parent.tree.value, parent.key.take()) {
            (TreeValue::List(items), _) => items.push(Tree { line, value }),
            (TreeValue::Map(_), None) => {
                // A key that is a list or a mapping is none that questions have.
                let key = match value {
                    TreeValue::Text(key) => key,
                    _ => String::new(),
                };
                parent.key = Some((line, key));
            }
            (TreeValue::Map(entries), Some((key_line, key))) => entries.push(TreeEntry {
                line: key_line,
                key,
                tree: Tree { line, value },
            }),
            (TreeValue::Null | TreeValue::Text(_) | TreeValue::TooDeep, _) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    fn parsed(text: &str) -> Result<Tree, Box<Diagnostic>> {
        parse(&Source::new("a.yaml", text))
    }

    #[test]
    fn texts_stay_as_they_are_written() {
        let tree = parsed("# a list\n---\nWhat?:\n- 1.40\n- yes\n'a: b':\n  c: ~\n").unwrap();
        insta::assert_debug_snapshot!(tree);
    }

    #[test]
    fn aliases_and_deep_nesting_are_refused() {
        let mut laughs = "a: &a [x, x]\n".to_owned();
        for (before, name) in ('a'..='y').zip('b'..='z') {
            let aliases = vec![format!("*{before}"); 9].join(", ");
            let _ = writeln!(laughs, "{name}: &{name} [{aliases}]");
        }
        let deep = [
            "[".repeat(100_000),
            "- ".repeat(100_000),
            "{a: ".repeat(100_000),
        ];
        let errors: Vec<_> = [laughs, "a: [".to_owned()]
            .into_iter()
            .chain(deep)
            .map(|text| parsed(&text).unwrap_err().message)
            .collect();
        insta::assert_snapshot!(errors.join("\n"), @"
        an alias can't be imported
        this is not YAML: unclosed bracket '['
        this is not YAML: recursion limit exceeded
        this is nested too deep for a list of questions
        this is not YAML: recursion limit exceeded
        ");
    }
}
