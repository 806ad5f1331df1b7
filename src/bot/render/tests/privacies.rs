//! What `/privacy` shows.

use insta::assert_snapshot;

use crate::bot::render::privacy::{self, Kept};

#[test]
fn what_is_kept() {
    let kept = Kept {
        teams: 2,
        rounds: 31,
        reviews: 1,
        reports: 0,
        reminders: 0,
        hidden: false,
    };
    let hidden = Kept {
        hidden: true,
        reports: 1,
        reminders: 2,
        ..kept
    };
    assert_snapshot!("privacy", privacy::kept(&kept));
    assert_snapshot!("privacy_hidden", privacy::kept(&hidden));
    assert_snapshot!("privacy_confirm", privacy::confirm(&kept));
    assert_snapshot!("privacy_deleted", privacy::deleted());
    assert_snapshot!("privacy_exported", privacy::exported(b"{}".to_vec()));
}
