//! The bot's additions to the page.

use serde::Serialize;

use crate::page::{GuideStep, PageExtension};

/// The additions as they are shown.
#[derive(Debug, Serialize)]
pub struct ExtensionView {
    event: Option<String>,
    guide: Vec<GuideStep>,
    demos: Vec<DemoView>,
}

/// The button of a demo.
#[derive(Debug, Serialize)]
struct DemoView {
    id: String,
    label: String,
    description: String,
    progress: String,
}

/// Returns the bot's additions.
pub fn extension(page: &PageExtension) -> ExtensionView {
    let demos = page.demos.iter().map(|demo| DemoView {
        id: demo.id().to_owned(),
        label: demo.label().to_owned(),
        description: demo.description().to_owned(),
        progress: demo.progress().to_owned(),
    });
    ExtensionView {
        event: page.event.clone(),
        guide: page.guide.clone(),
        demos: demos.collect(),
    }
}
