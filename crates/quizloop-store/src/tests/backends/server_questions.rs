//! A server's own questions are stored, loaded, deleted and restored with it, but written only when
//! they have changed.

use std::time::Duration;

use jiff::Timestamp;
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::super::{GUILD, add_team, deleted_at};
use super::eviction::{evict_all, open_with_clock};
use super::{TestBackend, load_guild, on_each_backend, save, wait};
use crate::Store;
use crate::postgres::tests::test_database::TestDatabase;
use quizloop_core::guild::Guild;
use quizloop_core::id::UserId;
use quizloop_core::server_questions::QuestionContent;

const ADA: UserId = UserId::new(7);

fn at() -> Timestamp {
    "2026-03-27T08:00:00Z".parse().unwrap()
}

pub fn content(question: &str) -> QuestionContent {
    QuestionContent {
        question: question.into(),
        answer: "An answer.".into(),
        ..QuestionContent::default()
    }
}

/// Adds a question of the server's own, a change that tests can count.
pub fn add_question(guild: &mut Guild) {
    let count = guild
        .server_questions()
        .map_or(0, |own| own.questions().len());
    let mut rng = StdRng::seed_from_u64(count as u64);
    let added = guild.add_question(content("Why?"), ADA, at(), &mut rng);
    added.unwrap();
}

pub fn questions(guild: &Guild) -> usize {
    guild
        .server_questions()
        .map_or(0, |own| own.questions().len())
}

fn close(store: Store) {
    assert!(store.close(Duration::from_secs(5)));
    drop(store);
}

#[test]
fn questions_survive_a_restart_and_evictions() {
    on_each_backend(|backend| {
        let store = open_with_clock(backend);
        assert!(save(&store, GUILD, add_team));
        assert!(store.server_questions(GUILD).is_none());
        for step in 1..4 {
            assert!(save(&store, GUILD, add_question));
            assert_eq!(
                store.server_questions(GUILD).unwrap().questions().len(),
                step
            );
            assert_eq!(evict_all(&store), 1, "step {step}");
            assert!(store.server_questions(GUILD).is_none(), "evicted with it");
            assert!(
                store.inner.server_questions.is_empty(),
                "nothing stays in memory"
            );
            let loaded = load_guild(&store, GUILD).unwrap().unwrap();
            assert_eq!(questions(&loaded), step);
            assert!(store.server_questions(GUILD).is_some(), "loaded with it");
            // A change of something else leaves them alone.
            assert!(save(&store, GUILD, add_team));
        }
        close(store);
        let reopened = backend.open();
        let loaded = load_guild(&reopened, GUILD).unwrap().unwrap();
        assert_eq!((questions(&loaded), loaded.teams().len()), (3, 4));
        assert!(reopened.server_questions(GUILD).is_some());
        close(reopened);
    });
}

/// Only the row of the changed question is written. Files have one for all of them.
#[test]
fn a_change_of_one_question_writes_no_other() {
    for database in TestDatabase::with_and_without_pooler() {
        let backend = TestBackend::Database(database);
        let store = backend.open();
        for _ in 0..3 {
            assert!(save(&store, GUILD, add_question));
        }
        let versions = || {
            let all = version(&backend).unwrap();
            all.split(' ').map(str::to_owned).collect::<Vec<_>>()
        };
        let before = versions();
        assert!(save(&store, GUILD, |guild| {
            let second = guild.server_questions().unwrap().questions()[1].id.clone();
            guild.edit_question(&second, content("Edited?")).unwrap();
        }));
        let changed = |after: Vec<String>| {
            let pairs = after.into_iter().zip(before.clone());
            pairs
                .map(|(after, before)| after != before)
                .collect::<Vec<_>>()
        };
        assert_eq!(changed(versions()), [false, false, true, false]);
        close(store);
    }
}

/// Returns something that changes whenever the questions are written.
fn version(backend: &TestBackend) -> Option<String> {
    match backend {
        TestBackend::Folder(dir) => {
            // A save of the same questions makes the present file the last good generation.
            let read = |name: &str| {
                let file = dir.path().join(format!("guilds/{GUILD}.{name}.json"));
                std::fs::read_to_string(file).ok()
            };
            Some(format!(
                "{}{:?}",
                read("questions")?,
                read("questions.prev")
            ))
        }
        TestBackend::Database(database) => {
            let version = "select coalesce(string_agg(version, ' ' order by place), '') from (\
                select xmin::text as version, 0 as place from server_question_list \
                union all select xmin::text, number from server_question) all_rows";
            Some(database.ask(version)).filter(|version| !version.is_empty())
        }
    }
}

#[test]
fn a_reply_writes_no_question() {
    on_each_backend(|backend| {
        let store = backend.open();
        assert!(save(&store, GUILD, add_team));
        assert_eq!(
            version(backend),
            None,
            "a server without questions has no file and no row"
        );
        assert!(save(&store, GUILD, add_question));
        let first = version(backend);
        assert!(first.is_some());
        for _ in 0..3 {
            assert!(save(&store, GUILD, add_team));
        }
        assert_eq!(version(backend), first);
        // A refused change writes nothing either.
        assert!(save(&store, GUILD, |guild| {
            assert!(guild.remove_question("s-00000000").is_err());
        }));
        assert_eq!(version(backend), first);
        assert!(save(&store, GUILD, add_question));
        assert_ne!(version(backend), first);
        close(store);
        let reopened = backend.open();
        let second = version(backend);
        let _pin = wait(reopened.load(GUILD)).unwrap();
        assert!(save(&reopened, GUILD, add_team));
        assert_eq!(version(backend), second, "nor after a restart");
        close(reopened);
    });
}

#[test]
fn questions_are_deleted_and_restored_with_their_server() {
    on_each_backend(|backend| {
        let store = backend.open();
        assert!(save(&store, GUILD, add_team));
        assert!(save(&store, GUILD, add_question));
        let before = load_guild(&store, GUILD).unwrap();
        wait(store.delete(GUILD, deleted_at())).unwrap();
        assert!(store.server_questions(GUILD).is_none());
        assert_eq!(version(backend), None);
        // The bot is invited again.
        assert!(save(&store, GUILD, add_team));
        assert!(store.server_questions(GUILD).is_none());
        close(store);
        let [copy] = <[_; 1]>::try_from(backend.deleted()).unwrap();
        assert_eq!(copy.data.as_ref().ok(), before.as_ref());
        backend.restore(GUILD, None, deleted_at());
        let reopened = backend.open();
        assert_eq!(load_guild(&reopened, GUILD).unwrap(), before);
        close(reopened);
    });
}

/// The author's id is nowhere any more, and the question stays.
#[test]
fn a_deleted_member_is_erased_from_questions_and_copies() {
    on_each_backend(|backend| {
        let store = backend.open();
        let suggest = |guild: &mut Guild| {
            add_question(guild);
            guild.suggest_question(content("How?"), ADA, at()).unwrap();
        };
        assert!(save(&store, GUILD, suggest));
        wait(store.delete(GUILD, deleted_at())).unwrap();
        assert!(save(&store, GUILD, suggest));
        assert!(
            save(&store, GUILD, add_question),
            "both generations have the member"
        );
        let guild = wait(store.load(GUILD)).unwrap();
        wait(guild.erase(|state| state.delete_member(ADA, at()))).unwrap();
        drop(guild);
        close(store);
        let [copy] = <[_; 1]>::try_from(backend.deleted()).unwrap();
        let copy = copy.data.unwrap();
        assert_eq!((questions(&copy), copy.has_data_of(ADA)), (1, false));
        assert!(copy.server_questions().unwrap().suggestions().is_empty());
        let TestBackend::Folder(dir) = backend else {
            return;
        };
        for folder in ["guilds", "deleted"] {
            for file in std::fs::read_dir(dir.path().join(folder)).unwrap() {
                let path = file.unwrap().path();
                let text = std::fs::read_to_string(&path).unwrap();
                assert!(!text.contains("\"author\""), "{}", path.display());
            }
        }
    });
}

/// A guild without questions takes the place of one with some.
#[test]
fn replaced_questions_leave_nothing() {
    on_each_backend(|backend| {
        let store = backend.open();
        assert!(save(&store, GUILD, add_question));
        assert!(save(&store, GUILD, add_question));
        assert!(save(&store, GUILD, |guild| *guild = Guild::new(GUILD)));
        assert_eq!(version(backend), None);
        close(store);
        let reopened = backend.open();
        assert_eq!(
            load_guild(&reopened, GUILD).unwrap(),
            Some(Guild::new(GUILD))
        );
        close(reopened);
    });
}
