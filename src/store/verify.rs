//! Reading every file of a state folder, while a bot may be writing there. No lock is taken and nothing
//! is changed: renames are atomic, so a file that is read is a whole one.

use std::io;
use std::path::Path;

use super::open::{BadSnapshot, list, read_one};
use super::snapshot::{self, Broken};
use crate::practice::guild::Guild;

/// What was read, and what is wrong.
#[derive(Debug, Default)]
pub struct Verified {
    /// Servers whose snapshot is good.
    pub guilds: usize,
    /// Their teams.
    pub teams: usize,
    /// Their rounds.
    pub rounds: usize,
    /// Their members, counted in each team they take part in.
    pub members: usize,
    /// Last good generations that are good.
    pub generations: usize,
    /// Snapshots that can't be read.
    pub bad: Vec<BadSnapshot>,
    /// Last good generations that can't be read; what they would replace is good.
    pub bad_generations: Vec<BadSnapshot>,
}

/// Reads all snapshots and their last good generations.
///
/// # Errors
///
/// The folder can't be read.
pub fn verify(dir: &Path) -> io::Result<Verified> {
    let mut found = Verified::default();
    for (file, id) in list(dir)?.guilds {
        let read = id.clone().and_then(|id| read_one(&file, id));
        let good = match read {
            Ok(guild) => {
                found.count(&guild);
                true
            }
            // A bot that is running has just forgotten this server.
            Err(_) if id.is_ok() && !file.exists() => continue,
            Err(broken) => {
                let bad = BadSnapshot::of(&file, id.as_ref().ok().copied(), broken);
                found.bad.push(bad);
                false
            }
        };
        let previous = snapshot::previous(&file);
        if let (Ok(id), true) = (id, previous.exists()) {
            match read_one(&previous, id) {
                Ok(_) => found.generations += 1,
                Err(broken) if good => found.bad_generation(&previous, broken),
                // That there is nothing to go back to is told with the snapshot.
                Err(_) => {}
            }
        }
    }
    Ok(found)
}

impl Verified {
    /// Whether nothing is wrong.
    pub const fn is_good(&self) -> bool {
        self.bad.is_empty() && self.bad_generations.is_empty()
    }

    fn count(&mut self, guild: &Guild) {
        self.guilds += 1;
        for team in guild.teams().values() {
            self.teams += 1;
            self.rounds += team.rounds().len();
            self.members += team.members().count();
        }
    }

    fn bad_generation(&mut self, file: &Path, broken: Broken) {
        self.bad_generations.push(BadSnapshot {
            file: file.to_owned(),
            place: broken.place,
            what: broken.what,
            previous: None,
        });
    }
}
