//! A crash at every step of a save leaves the old or the new state, and never less than what was
//! acknowledged.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use proptest::prelude::*;

use super::backends::server_questions::{add_question, questions};
use super::{GUILD, add_team, open, teams};
use crate::Store;
use crate::disk::Disk;
use quizloop_core::guild::Guild;
use quizloop_core::id::GuildId;

const OTHER: GuildId = GuildId::new(1_110_000_000_000_000_002);

type Bytes = Arc<Vec<u8>>;

/// A change of a folder's names. It survives a crash for certain only after the folder's fsync.
#[derive(Debug, Clone)]
enum DirChange {
    Put(PathBuf, Bytes),
    Rename(PathBuf, PathBuf),
    Remove(PathBuf),
}

impl DirChange {
    /// A name in the folder that is changed. A rename stays in its folder.
    fn path(&self) -> &Path {
        match self {
            Self::Put(path, _) | Self::Rename(path, _) | Self::Remove(path) => path,
        }
    }
}

#[derive(Default)]
struct DiskState {
    /// The files that programs see.
    live: BTreeMap<PathBuf, Bytes>,
    /// The files that survive a crash for certain.
    durable: BTreeMap<PathBuf, Bytes>,
    /// The changes since the last fsync of the folder.
    pending: Vec<DirChange>,
    steps: usize,
    crash_at: usize,
}

/// A disk in memory whose machine crashes at a given step.
#[derive(Clone, Default)]
struct CrashingDisk(Arc<Mutex<DiskState>>);

fn apply(files: &mut BTreeMap<PathBuf, Bytes>, step: &DirChange) {
    match step {
        DirChange::Put(path, bytes) => {
            files.insert(path.clone(), Arc::clone(bytes));
        }
        DirChange::Rename(from, to) => {
            if let Some(bytes) = files.remove(from) {
                files.insert(to.clone(), bytes);
            }
        }
        DirChange::Remove(path) => {
            files.remove(path);
        }
    }
}

impl CrashingDisk {
    fn crashing_at(step: usize) -> Self {
        let disk = Self::default();
        disk.0.lock().unwrap().crash_at = step;
        disk
    }

    fn take(&self, step: DirChange, torn: Option<DirChange>) -> io::Result<()> {
        let mut state = self.0.lock().unwrap();
        state.steps += 1;
        if state.steps > state.crash_at {
            return Err(io::Error::other("the machine has crashed"));
        }
        let crashes = state.steps == state.crash_at;
        let step = if crashes { torn.unwrap_or(step) } else { step };
        apply(&mut state.live, &step);
        state.pending.push(step);
        if crashes {
            Err(io::Error::other("the machine crashes"))
        } else {
            Ok(())
        }
    }

    /// Returns the files after the crash. Any subset of the pending changes may have survived, here
    /// the one given by `survives`, repeated.
    fn survivors(&self, survives: &[bool]) -> BTreeMap<PathBuf, Bytes> {
        let state = self.0.lock().unwrap();
        let mut files = state.durable.clone();
        for (step, survives) in state.pending.iter().zip(survives.iter().cycle()) {
            if *survives {
                apply(&mut files, step);
            }
        }
        files
    }
}

impl Disk for CrashingDisk {
    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let whole = DirChange::Put(path.to_owned(), Arc::new(bytes.to_vec()));
        let half = DirChange::Put(path.to_owned(), Arc::new(bytes[..bytes.len() / 2].to_vec()));
        self.take(whole, Some(half))
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        let bytes = self
            .0
            .lock()
            .unwrap()
            .live
            .get(from)
            .cloned()
            .ok_or(io::ErrorKind::NotFound)?;
        self.take(DirChange::Put(to.to_owned(), bytes), None)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.take(DirChange::Rename(from.to_owned(), to.to_owned()), None)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.take(DirChange::Remove(path.to_owned()), None)
    }

    fn exists(&self, path: &Path) -> bool {
        self.0.lock().unwrap().live.contains_key(path)
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        let mut state = self.0.lock().unwrap();
        state.steps += 1;
        if state.steps > state.crash_at {
            return Err(io::Error::other("the machine has crashed"));
        }
        let (synced, pending): (Vec<_>, _) = std::mem::take(&mut state.pending)
            .into_iter()
            .partition(|change| change.path().parent() == Some(dir));
        state.pending = pending;
        for change in &synced {
            apply(&mut state.durable, change);
        }
        Ok(())
    }
}

/// Writes the surviving files to a real disk and opens them.
fn reopen(dir: &Path, files: &BTreeMap<PathBuf, Bytes>, from: &Path) -> Store {
    for (path, bytes) in files {
        let path = dir.join(path.strip_prefix(from).unwrap());
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes.as_slice()).unwrap();
    }
    open(dir)
}

/// Numbers of a guild's teams that were acknowledged and that were added.
#[derive(Default, Clone, Copy)]
struct TeamCounts {
    acknowledged: usize,
    added: usize,
}

/// Adds a team, and with every second one a question of the server's own, beginning with the first:
/// then both files are new.
fn add_team_and_question(guild: &mut Guild) {
    if guild.teams().len().is_multiple_of(2) {
        add_question(guild);
    }
    add_team(guild);
}

async fn changes(store: &Store, groups: &[(bool, usize)]) -> BTreeMap<GuildId, TeamCounts> {
    let mut counts: BTreeMap<GuildId, TeamCounts> = BTreeMap::new();
    for (other, count) in groups {
        let guild = if *other { OTHER } else { GUILD };
        let mut last = None;
        for _ in 0..*count {
            last = Some(store.upsert(guild, add_team_and_question).1);
            counts.entry(guild).or_default().added += 1;
        }
        if let Some(commit) = last
            && commit.wait().await.is_ok()
        {
            let counts = counts.entry(guild).or_default();
            counts.acknowledged = counts.added;
        }
    }
    counts
}

fn check_after_crash(
    crash_at: usize,
    groups: &[(bool, usize)],
    survives: &[bool],
) -> Result<(), TestCaseError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let (before, after) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let disk = CrashingDisk::crashing_at(crash_at);
    let counts = {
        let store = super::open_on(before.path(), disk.clone());
        runtime.block_on(changes(&store, groups))
    };
    let store = reopen(after.path(), &disk.survivors(survives), before.path());
    for (guild, counts) in counts {
        let found = teams(&store, guild);
        prop_assert!(
            (counts.acknowledged..=counts.added).contains(&found),
            "crash at step {crash_at}: found {found}, {} acknowledged, {} added",
            counts.acknowledged,
            counts.added
        );
        let own = store.read(guild, questions).unwrap_or(0);
        let expected = counts.acknowledged.div_ceil(2)..=counts.added.div_ceil(2);
        prop_assert!(
            expected.contains(&own),
            "crash at step {crash_at}: found {own} questions, not {expected:?}"
        );
    }
    Ok(())
}

/// 24. A crash leaves the old or the new state.
#[test]
fn a_crash_at_every_step_of_three_saves() {
    for crash_at in 1..60 {
        for survives in [
            vec![true],
            vec![false],
            vec![true, false],
            vec![false, true],
            // The rename of a new snapshot is lost, and that of the questions after it is not.
            vec![true, false, true, true],
        ] {
            check_after_crash(
                crash_at,
                &[(false, 1), (false, 2), (true, 1), (false, 1)],
                &survives,
            )
            .unwrap();
        }
    }
}

/// A crash in a deletion leaves the guild, a copy of it, or both.
#[test]
fn a_crash_at_every_step_of_a_deletion() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let mut deletions = 0;
    for crash_at in 1..60 {
        for survives in [
            vec![true],
            vec![false],
            vec![true, false],
            vec![false, true],
        ] {
            let (before, after) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
            let disk = CrashingDisk::crashing_at(crash_at);
            let (saved, deleted) = runtime.block_on(async {
                let store = super::open_on(before.path(), disk.clone());
                let change = |guild: &mut Guild| {
                    add_team(guild);
                    add_question(guild);
                };
                let first = store.upsert(GUILD, change).1.wait().await;
                let second = store.upsert(GUILD, change).1.wait().await;
                let saved = first.and(second).is_ok();
                let deleted = saved && store.delete(GUILD, super::deleted_at()).await.is_ok();
                (saved, deleted)
            });
            if !saved {
                continue;
            }
            let store = reopen(after.path(), &disk.survivors(&survives), before.path());
            let copies = crate::inspect::deleted(after.path()).unwrap();
            let is_whole = |copy: &crate::deleted::DeletedGuild| {
                let copy = copy.data.as_ref();
                copy.is_ok_and(|copy| copy.teams().len() == 2 && questions(copy) == 2)
            };
            let is_copied = copies.iter().any(is_whole);
            let live = teams(&store, GUILD);
            assert!(
                live == 2 || (live == 0 && is_copied),
                "crash at step {crash_at}: {live}"
            );
            // A deletion that was under way has a whole copy before it touches the questions.
            let own = store.read(GUILD, questions).unwrap_or(0);
            assert!(
                own == 2 || is_copied,
                "crash at step {crash_at}: {own} questions"
            );
            if deleted {
                deletions += 1;
                assert!(live == 0 && is_copied, "crash at step {crash_at}");
            }
        }
    }
    assert!(deletions > 0, "some deletions were completed");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// 24. A crash leaves the old or the new state, after any earlier saves.
    #[test]
    fn a_crash_at_any_step_of_any_saves(
        crash_at in 1_usize..90,
        groups in prop::collection::vec((any::<bool>(), 1_usize..4), 1..10),
        survives in prop::collection::vec(any::<bool>(), 1..12),
    ) {
        check_after_crash(crash_at, &groups, &survives)?;
    }
}
