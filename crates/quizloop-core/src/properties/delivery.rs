//! A message is delivered exactly once, whatever Discord, the process and the state do.

use jiff::civil::date;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::schedule::utc;
use crate::delivery::{
    Delivery, DeliveryStep, Label, MessageStatus, REQUEST_SETTLES, RequestResult, SearchResult,
};
use crate::id::{ChannelId, MessageId, snowflake_at};

/// How long the model of Discord remembers a nonce ("the past few minutes" in Discord docs,
/// resources/message, "Create Message").
const NONCE_REMEMBERED: SignedDuration = SignedDuration::from_mins(3);

/// What happens in a step.
#[derive(Debug, Clone, Copy)]
enum Event {
    Works,
    /// The request has no effect, and its response is lost.
    LostRequest,
    /// The request takes effect at once, and its response is lost.
    LostResponse,
    /// The request takes effect after this many seconds, and its response is lost.
    Late(i64),
    Refused,
    /// The process is killed and starts again.
    Killed,
    /// The process is killed, and starts with a backup from before the intent, which it records
    /// again.
    Restored,
    /// Read Message History is taken away or granted.
    History(bool),
    /// The machine's clock is set back by this many seconds.
    SetBack(i64),
}

/// Discord, as far as one message is concerned.
#[derive(Debug, Default)]
struct Discord {
    /// The messages that were created, by their times.
    created: Vec<Timestamp>,
    /// Requests that take effect later.
    pending: Vec<Timestamp>,
    is_unreadable: bool,
}

impl Discord {
    /// Creates a message, unless the nonce is known.
    fn create(&mut self, now: Timestamp, has_nonce: bool) -> MessageId {
        let known = self.created.iter().find(|at| {
            let age = now.duration_since(**at);
            has_nonce && age <= NONCE_REMEMBERED
        });
        let at = known.copied().unwrap_or_else(|| {
            self.created.push(now);
            now
        });
        MessageId::new(snowflake_at(at))
    }

    fn advance(&mut self, now: Timestamp, has_nonce: bool) {
        let due: Vec<_> = self.pending.extract_if(.., |at| *at <= now).collect();
        for at in due {
            self.create(at, has_nonce);
        }
    }

    fn search(&self) -> SearchResult {
        match self.created.first() {
            _ if self.is_unreadable => SearchResult::Unreadable,
            Some(at) => SearchResult::Found(MessageId::new(snowflake_at(*at))),
            None => SearchResult::Absent,
        }
    }
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        4 => Just(Event::Works),
        2 => Just(Event::LostRequest),
        2 => Just(Event::LostResponse),
        2 => (1_i64..20).prop_map(Event::Late),
        1 => Just(Event::Refused),
        2 => Just(Event::Killed),
        1 => Just(Event::Restored),
        1 => any::<bool>().prop_map(Event::History),
        1 => (1_i64..7200).prop_map(Event::SetBack),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// There is never a second message. If everything works in the end, there is one, and it is
    /// recorded.
    #[test]
    fn a_message_is_delivered_exactly_once(
        has_nonce in any::<bool>(),
        events in prop::collection::vec((event(), 1_i64..600), 0..25),
    ) {
        let start = utc(date(2026, 3, 27));
        // Discord's time, and how far the machine's is behind.
        let (mut now, mut behind) = (start, SignedDuration::ZERO);
        let delivery = Delivery {
            place: ChannelId::new(1),
            label: Label::Question(date(2026, 3, 27)),
            nonce: has_nonce.then(|| "n".to_owned()),
            older: None,
            window: Timestamp::MIN..=Timestamp::MAX,
        };
        let mut discord = Discord::default();
        let mut status = MessageStatus::of_new_intent(false);
        let mut recorded = None;
        let end = [Event::History(true), Event::Works, Event::Works, Event::Works, Event::Works, Event::Works];
        let events = events.into_iter().chain(end.map(|event| (event, 300)));
        for (event, seconds) in events {
            now += SignedDuration::from_secs(seconds);
            discord.advance(now, has_nonce);
            match event {
                Event::History(readable) => discord.is_unreadable = !readable,
                // A pause ends early if the clock is set back during it.
                Event::SetBack(seconds) if discord.pending.is_empty() => behind += SignedDuration::from_secs(seconds),
                Event::Killed if recorded.is_none() => status = MessageStatus::MaybeSent { requested: None },
                // A kill with a request in flight, without a nonce, is what the pause is for.
                Event::Restored if !discord.is_unreadable && discord.pending.is_empty() => {
                    (recorded, status) = (None, MessageStatus::of_new_intent(false));
                }
                _ => {}
            }
            if status == MessageStatus::Unreadable {
                status = MessageStatus::MaybeSent { requested: None };
            }
            // A process that was killed has lost its connections with it.
            if matches!(event, Event::Killed) {
                discord.advance(now + REQUEST_SETTLES, has_nonce);
            }
            for _ in 0..4 {
                if recorded.is_some() {
                    break;
                }
                match delivery.next_step(status, now - behind) {
                    DeliveryStep::Search => status = status.after_search(discord.search()),
                    DeliveryStep::Send => {
                        let result = match event {
                            Event::Refused => RequestResult::Refused,
                            Event::LostRequest => RequestResult::Unanswered,
                            Event::LostResponse => {
                                discord.create(now, has_nonce);
                                RequestResult::Unanswered
                            }
                            Event::Late(seconds) => {
                                discord.pending.push(now + SignedDuration::from_secs(seconds));
                                RequestResult::Unanswered
                            }
                            _ => RequestResult::Created(discord.create(now, has_nonce)),
                        };
                        status = status.after_request(result, now - behind);
                        if !matches!(event, Event::Works) {
                            break;
                        }
                    }
                    DeliveryStep::Record(message) => recorded = Some(message),
                    DeliveryStep::Abandon => prop_assert!(false, "the window has no end"),
                    DeliveryStep::Hold | DeliveryStep::Wait(_) => break,
                }
            }
            prop_assert!(discord.created.len() <= 1, "{event:?} made a second message");
        }
        let only = discord.created.first().map(|at| MessageId::new(snowflake_at(*at)));
        prop_assert!(recorded.is_some() && recorded == only, "{recorded:?} {only:?}");
    }
}

fn delivery(nonce: Option<&str>) -> Delivery {
    let start = utc(date(2026, 3, 27));
    Delivery {
        place: ChannelId::new(1),
        label: Label::Question(date(2026, 3, 27)),
        nonce: nonce.map(str::to_owned),
        older: None,
        window: start..=start + SignedDuration::from_hours(3),
    }
}

#[test]
fn an_intent_that_may_have_been_sent_is_searched_for_even_when_it_has_expired() {
    let delivery = delivery(Some("n"));
    let late = *delivery.window.end() + SignedDuration::from_secs(1);
    let maybe = MessageStatus::MaybeSent { requested: None };
    assert_eq!(delivery.next_step(maybe, late), DeliveryStep::Search);
    let message = MessageId::new(7);
    let found = maybe.after_search(SearchResult::Found(message));
    assert_eq!(
        delivery.next_step(found, late),
        DeliveryStep::Record(message)
    );
    let absent = maybe.after_search(SearchResult::Absent);
    assert_eq!(delivery.next_step(absent, late), DeliveryStep::Abandon);
    let early = *delivery.window.start() - SignedDuration::from_secs(1);
    assert_eq!(delivery.next_step(absent, early), DeliveryStep::Abandon);
    let start = *delivery.window.start();
    assert_eq!(delivery.next_step(absent, start), DeliveryStep::Send);
}

/// An empty page without Read Message History says nothing.
#[test]
fn an_unreadable_place_holds_what_may_have_been_sent_and_nothing_else() {
    let delivery = delivery(Some("n"));
    let now = *delivery.window.start();
    let held = MessageStatus::MaybeSent { requested: None }.after_search(SearchResult::Unreadable);
    assert_eq!(delivery.next_step(held, now), DeliveryStep::Hold);
    let late = *delivery.window.end() + SignedDuration::from_secs(1);
    assert_eq!(delivery.next_step(held, late), DeliveryStep::Abandon);
    let first = MessageStatus::of_new_intent(false);
    assert_eq!(delivery.next_step(first, now), DeliveryStep::Search);
    let sent = first.after_search(SearchResult::Unreadable);
    assert_eq!(delivery.next_step(sent, now), DeliveryStep::Send);
}

#[test]
fn only_a_request_without_a_nonce_waits_before_the_search() {
    let now = *delivery(None).window.start();
    let unanswered = MessageStatus::NotSent.after_request(RequestResult::Unanswered, now);
    let search = DeliveryStep::Search;
    assert_eq!(delivery(Some("n")).next_step(unanswered, now), search);
    let wait = DeliveryStep::Wait(now + REQUEST_SETTLES);
    assert_eq!(delivery(None).next_step(unanswered, now), wait);
    let later = now + REQUEST_SETTLES;
    assert_eq!(delivery(None).next_step(unanswered, later), search);
    let set_back = now - SignedDuration::from_hours(1);
    assert_eq!(delivery(None).next_step(unanswered, set_back), search);
    let refused = MessageStatus::NotSent.after_request(RequestResult::Refused, now);
    assert_eq!(refused, MessageStatus::NotSent);
}
