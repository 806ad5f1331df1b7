//! Two months of Mondays with nine members who join and leave, while the bot is killed at every step
//! and Discord fails at every request: on files, and on PostgreSQL with two processes.

use std::collections::{BTreeMap, BTreeSet};

use discord_sandbox::ids;

use super::{
    add_members, allow_private_threads, join, monday, private_threads, wait_for_guide,
    wait_until_ended,
};
use crate::eviction::{LISTEN, idle_on, idle_until_evicted, wait_until_evicted};
use crate::support::World;

/// An idle server, which was evicted from memory, is matched in time, and its match ends with the
/// thread.
#[tokio::test(flavor = "multi_thread")]
async fn an_evicted_server_is_matched_in_time() {
    let mut world = World::at("2026-03-27T08:59[Europe/Berlin]")
        .setting(LISTEN)
        .team()
        .with("days = [\"fri\"]")
        .with("pairs = \"mon 10:00\"")
        .without_bot()
        .await;
    allow_private_threads(&world.sandbox);
    world.start_bot().await;
    join(world.lin()).await;
    join(world.sam()).await;
    let monitor = idle_until_evicted(&world).await;
    world.set_time("2026-03-30T09:59").await;
    wait_until_evicted(&monitor, true).await;
    assert!(private_threads(&world).is_empty());
    world.set_time("2026-03-30T10:00").await;
    let thread = world
        .wait_for("the thread", |world| private_threads(world).pop())
        .await;
    wait_for_guide(&world, thread.0).await;
    // It is evicted again, and the thread is deleted.
    for hour in ["12", "14", "16", "18"] {
        world.set_time(&format!("2026-03-30T{hour}:30")).await;
    }
    idle_on(&world, &monitor).await;
    world.sandbox.delete_thread(thread.0);
    wait_until_ended(&world, thread.0).await;
}

/// Two months of Mondays, which need failpoints.
#[cfg(all(feature = "failpoints", debug_assertions))]
mod two_months {
    use std::time::Duration;

    use discord_sandbox::bot_process::BotProcess;
    use discord_sandbox::client::MessageView;
    use discord_sandbox::faults::{FaultRule, RequestFault};

    use super::*;
    use crate::pairs::{guides, notices};
    use crate::support::test_database::TestDatabase;
    use crate::support::{MessageExt, WAIT_TIMEOUT};
    use crate::wrap_up::start_standby;

    /// What goes wrong.
    enum Trouble {
        /// Each of these requests fails twice: before and after it takes effect.
        Faults(fn() -> RequestFault, &'static [&'static str]),
        /// The process is killed at these steps, one after another. A number is the pass.
        Kills(&'static [&'static str]),
    }

    use Trouble::{Faults, Kills};

    /// One week.
    struct Week {
        monday: Trouble,
        /// When the members are asked whether they met.
        friday: Trouble,
        /// The step at which the process is killed by the presses of one interview.
        press: Option<&'static str>,
        /// The members who change their mind before the next Monday, by their position.
        leave: &'static [usize],
        join: &'static [usize],
        skip: &'static [usize],
    }

    /// The requests of a matching.
    const MATCHING: &[&str] = &[
        "Guild",
        "Channel",
        "GuildMember",
        "StartThreadWithoutMessage",
        "ActiveThreads",
        "JoinedArchivedPrivateThreads",
        "AddThreadMember",
        "CreateMessage",
        "ListMessages",
    ];

    /// The requests of the question whether the members met.
    const CHECK: &[&str] = &["CreateMessage", "ListMessages"];

    fn weeks() -> [Week; 8] {
        let too_many = || RequestFault::too_many_requests(0.3, "user");
        let week = |monday, friday| Week {
            monday,
            friday,
            press: None,
            leave: &[],
            join: &[],
            skip: &[],
        };
        [
            Week {
                leave: &[8],
                ..week(
                    Faults(RequestFault::server_error, MATCHING),
                    Kills(&["pair.check-intended kill"]),
                )
            },
            week(
                Kills(&[
                    "pair.matched kill",
                    "pair.thread-sending kill",
                    "pair.thread-sent kill",
                    "pair.thread-saved kill",
                ]),
                Faults(RequestFault::server_error, CHECK),
            ),
            Week {
                press: Some("pair.changed"),
                join: &[8],
                ..week(
                    Faults(too_many, MATCHING),
                    Kills(&["pair.notice-sending kill"]),
                )
            },
            Week {
                skip: &[2],
                ..week(
                    Kills(&[
                        "pair.thread-sending kill 2",
                        "pair.thread-sent kill 2",
                        "pair.added kill",
                        "pair.members-saved kill",
                    ]),
                    Faults(too_many, CHECK),
                )
            },
            Week {
                leave: &[0, 5],
                ..week(
                    Faults(|| RequestFault::Reset, MATCHING),
                    Kills(&["pair.notice-sent kill"]),
                )
            },
            Week {
                press: Some("pair.saved"),
                join: &[0],
                ..week(
                    Kills(&[
                        "pair.added kill 2",
                        "pair.notice-sending kill",
                        "pair.notice-sent kill",
                        "pair.notice-saved kill",
                    ]),
                    Faults(|| RequestFault::Reset, CHECK),
                )
            },
            Week {
                join: &[5],
                ..week(
                    Faults(RequestFault::malformed_body, MATCHING),
                    Kills(&["pair.notice-saved kill"]),
                )
            },
            week(
                Kills(&["pair.members-saved kill 2", "pair.notice-sent kill 2"]),
                Faults(RequestFault::malformed_body, CHECK),
            ),
        ]
    }

    /// The second process, and the database of both.
    struct SecondProcess {
        standby: Option<BotProcess>,
        // Dropped last.
        database: TestDatabase,
    }

    /// Nine members, and the one or two processes of the bot.
    struct Club {
        world: World,
        second: Option<SecondProcess>,
        members: Vec<u64>,
        /// The members who joined and don't skip the next Monday.
        active: BTreeSet<u64>,
        /// The threads of earlier Mondays.
        seen: BTreeSet<u64>,
        /// How often each two were in a group.
        met: BTreeMap<(u64, u64), usize>,
    }

    impl Club {
        async fn new(database: Option<TestDatabase>) -> Self {
            let mut builder = monday().failpoints();
            if let Some(database) = &database {
                builder = builder.database(database.url());
            }
            let mut world = builder.without_bot().await;
            // Responses that are made up here are not checked against Discord's API description.
            world.skip_api_check();
            allow_private_threads(&world.sandbox);
            world.start_bot().await;
            let mut members = add_members(&world, 7);
            members.extend([ids::LIN, ids::SAM]);
            for user in &members {
                join(world.member(*user)).await;
            }
            let active = members.iter().copied().collect();
            let second = database.map(|database| SecondProcess {
                database,
                standby: None,
            });
            Self {
                world,
                second,
                members,
                active,
                seen: BTreeSet::new(),
                met: BTreeMap::new(),
            }
        }

        /// Starts the process that stands by, if there are two.
        async fn start_second(&mut self) {
            if let Some(second) = &mut self.second
                && second.standby.is_none()
            {
                second.standby = Some(start_standby(&self.world).await);
            }
        }

        /// Replaces the process that was killed: by a new one, or by the one that stands by. It does
        /// what is due even before it has a session.
        async fn replace(&mut self) {
            self.start_second().await;
            if let Some(second) = &mut self.second {
                second.database.expire_leases();
                let standby = second.standby.take().expect("it was started");
                self.world.put_bot(standby);
            } else {
                self.world.spawn_bot();
            }
        }

        /// Replaces the process that was killed, and waits until the new one has done what is due.
        async fn recover(&mut self) {
            self.world.set_failpoints("");
            self.replace().await;
            self.world.wait_until_logged("gateway connected").await;
            self.world.wait_until_idle().await;
        }

        /// Waits until the process has killed itself. Time passes, because a request of which the
        /// outcome is unknown may take effect for a minute.
        async fn wait_for_kill(&mut self, rule: &str) {
            for _ in 0..120 {
                let limit = Duration::from_millis(500);
                if self.world.wait_for_exit(limit).await.is_some() {
                    self.world.kill_if_alive().await;
                    return;
                }
                // It may be killed meanwhile.
                let advanced = self.world.sandbox.clock().advance(Duration::from_secs(60));
                let _ = tokio::time::timeout(WAIT_TIMEOUT, advanced).await;
            }
            panic!("{rule}: the step was not reached\n{}", self.world.log());
        }

        /// Sets the time while `trouble` is there.
        async fn set_time(&mut self, moment: &str, trouble: &Trouble) {
            match trouble {
                Faults(fault, routes) => {
                    for route in *routes {
                        let rule = FaultRule::on(route);
                        self.world.sandbox.add_fault(rule.clone(), fault());
                        self.world.sandbox.add_fault(rule.after(), fault());
                    }
                    self.world.set_time(moment).await;
                }
                Kills(rules) => {
                    self.start_second().await;
                    for (number, rule) in rules.iter().enumerate() {
                        self.world.set_failpoints(rule);
                        if number == 0 {
                            // Not to the end: the process dies meanwhile.
                            let world = &self.world;
                            tokio::select! {
                                biased;
                                () = world.set_time(moment) => {}
                                () = std::future::ready(()) => {}
                            }
                        } else {
                            self.replace().await;
                        }
                        self.wait_for_kill(rule).await;
                    }
                    self.recover().await;
                }
            }
        }

        /// Lets time pass until a condition holds: each fault costs a pause.
        async fn advance_until(&self, what: &str, done: impl Fn(&Self) -> bool) {
            for _ in 0..60 {
                if done(self) {
                    self.world.sandbox.clear_faults();
                    return;
                }
                self.world.advance("1m").await;
            }
            let threads = private_threads(&self.world);
            panic!("{what}: {threads:?}\n{}", self.world.log());
        }

        /// Returns the threads of this Monday with their members. A thread that was made twice has
        /// none.
        fn new_threads(&self) -> Vec<(u64, BTreeSet<u64>)> {
            let mut threads = private_threads(&self.world);
            threads.retain(|(thread, members)| !self.seen.contains(thread) && !members.is_empty());
            threads
        }

        fn all_have_guides(&self) -> bool {
            let threads = self.new_threads();
            let matched: usize = threads.iter().map(|one| one.1.len()).sum();
            let has_guide = |thread: u64| !guides(&self.world, thread).is_empty();
            matched >= self.active.len() && threads.iter().all(|one| has_guide(one.0))
        }

        async fn run_week(&mut self, number: usize, week: &Week) {
            let what = format!("week {number}");
            // The question of the day comes before the trouble.
            self.world.set_time(&on(number, 0, "09:00")).await;
            self.set_time(&on(number, 0, "10:00"), &week.monday).await;
            self.advance_until(&what, Self::all_have_guides).await;
            let threads = self.check_groups(&what);
            // The last group says on Friday that it met; the others interview.
            let (silent, others) = threads.split_last().unwrap();
            let mut press = week.press;
            for (thread, group) in others {
                let guide = guides(&self.world, *thread).pop().unwrap();
                let first = *group.first().unwrap();
                let step = press.take();
                self.press(guide.id, first, "I interview first", step).await;
                let card = self.world.member(first);
                let card = card.press(guide.id, "Open the question").await;
                self.press(card.id, first, "Finish", step).await;
            }
            self.world.set_time(&on(number, 4, "09:30")).await;
            self.set_time(&on(number, 4, "10:00"), &week.friday).await;
            self.advance_until(&what, |club| club.question(silent.0).is_some())
                .await;
            let asked = self.question(silent.0).unwrap();
            for user in &silent.1 {
                self.world.member(*user).press(asked.id, "We met").await;
            }
            for (thread, _) in others {
                assert!(self.question(*thread).is_none(), "{what}: they met");
                let results = notices(&self.world, *thread, "Result ");
                assert_eq!(results.len(), 1, "{what}\n{}", self.world.log());
            }
            self.change_members(week).await;
        }

        /// Presses a button. If the process is killed by that, presses again, as a member would.
        async fn press(&mut self, message: u64, user: u64, button: &str, step: Option<&str>) {
            if let Some(step) = step {
                self.start_second().await;
                let rule = format!("{step} kill");
                self.world.set_failpoints(&rule);
                let lost = self.world.sandbox.press(message, user, button, &[]).await;
                assert!(lost.message().is_none(), "{rule}: {lost:?}");
                self.wait_for_kill(&rule).await;
                self.recover().await;
            }
            // After a kill the press may have counted, and then this one changes nothing.
            self.world.member(user).press(message, button).await;
        }

        /// Returns the question whether a group met; there is at most one.
        fn question(&self, thread: u64) -> Option<MessageView> {
            let mut asked = notices(&self.world, thread, "Did you meet?");
            assert!(asked.len() < 2, "{asked:?}\n{}", self.world.log());
            asked.pop()
        }

        /// Checks the groups of a Monday: each active member is in one, one has three members if
        /// their number is odd, and each has one guide. Returns them.
        fn check_groups(&mut self, what: &str) -> Vec<(u64, BTreeSet<u64>)> {
            let threads = self.new_threads();
            let matched: Vec<u64> = threads.iter().flat_map(|one| one.1.clone()).collect();
            let distinct: BTreeSet<u64> = matched.iter().copied().collect();
            assert_eq!(matched.len(), distinct.len(), "{what}: {threads:?}");
            assert_eq!(distinct, self.active, "{what}\n{}", self.world.log());
            let trios = threads.iter().filter(|one| one.1.len() == 3).count();
            assert_eq!(trios, self.active.len() % 2, "{what}");
            assert_eq!(threads.len(), self.active.len() / 2, "{what}: {threads:?}");
            for (thread, group) in &threads {
                assert_eq!(guides(&self.world, *thread).len(), 1, "{what}");
                for one in group {
                    for other in group.range(one + 1..) {
                        *self.met.entry((*one, *other)).or_default() += 1;
                    }
                }
            }
            let all = private_threads(&self.world).into_iter();
            self.seen.extend(all.map(|(thread, _)| thread));
            threads
        }

        /// Members leave, join and skip. Members who skipped are back.
        async fn change_members(&mut self, week: &Week) {
            for index in week.leave {
                let user = self.members[*index];
                self.command(user, "pair leave", "won't be matched").await;
                self.active.remove(&user);
            }
            for index in week.join {
                let user = self.members[*index];
                join(self.world.member(user)).await;
                self.active.insert(user);
            }
            for index in week.skip {
                let user = self.members[*index];
                self.command(user, "pair skip", "left out of the next")
                    .await;
                self.active.remove(&user);
            }
        }

        async fn command(&self, user: u64, command: &str, text: &str) {
            let member = self.world.member(user);
            let response = member.command_message(command, &[]).await.text();
            assert!(response.contains(text), "{response}");
        }
    }

    /// Returns a moment such as `2026-12-07T10:00` of a week.
    fn on(week: usize, weekday: i64, time: &str) -> String {
        let weeks = i64::try_from(week).unwrap();
        let span = jiff::Span::new().weeks(weeks).days(weekday);
        let day = jiff::civil::date(2026, 11, 30).saturating_add(span);
        format!("{day}T{time}")
    }

    async fn run(database: Option<TestDatabase>) {
        let mut club = Club::new(database).await;
        let mut repeats_after_a_month = 0;
        for (number, week) in weeks().iter().enumerate() {
            let skipped = number
                .checked_sub(1)
                .map_or(&[][..], |before| weeks()[before].skip);
            club.run_week(number, week).await;
            // Who skipped this Monday is back for the next one.
            let back = skipped.iter().map(|index| club.members[*index]);
            club.active.extend(back.collect::<Vec<_>>());
            if number == 3 {
                repeats_after_a_month = club.met.values().filter(|count| **count > 1).count();
            }
        }
        // There are 36 pairs, and some 36 places for them.
        assert!(repeats_after_a_month <= 1, "{:?}", club.met);
        assert!(club.met.len() >= 28, "{}: {:?}", club.met.len(), club.met);
        // Each member was in time for their interviews, so nobody was dropped.
        let status = club.world.ada().command_message("team status", &[]).await;
        assert!(
            status.text().contains("9 members have joined."),
            "{}",
            status.text()
        );
    }

    /// Each active member has one place in one thread with one guide, whatever happens.
    #[tokio::test(flavor = "multi_thread")]
    async fn two_months_with_kills_and_faults() {
        run(None).await;
    }

    /// The same on PostgreSQL, where a second process takes over from the killed one.
    #[tokio::test(flavor = "multi_thread")]
    async fn two_months_with_kills_and_faults_on_two_processes() {
        if let Some(database) = TestDatabase::new() {
            run(Some(database)).await;
        }
    }
}
