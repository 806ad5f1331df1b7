//! `/privacy`.

use insta::assert_snapshot;

use crate::bot::render::privacy::{self, StoredData};

#[test]
fn stored_data() {
    let kept = StoredData {
        teams: 2,
        rounds: 31,
        reviews: 1,
        assessments: 0,
        milestones: 0,
        assessed_topics: 0,
        reports: 0,
        written_questions: 0,
        suggestions: 0,
        decisions: 0,
        reminders: 0,
        review_reminder: false,
        hidden: false,
        interview: false,
        interview_results: 0,
        pair_teams: 0,
        matched_weeks: 0,
        open_results: 0,
        mock_interviews: 0,
    };
    let hidden = StoredData {
        hidden: true,
        assessments: 3,
        milestones: 1,
        assessed_topics: 2,
        reports: 1,
        written_questions: 2,
        suggestions: 1,
        decisions: 3,
        reminders: 2,
        review_reminder: true,
        interview: true,
        interview_results: 3,
        pair_teams: 1,
        matched_weeks: 7,
        open_results: 1,
        mock_interviews: 12,
        ..kept
    };
    assert_snapshot!(privacy::overview(&kept), @"
    # Your data
    In this server I store ids, dates, counts and ratings. The text of a reply reaches me only if you compare it with the model answer. Then it is only shown back to you, as is what you write in `/quiz` or `/interview`. The only texts I store are a mistake that you report, and a question that you write or suggest for this server.
    [Stored about you] • your results for 31 questions in 2 teams, and the message id of your first reply to each team's two newest
    • your `/quiz` scores for 1 question, and how many you did on each day of the last half year
    [What it's for] Results make up your streak. Scores and ticks decide when `/quiz` repeats a question, and ticks also show which key points a team misses. If an admin cancels or credits a question, their id is stored with it.
    [How long] Until you delete it, the bot or the team is removed, or you haven't been active here for 13 months. For 7 days after a removal, the person who runs the bot can restore the data; what you delete is deleted there as well.
    ( Export my data ) q1:privacy:export
    ( Hide me from leaderboards ) q1:privacy:hide
    ( Delete my data ) q1:privacy:delete
    ");
    assert_snapshot!(privacy::overview(&hidden), @"
    # Your data
    In this server I store ids, dates, counts and ratings. The text of a reply reaches me only if you compare it with the model answer. Then it is only shown back to you, as is what you write in `/quiz` or `/interview`. The only texts I store are a mistake that you report, and a question that you write or suggest for this server.
    [Stored about you] • your results for 31 questions in 2 teams, and the message id of your first reply to each team's two newest
    • your `/quiz` scores for 1 question, and how many you did on each day of the last half year
    • the key points that you ticked for 3 questions, of each team's two newest
    • that I told you of a milestone of your streak, for two questions
    • how many key points you ticked in 2 topics
    • 1 mistake that you reported, until an admin closes the report
    • that you wrote 2 questions of this server
    • 1 question that you suggested, until an admin decides
    • what was decided on 3 suggestions that you made or decided
    • your reminder time in 2 teams
    • the time of your reminder of due reviews
    • your choice to be hidden from leaderboards and weekly reports
    [Your interviews] • your newest interview: its questions, times and ticks, until a day after its end
    • date, length and number of key points of your last 3 interviews
    • that you joined mock interviews in 1 team, with the topic and the level that you chose
    • with whom you were matched in 7 weeks of the last 52
    • 1 result of mock interviews, for a week or until you confirm them
    • that you held 12 mock interviews
    [What it's for] Results make up your streak. Scores and ticks decide when `/quiz` repeats a question, and ticks also show which key points a team misses. If an admin cancels or credits a question, their id is stored with it.
    [How long] Until you delete it, the bot or the team is removed, or you haven't been active here for 13 months. For 7 days after a removal, the person who runs the bot can restore the data; what you delete is deleted there as well.
    ( Export my data ) q1:privacy:export
    ( Show me on leaderboards ) q1:privacy:show
    ( Delete my data ) q1:privacy:delete
    ");
    let confirmation = privacy::confirm_deletion(&hidden).to_string();
    assert!(
        confirmation.contains("The questions that you wrote stay, without your name."),
        "{confirmation}"
    );
    assert_snapshot!(privacy::confirm_deletion(&kept), @"
    This deletes your data in this server for good: your streak with the results for 31 questions, and your `/quiz` scores for 1 question. You also leave its leaderboards. To keep a copy, export your data first.
    ( Delete for good ) q1:privacy:delete-for-good
    ( Export my data ) q1:privacy:export
    ");
    assert_snapshot!(privacy::deleted(), @"Everything I stored about you in this server is deleted. Your earlier replies no longer count, and your next reply starts a new streak. So that they stay uncounted, I keep your id and the time of this deletion until 3 more questions are out.");
    assert_snapshot!(privacy::exported(b"{}".to_vec()), @"
    Here is everything I store about you in this server. Only you can see this.
    { quizloop-privacy.json of 2 bytes: Everything Quizloop stores about you in this server, as JSON }
    ");
}
