//! Messages about what a question counts for, the buttons of the status, notes and the welcome.

use super::*;
use crate::bot::interactions::custom_id::{PanelSetting, RoundChange};
use crate::bot::render::member_notes::{OutsideOfThread, notes};
use crate::bot::render::team_rounds::{self, RoundView};
use crate::bot::render::{team_panel, welcome};
use quizloop_core::admin_actions::AdminActionError;
use quizloop_core::milestones::Milestone;

#[test]
fn a_change_of_a_round_is_confirmed_and_can_be_undone() {
    let team = team_with_rounds();
    let asked = question();
    let view = RoundView {
        round: &team.rounds()[0],
        question: Some(&asked),
    };
    assert_snapshot!(team_rounds::choice_name(&view), @"Question 1 · Mon 23 Mar · You call a function that was defined with async def. What do you get back…");
    assert_snapshot!(team_rounds::confirm_void(&view, 2), @"
    Cancel question 1 of Mon 23 Mar?
    > You call a function that was defined with async def. What do you get back, and when does its body start to run?
    It then counts for nobody: it neither adds to a streak nor breaks one. 2 members have answered it. You can undo this.
    ( Cancel the question ) q1:round:1485548657049600000:void
    ");
    assert_snapshot!(team_rounds::confirm_credit(&view, ADA), @"
    Count question 1 of Mon 23 Mar as answered for <@1>?
    > You call a function that was defined with async def. What do you get back, and when does its body start to run?
    You can undo this.
    ( Give credit ) q1:round:1485548657049600000:credit:1
    ");
    let removed = RoundView {
        question: None,
        ..view
    };
    assert_snapshot!(team_rounds::confirm_void(&removed, 0), @"
    Cancel question 1 of Mon 23 Mar?
    > a removed question
    It then counts for nobody: it neither adds to a streak nor breaks one. You can undo this.
    ( Cancel the question ) q1:round:1485548657049600000:void
    ");
    let id = message(23, 8, 0);
    let changed = [
        RoundChange::Void,
        RoundChange::Restore,
        RoundChange::Credit(ADA),
        RoundChange::TakeBackCredit(ADA),
    ]
    .map(|change| team_rounds::changed(change, 4, id).to_string());
    assert_snapshot!(changed.join(""), @"
    Question 4 no longer counts for anyone. It neither adds to a streak nor breaks one.
    ( Undo ) q1:round:1485548657049600000:restore
    Question 4 counts again, and everyone has the result they had.
    <@1> gets credit for question 4, as if they had answered in time.
    ( Undo ) q1:round:1485548657049600000:take-back:1
    <@1> has no credit for question 4 any more. What they did themselves counts again.
    ");
    let refused = [
        AdminActionError::RoundNotFound(4),
        AdminActionError::AlreadyVoid(4),
        AdminActionError::Void(4),
        AdminActionError::NotVoid(4),
        AdminActionError::NoCredit(4),
        AdminActionError::AlreadyCounted(4),
    ]
    .map(|error| team_rounds::refused(&error));
    assert_snapshot!(refused.join("\n"), @"
    This team has no question 4. Pick one of the suggestions.
    Question 4 is cancelled already. To make it count again, use `/team restore`.
    Question 4 was cancelled and counts for nobody, so credit would change nothing. To make it count again, use `/team restore`.
    Question 4 was not cancelled, so it counts. To take credit back from a member, name the member as well.
    This member has no credit for question 4.
    Question 4 already counts for this member.
    ");
    assert_snapshot!(team_rounds::round_not_found("the @everyone one"), @r#"This team has no question "the \@everyone one". Pick one of the suggestions."#);
}

#[test]
fn settings_have_menus() {
    let mut team = busy_team();
    team.settings.schedule.at = time(9, 30, 0, 0);
    team.settings.programme.levels = vec!["junior".into(), "mid".into()];
    assert_snapshot!(team_panel::menus(&team, &team_panel::saved(PanelSetting::Time)), @"
    ✅ Saved: time.
    Settings of <#20>. Each choice is saved at once. `/team settings` has the others.
    [ time ▾ 1–1 ] q1:setting:20:at
      ▫ 06:00 (Europe/Berlin) = 06:00
      ▫ 07:00 (Europe/Berlin) = 07:00
      ▫ 08:00 (Europe/Berlin) = 08:00
      ▫ 09:00 (Europe/Berlin) = 09:00
      ▪ 09:30 (Europe/Berlin) = 09:30
      ▫ 10:00 (Europe/Berlin) = 10:00
      ▫ 11:00 (Europe/Berlin) = 11:00
      ▫ 12:00 (Europe/Berlin) = 12:00
      ▫ 13:00 (Europe/Berlin) = 13:00
      ▫ 14:00 (Europe/Berlin) = 14:00
      ▫ 15:00 (Europe/Berlin) = 15:00
      ▫ 16:00 (Europe/Berlin) = 16:00
      ▫ 17:00 (Europe/Berlin) = 17:00
      ▫ 18:00 (Europe/Berlin) = 18:00
      ▫ 19:00 (Europe/Berlin) = 19:00
      ▫ 20:00 (Europe/Berlin) = 20:00
    [ days ▾ 1–1 ] q1:setting:20:days
      ▪ Monday to Friday = Monday to Friday
      ▫ Every day = every day
      ▫ Sunday to Thursday = Sunday to Thursday
      ▫ Monday, Wednesday and Friday = Monday, Wednesday and Friday
      ▫ Tuesday and Thursday = Tuesday and Thursday
    [ levels ▾ 1–3 ] q1:setting:20:levels
      ▪ junior questions = junior
      ▪ mid questions = mid
      ▫ senior questions = senior
    [ model answer ▾ 1–1 ] q1:setting:20:reveal
      ▫ Model answer after they reply = after-reply
      ▪ Model answer at any time = open
    [ weekly report ▾ 1–1 ] q1:setting:20:report
      ▪ No weekly report = off
      ▫ Weekly report after the week's last question = on
    ");
    assert_snapshot!(team_panel::not_skipped(date(2026, 3, 30)), @"Nothing was skipped: the question of Mon 30 Mar is not the next one any more.");
}

#[test]
fn private_notes() {
    let team = team_with_rounds();
    let channel = ChannelId::new(20);
    let milestone = |streak, earned_freeze| {
        let round = 1;
        let reached = Milestone {
            round,
            streak,
            earned_freeze,
        };
        (channel, reached)
    };
    let outside = OutsideOfThread {
        guild: GuildId::new(10),
        channel,
        round: &team.rounds()[6],
    };
    let all = notes(&[milestone(3, false), milestone(7, true)], Some(outside));
    assert_snapshot!(all.unwrap(), @"
    (only you can see this)
    🔥 **3 questions in a row** in <#20>!
    🔥 **7 questions in a row** in <#20>, and you earned a freeze ❄️: it saves your streak on a day you miss.
    Your message in <#20> isn't in the thread of today's question, so it doesn't count as an answer.
    ( Reply in the thread ) https://discord.com/channels/10/1488447759974400000
    ");
    assert_eq!(notes(&[], None), None);
}

#[test]
fn a_new_team_is_welcomed() {
    let now = at("2026-03-20T12:00:00Z");
    let welcome = welcome::welcome(&new_team(), now);
    assert_snapshot!(welcome, @"
    👋 **Hello! I help you practise for Python asyncio interviews.**
    I post a question here **Monday to Friday at 09:00** (Europe/Berlin). The first one comes <t:1774252800:F> (<t:1774252800:R>).
    **To take part**, reply in the question's thread in your own words. The ✅ means that your answer is saved and your streak grows. *Model answer* then shows you, privately, what a good answer has.
    `/quiz` practises in private at any time, `/remind on` reminds you, and `/help` explains the rest.
    ");
    let json = serde_json::to_value(&welcome).unwrap();
    assert_eq!(json["allowed_mentions"], serde_json::json!({ "parse": [] }));
}
