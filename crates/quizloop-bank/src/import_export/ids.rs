//! Ids and names made from texts.

use super::super::limits::ID_MAX;
use super::super::question::Question;

/// Number of hexadecimal digits of the hash in a generated id: a CRC-32, which no later version
/// computes differently.
const HASH_DIGITS: usize = 8;

/// Returns an id that consists of the first words of a reflowed question and a hash of all of it. No
/// built-in question has such an id.
pub(crate) fn hashed_id(question: &str) -> String {
    id_with_hash_of(question, question.as_bytes())
}

/// Returns the generated id of a question of another tool. It depends on what is asked alone,
/// because the same table may be imported again. "What's the output?" is asked about many programs,
/// so the program is a part of what is asked.
pub(super) fn generated_id(question: &Question) -> String {
    match &question.code {
        None => hashed_id(&question.question),
        Some(code) => {
            let asked = format!("{}\n{code}", question.question);
            id_with_hash_of(&question.question, asked.as_bytes())
        }
    }
}

/// Returns an id for a question that is asked in the same words as another one of its file, but has
/// another answer.
pub(super) fn generated_id_with_answer(question: &Question) -> String {
    let code = question.code.as_deref().unwrap_or_default();
    let all = format!("{}\n{code}\n{}", question.question, question.answer);
    id_with_hash_of(&question.question, all.as_bytes())
}

fn id_with_hash_of(text: &str, bytes: &[u8]) -> String {
    let words = kebab_case(text);
    let words = first_words(&words, ID_MAX - HASH_DIGITS - 1);
    let words = if words.is_empty() { "question" } else { words };
    let hash = crc32fast::hash(bytes);
    format!("{words}-{hash:0HASH_DIGITS$x}")
}

/// Returns the id that a file gives a question, or `None` if it can't be used. Ids of rows are often
/// numbers, which are the same in unrelated files, so a number is an id only in our exports.
pub(super) fn own_id(text: &str, is_export: bool) -> Option<String> {
    let id = text.trim().to_lowercase().replace(['_', ' ', '.'], "-");
    let has_letter = id.bytes().any(|byte| byte.is_ascii_lowercase());
    let is_usable = id.len() <= ID_MAX && !id.is_empty() && kebab_case(&id) == id;
    (is_usable && (has_letter || is_export)).then_some(id)
}

/// Returns the ASCII words of a text in kebab-case.
pub(super) fn kebab_case(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let words: Vec<_> = lower
        .split(|c: char| !c.is_ascii_lowercase() && !c.is_ascii_digit())
        .filter(|word| !word.is_empty())
        .collect();
    words.join("-")
}

/// Returns the words of a kebab-case text that fit into `max` characters; a single longer word is
/// cut.
pub(super) fn first_words(text: &str, max: usize) -> &str {
    if text.len() <= max {
        return text;
    }
    let end = text[..=max].rfind('-').unwrap_or(max);
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(question: &str, code: Option<&str>) -> Question {
        Question {
            question: question.into(),
            code: code.map(str::to_owned),
            ..Question::default()
        }
    }

    #[test]
    fn ids_have_a_hash_and_are_not_empty_for_other_scripts() {
        let ids: Vec<_> = [
            "What is a task?",
            "Что делает await?",
            "كيف يعمل await؟",
            "协程是什么？",
            "コルーチンとは何ですか？",
            "What is the difference between asyncio.gather and asyncio.wait?",
            "What is the difference between asyncio.gather and a TaskGroup?",
            "What does x == y mean?",
            "What does x != y mean?",
        ]
        .map(hashed_id)
        .into();
        insta::assert_snapshot!(ids.join("\n"), @"
        what-is-a-task-d1ad20fd
        await-7c5fe32c
        await-3c80560a
        question-d7df89cd
        question-324d07ec
        what-is-the-difference-between-5b91d9c7
        what-is-the-difference-between-cdef967d
        what-does-x-y-mean-854a3e3f
        what-does-x-y-mean-b8d85f59
        ");
        assert!(hashed_id(&"a".repeat(60)).len() <= ID_MAX);
    }

    #[test]
    fn the_program_is_a_part_of_what_is_asked() {
        let output = "What's the output?";
        let ids = [None, Some("a"), Some("b")].map(|code| generated_id(&asked(output, code)));
        assert_ne!(ids[0], ids[1]);
        assert_ne!(ids[1], ids[2]);
        assert_eq!(generated_id(&asked(output, Some("b"))), ids[2]);
    }

    #[test]
    fn a_number_is_no_id() {
        assert_eq!(own_id("Our_Q 12", false).as_deref(), Some("our-q-12"));
        assert_eq!(own_id("521", true).as_deref(), Some("521"));
        for other in ["", "521", "ä", "a--b", "a/b", &"a".repeat(46)] {
            assert_eq!(own_id(other, false), None, "{other}");
        }
    }
}
