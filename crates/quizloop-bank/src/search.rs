//! Search for questions by id, number and words, including prefixes and typos.
//!
//! The index is a sorted list of all words, built once. A search looks up the typed words in it and
//! visits only the questions that use them.

use std::collections::HashMap;

use super::question::{Question, SERVER_ID_PREFIX};

/// Maximum number of results: Discord shows at most 25 autocomplete choices (Discord docs,
/// interactions/receiving-and-responding, "Autocomplete").
pub const SEARCH_MAX: usize = 25;

/// Weight of a word by the field in which it occurs.
const ID_WEIGHT: f32 = 1.5;
const TOPIC_WEIGHT: f32 = 1.2;
const QUESTION_WEIGHT: f32 = 1.0;
/// A tag is a subject that an entry touches, so its words come after those of the question.
const TAG_WEIGHT: f32 = 0.6;

/// Score of a question whose id, number or text contains the whole query. Each outweighs any
/// realistic sum of words: a word scores at most 10 (its rarity in 10,000 questions).
const EXACT_ID_SCORE: f32 = 1000.0;
const EXACT_NUMBER_SCORE: f32 = 900.0;
const ID_PREFIX_SCORE: f32 = 400.0;
const NUMBER_PREFIX_SCORE: f32 = 300.0;
const PHRASE_SCORE: f32 = 100.0;

/// Minimum length of a phrase; shorter ones match everything.
const PHRASE_MIN: usize = 3;

/// Similarity of a word that starts with the typed letters, or differs in one or two letters.
const PREFIX_SIMILARITY: f32 = 0.7;
const ONE_EDIT_SIMILARITY: f32 = 0.6;
const TWO_EDITS_SIMILARITY: f32 = 0.4;

/// A word of the bank and the questions that use it.
#[derive(Debug, Clone)]
struct IndexedWord {
    text: String,
    /// Length in characters.
    length: usize,
    /// One bit per letter in the word: words with very different bits cannot be similar.
    letter_bits: u64,
    /// Inverse document frequency: the rarer a word, the higher.
    idf: f32,
    /// Indices of the questions, with the word's weight in each.
    postings: Vec<(usize, f32)>,
}

/// The search index of a bank.
#[derive(Debug, Clone, Default)]
pub struct SearchIndex {
    /// Sorted by text.
    words: Vec<IndexedWord>,
    /// Text of each question in lower case.
    lowercase_questions: Vec<String>,
}

impl SearchIndex {
    /// Builds the index.
    pub fn new(questions: &[Question]) -> Self {
        let mut uses: HashMap<String, HashMap<usize, f32>> = HashMap::new();
        for (index, question) in questions.iter().enumerate() {
            let fields = [
                (&question.id, ID_WEIGHT),
                (&question.topic, TOPIC_WEIGHT),
                (&question.question, QUESTION_WEIGHT),
            ];
            let tags = question.tags.iter().map(|tag| (tag, TAG_WEIGHT));
            for (text, weight) in fields.into_iter().chain(tags) {
                for word in words(&text.to_lowercase()) {
                    let weights = uses.entry(word.to_owned()).or_default();
                    let best = weights.entry(index).or_default();
                    *best = best.max(weight);
                }
            }
        }
        let mut words: Vec<_> = uses
            .into_iter()
            .map(|(text, uses)| IndexedWord::new(text, uses, questions.len()))
            .collect();
        words.sort_unstable_by(|a, b| a.text.cmp(&b.text));
        let lower = |question: &Question| question.question.to_lowercase();
        Self {
            words,
            lowercase_questions: questions.iter().map(lower).collect(),
        }
    }

    /// Returns the scores and indices of matching questions, best first, at most [`SEARCH_MAX`].
    /// `questions` must be those with which the index was built. An empty query returns the first questions.
    /// Only questions for which `filter` returns true count.
    pub fn search(
        &self,
        questions: &[Question],
        typed: &str,
        limit: usize,
        filter: impl Fn(&Question) -> bool,
    ) -> Vec<(f32, usize)> {
        let limit = limit.min(SEARCH_MAX);
        let typed = typed.trim().to_lowercase();
        let is_candidate = |index: &usize| filter(&questions[*index]);
        if typed.is_empty() {
            let candidates = (0..questions.len()).filter(is_candidate);
            return candidates.take(limit).map(|index| (0.0, index)).collect();
        }
        let scores = self.scores(questions, &typed);
        let matching = (0..questions.len()).filter(|index| scores[*index] > 0.0);
        let mut found: Vec<_> = matching.filter(is_candidate).collect();
        let better = |a: &usize, b: &usize| scores[*b].total_cmp(&scores[*a]).then(a.cmp(b));
        if found.len() > limit && limit > 0 {
            found.select_nth_unstable_by(limit - 1, better);
        }
        found.truncate(limit);
        found.sort_unstable_by(better);
        let found = found.into_iter();
        found.map(|index| (scores[index], index)).collect()
    }

    /// Returns the score of each question. Digits may be a number or stand in a text; with `#`
    /// they are a number.
    fn scores(&self, questions: &[Question], typed: &str) -> Vec<f32> {
        let number = NumberQuery::parse(typed);
        let mut scores = if number.is_some() && typed.starts_with('#') {
            vec![0.0; questions.len()]
        } else {
            self.text_scores(questions, typed)
        };
        if let Some(number) = number {
            for (score, question) in scores.iter_mut().zip(questions) {
                *score = score.max(number.score(question));
            }
        }
        scores
    }

    fn text_scores(&self, questions: &[Question], typed: &str) -> Vec<f32> {
        let mut scores = self.word_scores(typed, questions.len());
        let is_phrase = typed.len() >= PHRASE_MIN;
        for ((score, question), text) in scores
            .iter_mut()
            .zip(questions)
            .zip(&self.lowercase_questions)
        {
            *score += id_score(&question.id, typed);
            if is_phrase && text.contains(typed) {
                *score += PHRASE_SCORE;
            }
        }
        scores
    }

    /// Returns, for each question, the sum of its best match for each typed word. Questions that
    /// contain only some of the words score less.
    fn word_scores(&self, typed: &str, count: usize) -> Vec<f32> {
        let mut sums = vec![0.0; count];
        let mut hits = vec![0_u8; count];
        let mut best = vec![0.0_f32; count];
        let mut word_count = 0_u8;
        for word in words(typed) {
            word_count = word_count.saturating_add(1);
            best.fill(0.0);
            let matches = self.matching_words(word);
            // A rare word that only starts with the typed word must not outrank the word itself.
            let exact = matches.iter().find(|(found, _)| found.text == word);
            let max_idf = exact.map_or(f32::INFINITY, |(found, _)| found.idf);
            for (found, similarity) in matches {
                for (index, weight) in &found.postings {
                    let score = similarity * weight * found.idf.min(max_idf);
                    best[*index] = best[*index].max(score);
                }
            }
            for index in 0..count {
                if best[index] > 0.0 {
                    sums[index] += best[index];
                    hits[index] = hits[index].saturating_add(1);
                }
            }
        }
        let share = |hits: u8| f32::from(hits) / f32::from(word_count.max(1));
        sums.iter()
            .zip(hits)
            .map(|(sum, hits)| sum * share(hits))
            .collect()
    }

    /// Returns the words that match a typed word, with their similarity. Words with typos match
    /// only if no word starts with the typed letters.
    fn matching_words(&self, typed: &str) -> Vec<(&IndexedWord, f32)> {
        let from = self
            .words
            .partition_point(|word| word.text.as_str() < typed);
        let prefixed: Vec<_> = self.words[from..]
            .iter()
            .take_while(|word| word.text.starts_with(typed))
            .map(|word| {
                (
                    word,
                    if word.text == typed {
                        1.0
                    } else {
                        PREFIX_SIMILARITY
                    },
                )
            })
            .collect();
        if prefixed.is_empty() {
            self.fuzzy_matches(typed)
        } else {
            prefixed
        }
    }

    fn fuzzy_matches(&self, typed: &str) -> Vec<(&IndexedWord, f32)> {
        let length = typed.chars().count();
        let allowed = match length {
            0..=3 => return Vec::new(),
            4..=6 => 1,
            _ => 2,
        };
        let bits = letter_bits(typed);
        self.words
            .iter()
            // Each wrong letter changes the length by at most one and the bits by at most two.
            .filter(|word| word.length.abs_diff(length) <= allowed)
            .filter(|word| (word.letter_bits ^ bits).count_ones() as usize <= 2 * allowed)
            .filter_map(|word| match strsim::osa_distance(&word.text, typed) {
                0..=1 => Some((word, ONE_EDIT_SIMILARITY)),
                2 if allowed == 2 => Some((word, TWO_EDITS_SIMILARITY)),
                _ => None,
            })
            .collect()
    }
}

impl IndexedWord {
    fn new(text: String, uses: HashMap<usize, f32>, questions: usize) -> Self {
        let share = as_f32(questions) / as_f32(uses.len());
        let mut postings: Vec<_> = uses.into_iter().collect();
        postings.sort_unstable_by_key(|(index, _)| *index);
        Self {
            length: text.chars().count(),
            letter_bits: letter_bits(&text),
            idf: share.ln_1p(),
            text,
            postings,
        }
    }
}

/// A typed number: `7`, `#7`, `007`; `s7`, `#s7` for a server's own question.
struct NumberQuery {
    value: u32,
    /// The typed digits. They also match longer numbers: a user who types 1 may be about to type
    /// 12.
    digits: String,
    /// Whether only a server's own question is meant.
    is_of_server: bool,
}

impl NumberQuery {
    fn parse(text: &str) -> Option<Self> {
        let number = text.strip_prefix('#').unwrap_or(text).trim_start();
        let digits = number.strip_prefix('s').unwrap_or(number);
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        let value = digits.parse().ok().filter(|_| is_number)?;
        Some(Self {
            value,
            digits: digits.to_owned(),
            is_of_server: digits.len() < number.len(),
        })
    }

    fn score(&self, question: &Question) -> f32 {
        let Some(number) = question.number else {
            return 0.0;
        };
        if self.is_of_server != question.id.starts_with(SERVER_ID_PREFIX) {
            return 0.0;
        }
        if number == self.value {
            return EXACT_NUMBER_SCORE;
        }
        let has_prefix = number.to_string().starts_with(&self.digits);
        if has_prefix { NUMBER_PREFIX_SCORE } else { 0.0 }
    }
}

fn id_score(id: &str, typed: &str) -> f32 {
    if id == typed {
        EXACT_ID_SCORE
    } else if id.starts_with(typed) {
        ID_PREFIX_SCORE
    } else {
        0.0
    }
}

/// Returns the words of a lower-case text, without a plural s.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(singular)
}

fn singular(word: &str) -> &str {
    match word.strip_suffix('s') {
        Some(stem) if stem.len() >= 3 && !stem.ends_with('s') => stem,
        _ => word,
    }
}

fn letter_bits(word: &str) -> u64 {
    word.chars()
        .fold(0, |bits, c| bits | 1 << (u32::from(c) % u64::BITS))
}

/// Converts a count of questions, which is small enough to be exact in an f32.
#[expect(clippy::cast_precision_loss)]
const fn as_f32(count: usize) -> f32 {
    count as f32
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use quizloop_diagnostics::RawFile;

    use super::super::{Bank, Level, built_in};
    use super::*;

    static BANK: LazyLock<Bank> = LazyLock::new(|| Bank::load(built_in(), &[]).0);

    fn first(typed: &str) -> Option<String> {
        BANK.search(typed, 1).first().map(|found| found.id.clone())
    }

    fn finds(typed: &str, id: &str) {
        assert_eq!(first(typed).as_deref(), Some(id), "{typed}");
    }

    #[test]
    fn by_id_and_number() {
        finds("queue-handover", "queue-handover");
        finds("Queue-Hand", "queue-handover");
        for number in ["17", "#17", "017", " # 17 "] {
            finds(number, "queue-handover");
        }
        // A user who types 1 may be about to type 17.
        let numbers: Vec<_> = BANK
            .search("1", 25)
            .iter()
            .filter_map(|found| found.number)
            .collect();
        assert_eq!(numbers[..4], [1, 10, 11, 12]);
        assert!(first("#99999999999999999999").is_none());
    }

    #[test]
    fn digits_are_searched_in_texts_as_well() {
        let text = "question,answer,how_to_answer,example_answer,points,pitfalls,follow_up\n\
                    What does HTTP status 429 ask of a client?,A.,B.,C.,\"a\nb\nc\",d,e\n";
        let options = super::super::import_export::ReadOptions {
            first_number: Some(1000),
            ..super::super::import_export::ReadOptions::default()
        };
        let import = super::super::import_export::read_any("a.csv", text.as_bytes(), &options);
        assert_eq!(import.mistakes, []);
        let question = &import.questions[0].question;
        let pack = RawFile {
            name: "a.toml".into(),
            bytes: super::super::import_export::pack(&[question]).into_bytes(),
        };
        let (bank, _) = Bank::load(built_in(), &[pack]);
        let found = |typed: &str| -> Vec<u32> {
            let found = bank.search(typed, 25);
            found
                .iter()
                .filter_map(|question| question.number)
                .collect()
        };
        assert_eq!(found("429"), [1000]);
        assert_eq!(found("#429"), [0; 0], "only a number follows a #");
        assert_eq!(found("42")[0], 42, "a number comes before texts");
        assert!(found("42").contains(&1000));
    }

    #[test]
    fn a_filter_comes_before_the_limit() {
        let seniors = |question: &Question| question.level == Some(Level::Senior);
        let all = BANK.search_among("task", SEARCH_MAX, seniors);
        assert!(all.iter().all(|question| seniors(question)));
        let first = BANK.search("task", SEARCH_MAX);
        let cut = first.iter().filter(|question| seniors(question)).count();
        assert!(all.len() > cut, "{} {cut}", all.len());
        let listed = BANK.search_among("", 3, seniors);
        assert_eq!(listed.len(), 3);
        assert!(listed.iter().all(|question| seniors(question)));
    }

    #[test]
    fn by_words_prefixes_and_typos() {
        finds("producers consumers", "queue-handover");
        finds("semaph", "semaphore-limit");
        finds("semahpore", "semaphore-limit");
        finds("shieldd", "shield-scope");
        finds("async genertor", "async-generators");
        finds("SHIELD", "shield-scope");
        assert!(first("zzzzzz").is_none());
        assert!(first("?!").is_none());
    }

    #[test]
    fn questions_with_all_words_come_first() {
        let found = BANK.search("cancel task", 25);
        let has_both = |question: &Question| {
            let text = format!("{} {} {}", question.id, question.topic, question.question);
            text.to_lowercase().contains("cancel") && text.to_lowercase().contains("task")
        };
        let both: Vec<_> = found.iter().map(|question| has_both(question)).collect();
        assert!(both[0]);
        assert!(both.is_sorted_by(|a, b| a >= b), "{both:?}");
    }

    #[test]
    fn returns_at_most_the_limit_and_at_most_what_discord_shows() {
        assert_eq!(BANK.search("", 3).len(), 3);
        assert_eq!(BANK.search("a", 0).len(), 0);
        assert!(BANK.search("a", 1000).len() <= SEARCH_MAX);
        assert_eq!(BANK.search("", 2)[0].id, BANK.ids()[0]);
        assert!(Bank::default().search("task", 25).is_empty());
    }

    proptest::proptest! {
        #[test]
        fn any_text_can_be_searched_and_the_order_is_stable(typed in "\\PC{0,40}") {
            let all = BANK.search(&typed, SEARCH_MAX);
            let some = BANK.search(&typed, 5);
            proptest::prop_assert_eq!(&all[..some.len()], &some[..]);
        }
    }
}
