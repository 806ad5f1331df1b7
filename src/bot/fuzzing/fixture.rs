//! A bot context with a guild, one team and three rounds, the same for every input.

use std::cell::RefCell;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::runtime::Runtime;

use crate::bot::context::{BotContext, Receivers};
use crate::bot::discord::rest::{ApiConfig, DiscordClient};
use crate::clock::Clock;
use crate::health::HealthMonitor;
use crate::token::Token;
use quizloop_bank::{Bank, built_in};
use quizloop_core::guild::Guild;
use quizloop_core::id::{ChannelId, GuildId, MessageId, RoleId, UserId, snowflake_at};
use quizloop_core::round::ThreadStatus;
use quizloop_core::schedule::Schedule;
use quizloop_core::team::{Team, TeamSettings};
use quizloop_core::zone::Zone;
use quizloop_store::{LoadedGuild, Store};

pub const GUILD: GuildId = GuildId::new(1_110_000_000_000_000_001);
pub const CHANNEL: ChannelId = ChannelId::new(1_120_000_000_000_000_001);
pub const ADA: UserId = UserId::new(1_130_000_000_000_000_001);

struct Fixture {
    ctx: Arc<BotContext>,
    runtime: Runtime,
    initial_guild: Guild,
    _receivers: Receivers,
}

thread_local! {
    static FIXTURE: RefCell<Option<Fixture>> = const { RefCell::new(None) };
}

/// The frozen time of the fixture's clock.
pub fn now() -> Timestamp {
    "2026-03-27T08:30:00Z".parse().expect("a time")
}

/// Calls `work` with the context, after resetting the guild to its initial state.
pub fn with(work: impl FnOnce(&Arc<BotContext>, &Runtime)) {
    FIXTURE.with_borrow_mut(|fixture| {
        let fixture = fixture.get_or_insert_with(build);
        let initial = fixture.initial_guild.clone();
        let others = fixture.ctx.store.guild_ids();
        fixture.runtime.block_on(async {
            for other in others.into_iter().filter(|other| *other != GUILD) {
                // A failed deletion on disk does not matter here.
                let _ = fixture.ctx.store.delete(other, now()).await;
            }
        });
        let ((), _) = loaded(&fixture.ctx).upsert(|guild| *guild = initial);
        work(&fixture.ctx, &fixture.runtime);
    });
}

/// Returns the fixture's guild.
pub fn loaded(ctx: &BotContext) -> LoadedGuild {
    ctx.store.loaded(GUILD).expect("the guild is in memory")
}

fn build() -> Fixture {
    let folder = folder();
    let store = Store::open_on(&folder, Arc::new(NullDisk)).expect("a folder for the state");
    let (bank, _) = Bank::load(built_in(), &[]);
    let api = ApiConfig {
        token: Token::parse("a.b.c").expect("a token"),
        // Port 9 (discard): no process listens on it, so requests fail at once.
        api_url: Some("http://127.0.0.1:9".into()),
        requests_per_second: u16::MAX,
    };
    let initial_guild = guild(&bank);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let health = Arc::new(HealthMonitor::new(|| Duration::ZERO).with_metrics());
    let clock = Clock::frozen_at(now());
    let (ctx, receivers) = BotContext::new(store, bank, clock, DiscordClient::new(&api), health);
    Fixture {
        ctx: Arc::new(ctx),
        runtime,
        initial_guild,
        _receivers: receivers,
    }
}

fn folder() -> PathBuf {
    let id = std::process::id();
    let thread = std::thread::current().id();
    std::env::temp_dir().join(format!("quizloop-fuzzing-{id}-{thread:?}"))
}

/// A disk that accepts all writes and stores nothing.
struct NullDisk;

impl quizloop_store::disk::Disk for NullDisk {
    fn write(&self, _: &std::path::Path, _: &[u8]) -> std::io::Result<()> {
        Ok(())
    }
    fn link(&self, _: &std::path::Path, _: &std::path::Path) -> std::io::Result<()> {
        Ok(())
    }
    fn rename(&self, _: &std::path::Path, _: &std::path::Path) -> std::io::Result<()> {
        Ok(())
    }
    fn remove(&self, _: &std::path::Path) -> std::io::Result<()> {
        Ok(())
    }
    fn exists(&self, _: &std::path::Path) -> bool {
        false
    }
    fn sync_dir(&self, _: &std::path::Path) -> std::io::Result<()> {
        Ok(())
    }
}

/// Returns a guild with three rounds on three days; Ada has replied to the first two.
pub fn guild(bank: &Bank) -> Guild {
    let settings = TeamSettings {
        schedule: Schedule::weekdays_at(jiff::civil::time(8, 0, 0, 0), Zone::utc()),
        role: Some(RoleId::new(7)),
        ..TeamSettings::default()
    };
    let start: Timestamp = "2026-03-25T07:00:00Z".parse().expect("a time");
    let mut team = Team::new(CHANNEL, settings, start);
    team.set_up_by = Some(ADA);
    let mut rng = <rand::rngs::StdRng as rand::SeedableRng>::seed_from_u64(1);
    for day in 0..3 {
        let due = start + SignedDuration::from_hours(1 + 24 * day);
        let date = team.settings.schedule.zone.date(due);
        team.begin_round(date, due, &bank.ids(), &mut rng);
        let message = MessageId::new(snowflake_at(due) + 5);
        team.record_post(message);
        team.record_thread(message, ThreadStatus::Created);
        if day < 2 {
            let reply = MessageId::new(snowflake_at(due + SignedDuration::from_mins(5)));
            team.count_reply(message, ADA, reply);
        }
    }
    let mut guild = Guild::new(GUILD);
    guild.insert_team(team);
    guild
}
