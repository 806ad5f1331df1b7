//! Guards the model answers of open questions.
//!
//! The question decides, not the channel: wherever in the server a member asks for the answer of a
//! question that a team has open, the same rules apply. Example: team A has question "queues" open,
//! and a member asks for its answer in yesterday's thread, in team B's channel or on an old `/quiz`
//! message. In each place they must confirm, and the peek is recorded in A's round.

use jiff::Timestamp;

use super::guild::Guild;
use super::id::{ChannelId, UserId};
use super::ledger::RoundResult;
use super::team::{Reveal, Team};

/// An open round that a member has neither replied to nor peeked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GuardedRound {
    /// The team's channel.
    pub channel: ChannelId,
    /// The number of the round.
    pub number: u32,
}

impl Guild {
    /// Whether a question is open in any team. A void round counts for nobody, so its question may
    /// be discussed.
    pub fn is_question_open(&self, question: &str) -> bool {
        self.open_questions().any(|open| open == question)
    }

    /// Returns the questions of open rounds that are not void. A question may occur twice.
    pub fn open_questions(&self) -> impl Iterator<Item = &str> {
        self.teams.values().filter_map(|team| {
            let open = team.open_round()?;
            open.voided_by.is_none().then_some(open.question.as_str())
        })
    }

    /// Whether level and topic of a question are hidden: a team has it open and hides them. A private
    /// model answer shows them all the same, because it is the reveal.
    pub fn hides_level(&self, question: &str) -> bool {
        let mut asking = self.teams.values().filter(|team| team.is_asking(question));
        asking.any(|team| team.open_round().is_some_and(|round| round.hides_level))
    }

    /// Returns the open rounds with that question for which a member must confirm before they see
    /// the answer; none in most cases.
    pub fn guarded_rounds(&self, question: &str, user: UserId) -> Vec<GuardedRound> {
        let asking = self.teams.values().filter(|team| team.is_asking(question));
        asking
            .filter_map(|team| {
                let number = team.open_round()?.number;
                let guarded = team.needs_reveal_confirmation(number, user);
                guarded.then_some(GuardedRound {
                    channel: team.channel,
                    number,
                })
            })
            .collect()
    }

    /// Records in every team that has the question open that a member chose to see its answer.
    /// Returns false without any change if no team needs that.
    pub fn peek(&mut self, question: &str, user: UserId, at: Timestamp) -> bool {
        let guarded = self.guarded_rounds(question, user);
        for round in &guarded {
            if let Some(team) = self.team_mut(round.channel) {
                team.peek(round.number, user, at);
            }
        }
        !guarded.is_empty()
    }
}

impl Team {
    /// Whether the open round has that question and is not void.
    fn is_asking(&self, question: &str) -> bool {
        self.open_round()
            .is_some_and(|open| open.question == question && open.voided_by.is_none())
    }

    /// Records that a member chose to see the model answer of the open round before replying.
    /// Returns false without any change if the round is not open, or if the member already replied,
    /// peeked or has credit.
    ///
    /// The peek is kept with the round. A member without a ledger gets none by peeking: they may
    /// practise with another team, and would miss each further round of this one.
    pub fn peek(&mut self, number: u32, user: UserId, at: Timestamp) -> bool {
        if self.open_round().map(|round| round.number) != Some(number)
            || !self.is_untouched(number, user)
        {
            return false;
        }
        if let Some(round) = self.round_mut(number) {
            round.window.peeks.insert(user, at);
        }
        if let Some(ledger) = self.members.get_mut(&user) {
            ledger.record(number, RoundResult::Peeked);
        }
        true
    }

    /// Whether a member must confirm before seeing the answer of that round.
    pub fn needs_reveal_confirmation(&self, number: u32, user: UserId) -> bool {
        self.settings.reveal == Reveal::AfterReply
            && self
                .open_round()
                .is_some_and(|open| open.number == number && open.voided_by.is_none())
            && self.is_untouched(number, user)
    }

    /// Whether a reply of that member to the open round would still extend their streak.
    pub fn can_answer(&self, user: UserId) -> bool {
        self.open_round()
            .is_some_and(|open| open.voided_by.is_none() && self.is_untouched(open.number, user))
    }

    /// Whether a member has neither a result in a round nor peeked at its answer.
    pub(super) fn is_untouched(&self, number: u32, user: UserId) -> bool {
        self.result(user, number) == RoundResult::Nothing
            && self
                .round(number)
                .is_none_or(|round| !round.window.peeks.contains_key(&user))
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::{date, time};
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;
    use crate::id::{GuildId, MessageId, snowflake_at};
    use crate::ledger::Actor;
    use crate::members::NewRating;
    use crate::reply::ReplyOutcome;
    use crate::review::Rating;
    use crate::schedule::Schedule;
    use crate::team::TeamSettings;
    use crate::zone::Zone;

    const ADA: UserId = UserId::new(1);
    const OURS: ChannelId = ChannelId::new(5);
    const OTHERS: ChannelId = ChannelId::new(6);

    fn at(day: i8, hour: i8) -> Timestamp {
        let time = date(2026, 3, day).at(hour, 0, 0, 0);
        time.to_zoned_datetime(jiff::tz::TimeZone::UTC)
            .unwrap()
            .timestamp()
    }

    fn message(day: i8, hour: i8) -> MessageId {
        MessageId::new(snowflake_at(at(day, hour)))
    }

    fn ask(guild: &mut Guild, channel: ChannelId, day: i8, question: &str) {
        let mut rng = StdRng::seed_from_u64(1);
        let team = guild.team_mut(channel).unwrap();
        team.begin_round(date(2026, 3, day), at(day, 9), &[question], &mut rng)
            .unwrap();
        assert!(team.record_post(message(day, 9)));
    }

    fn guild() -> Guild {
        let settings = TeamSettings {
            schedule: Schedule::weekdays_at(time(9, 0, 0, 0), Zone::utc()),
            ..TeamSettings::default()
        };
        let mut guild = Guild::new(GuildId::new(1));
        for channel in [OURS, OTHERS] {
            guild.insert_team(Team::new(channel, settings.clone(), at(1, 0)));
        }
        guild
    }

    #[test]
    fn a_question_is_guarded_in_the_whole_server_until_the_next_one() {
        let mut guild = guild();
        ask(&mut guild, OURS, 2, "queues");
        ask(&mut guild, OTHERS, 2, "tasks");
        let guarded = [GuardedRound {
            channel: OURS,
            number: 1,
        }];
        assert_eq!(guild.guarded_rounds("queues", ADA), guarded);
        assert!(guild.is_question_open("queues") && !guild.is_question_open("locks"));
        assert_eq!(guild.guarded_rounds("locks", ADA), []);
        assert!(guild.peek("queues", ADA, at(2, 10)));
        assert!(!guild.peek("queues", ADA, at(2, 11)), "once");
        assert_eq!(guild.guarded_rounds("queues", ADA), []);
        ask(&mut guild, OURS, 3, "locks");
        assert!(!guild.is_question_open("queues"));
        assert_eq!(guild.guarded_rounds("queues", UserId::new(2)), []);
    }

    #[test]
    fn a_peek_enters_no_new_ledger_but_counts_once_the_member_replies() {
        let mut guild = guild();
        ask(&mut guild, OURS, 2, "queues");
        assert!(guild.peek("queues", ADA, at(2, 10)));
        let team = guild.team_mut(OURS).unwrap();
        assert_eq!(team.members().count(), 0);
        let reply = team.count_reply(message(2, 9), ADA, message(2, 11));
        let result = RoundResult::PeekedFirst;
        assert_eq!(reply, ReplyOutcome::First { round: 1, result });
        ask(&mut guild, OURS, 3, "locks");
        assert!(guild.peek("locks", ADA, at(3, 10)));
        let team = guild.team(OURS).unwrap();
        assert_eq!(team.result(ADA, 2), RoundResult::Peeked);
    }

    #[test]
    fn a_peek_without_a_ledger_expires_with_the_members_data() {
        let mut guild = guild();
        ask(&mut guild, OURS, 2, "queues");
        assert!(guild.peek("queues", ADA, at(2, 10)));
        assert!(guild.has_data_of(ADA));
        assert_eq!(guild.inactive_members(date(2027, 4, 2)), []);
        assert_eq!(guild.delete_inactive_members(date(2027, 4, 3)), 1);
        assert!(!guild.has_data_of(ADA));
    }

    #[test]
    fn only_an_untouched_open_question_can_add_to_a_streak() {
        let mut guild = guild();
        let can_answer = |guild: &Guild| guild.team(OURS).unwrap().can_answer(ADA);
        assert!(!can_answer(&guild), "there is no question yet");
        ask(&mut guild, OURS, 2, "queues");
        assert!(can_answer(&guild));
        guild.peek("queues", ADA, at(2, 10));
        assert!(!can_answer(&guild));
    }

    /// The setting counts from the next question on, and the question decides, not the team.
    #[test]
    fn level_and_topic_are_hidden_while_a_team_that_hides_them_has_the_question_open() {
        let mut guild = guild();
        let set = |guild: &mut Guild, hides_level| {
            guild.team_mut(OURS).unwrap().settings.hides_level = hides_level;
        };
        ask(&mut guild, OURS, 2, "queues");
        set(&mut guild, true);
        assert!(!guild.hides_level("queues"), "members have seen it");
        ask(&mut guild, OURS, 3, "locks");
        set(&mut guild, false);
        assert!(guild.hides_level("locks"), "not revealed by the setting");
        ask(&mut guild, OTHERS, 3, "locks");
        assert!(guild.hides_level("locks") && !guild.hides_level("queues"));
        ask(&mut guild, OURS, 4, "tasks");
        assert!(!guild.hides_level("locks"), "the round is closed");
        assert!(!guild.hides_level("tasks"));
    }

    /// An open question can't be practised, so it does not count as due.
    #[test]
    fn an_open_question_is_not_due() {
        let mut guild = guild();
        let today = date(2026, 3, 2);
        for question in ["queues", "locks"] {
            let rated = NewRating {
                question,
                review_count: 0,
                rating: Rating::Again,
                retention: crate::retention::Retention::default(),
                today: date(2026, 3, 1),
            };
            guild.rate(ADA, &rated);
        }
        let due = |guild: &Guild| guild.forecast(ADA, today, |_| true)[0];
        assert_eq!(due(&guild), 2);
        ask(&mut guild, OURS, 2, "queues");
        assert_eq!(due(&guild), 1);
    }

    #[test]
    fn a_void_round_guards_nothing() {
        let mut guild = guild();
        ask(&mut guild, OURS, 2, "queues");
        let by = Actor {
            user: None,
            at: at(2, 10),
        };
        let team = guild.team_mut(OURS).unwrap();
        team.void(1, by).unwrap();
        team.round_mut(1).unwrap().hides_level = true;
        assert!(!guild.hides_level("queues"));
        assert_eq!(guild.guarded_rounds("queues", ADA), []);
        assert!(!guild.is_question_open("queues"));
    }
}
