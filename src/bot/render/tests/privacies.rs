//! What `/privacy` shows.

use insta::assert_snapshot;

use crate::bot::render::privacy::{self, StoredData};

#[test]
fn what_is_kept() {
    let kept = StoredData {
        teams: 2,
        rounds: 31,
        reviews: 1,
        reports: 0,
        reminders: 0,
        hidden: false,
    };
    let hidden = StoredData {
        hidden: true,
        reports: 1,
        reminders: 2,
        ..kept
    };
    assert_snapshot!("privacy", privacy::overview(&kept));
    assert_snapshot!("privacy_hidden", privacy::overview(&hidden));
    assert_snapshot!("privacy_confirm", privacy::confirm_deletion(&kept));
    assert_snapshot!("privacy_deleted", privacy::deleted());
    assert_snapshot!("privacy_exported", privacy::exported(b"{}".to_vec()));
}
