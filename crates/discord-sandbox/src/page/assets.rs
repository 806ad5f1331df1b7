//! The page's scripts, styles and icon, compiled in.

const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";

macro_rules! files {
    ($($folder:literal $kind:ident: $($name:literal)*;)*) => {
        &[$($((
            $folder,
            $name,
            $kind,
            include_str!(concat!("../page/", $folder, "/", $name)),
        ),)*)*]
    };
}

/// Each file's folder, name, content type and text.
const ASSETS: &[(&str, &str, &str, &str)] = files! {
    "js" SCRIPT: "main.js" "api.js" "place.js" "parts.js" "messages.js" "notes.js" "composer.js" "slash.js"
        "typed.js" "menus.js" "scroll.js" "listbox.js" "form.js" "news.js" "tools.js" "clock.js" "guide.js" "theme.js" "people.js";
    "css" STYLE: "base.css" "layout.css" "nav.css" "message.css" "text.css" "composer.css" "tools.css"
        "guide.css" "phone.css";
};

const ICON: (&str, &str) = ("image/svg+xml", include_str!("../page/icon.svg"));

/// Returns a file's content type and text.
pub fn find(folder: &str, name: &str) -> Option<(&'static str, &'static str)> {
    if (folder, name) == ("img", "icon.svg") {
        return Some(ICON);
    }
    let found = ASSETS
        .iter()
        .find(|(of, named, ..)| (*of, *named) == (folder, name));
    found.map(|(_, _, kind, text)| (*kind, *text))
}
