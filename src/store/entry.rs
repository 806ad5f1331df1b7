//! A guild in memory: whole, or as an outline of one that was let go.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use tokio::sync::watch;

use super::pack::Packed;
use super::ticket::{Progress, Ticket};
use crate::practice::guild::Guild;
use crate::practice::guild_summary::GuildSummary;

/// What the store has of a guild.
#[derive(Debug)]
pub(super) enum Entry {
    /// All of it.
    Here(Box<Here>),
    /// Its outline.
    Away(Away),
}

/// A guild with the number of its newest change.
#[derive(Debug)]
pub(super) struct Here {
    pub guild: Guild,
    pub version: u64,
    pub progress: watch::Sender<Progress>,
    // Guards one value; locked for a moment only.
    planned: Mutex<Option<Planned>>,
    /// Whether anybody wanted it since it was last looked who can be let go.
    touched: AtomicBool,
    /// Whoever has another of these works with the guild.
    pin: Arc<()>,
}

/// When there is next something to do for a guild, and for which change and from which moment on that holds.
#[derive(Debug, Clone, Copy)]
struct Planned {
    version: u64,
    from: Timestamp,
    next: Option<Timestamp>,
}

/// A guild that was let go.
#[derive(Debug)]
pub(super) struct Away {
    /// Tells this time of being away from any other.
    pub stamp: u64,
    pub outline: GuildSummary,
    /// All of it, made small; none: it has to be fetched from the database.
    pub packed: Option<Packed>,
}

/// Keeps a guild in memory for as long as it lives.
#[derive(Debug, Clone, Default)]
#[must_use = "the guild may be let go when this is dropped"]
pub struct Pin(#[allow(dead_code, reason = "it is counted")] Option<Arc<()>>);

impl Entry {
    pub fn new(guild: Guild) -> Self {
        Self::Here(Box::new(Here {
            guild,
            version: 0,
            progress: watch::channel(Progress::default()).0,
            planned: Mutex::new(None),
            touched: AtomicBool::new(true),
            pin: Arc::default(),
        }))
    }

    pub fn here(&self) -> Option<&Here> {
        match self {
            Self::Here(here) => Some(here),
            Self::Away(_) => None,
        }
    }

    pub fn here_mut(&mut self) -> Option<&mut Here> {
        match self {
            Self::Here(here) => Some(here),
            Self::Away(_) => None,
        }
    }
}

impl Here {
    pub fn ticket(&self) -> Ticket {
        Ticket::new(self.version, self.progress.subscribe())
    }

    /// Somebody wants it, and has it for as long as they keep the pin.
    pub fn pin(&self) -> Pin {
        self.touch();
        Pin(Some(Arc::clone(&self.pin)))
    }

    /// Somebody wants it.
    pub fn touch(&self) {
        self.touched.store(true, Ordering::Relaxed);
    }

    /// When there is next something to do; worked out anew only after a change, because this is asked of every guild
    /// after every post of any.
    pub fn next_work(&self, now: Timestamp) -> Option<Timestamp> {
        // Whole after every statement.
        let mut planned = self.planned.lock().unwrap_or_else(PoisonError::into_inner);
        let holds = |planned: &Planned| planned.version == self.version && planned.from <= now;
        if let Some(planned) = planned.filter(holds) {
            return planned.next;
        }
        let next = self.guild.next_work(now);
        *planned = Some(Planned {
            version: self.version,
            from: now,
            next,
        });
        next
    }

    /// Whether nobody works with it and all of it is saved.
    pub fn is_idle(&self) -> bool {
        Arc::strong_count(&self.pin) == 1 && self.progress.borrow().saved == self.version
    }

    /// Whether nobody wanted it since this was last asked.
    pub fn rested(&self) -> bool {
        !self.touched.swap(false, Ordering::Relaxed)
    }
}
