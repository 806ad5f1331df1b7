use std::path::Path;

use jiff::SignedDuration;

use super::{Config, tables};
use quizloop_core::id::RoleId;
use quizloop_core::shard::ShardRange;
use quizloop_core::team::Reveal;
use quizloop_core::team_settings::TEAM_SETTINGS;
use quizloop_diagnostics::{Diagnostic, Source, render_all};

fn parse(text: &str) -> (Config, Vec<Diagnostic>) {
    Config::parse(&Source::new("config.toml", text), Path::new(""))
}

fn diagnostics(text: &str) -> String {
    render_all(&parse(text).1)
}

/// A team with an additional line.
fn team_with(line: &str) -> String {
    format!(
        "[[team]]\nguild = \"1110000000000000001\"\nchannel = \"1120000000000000001\"\n\
         timezone = \"UTC\"\n{line}\n"
    )
}

#[test]
fn an_empty_file_is_the_default_config() {
    assert_eq!(parse(""), (Config::default(), vec![]));
}

#[test]
fn all_keys_of_a_team_are_read() {
    let (config, diagnostics) = parse(
        r#"
        [[team]]
        guild = "1110000000000000001"
        channel = "1120000000000000001"
        at = "17:30"
        timezone = "europe/berlin"
        days = ["mon", "Wednesday", "fri"]
        reveal = "open"
        catch_up = "90m"
        role = "1130000000000000001"
        holidays = ["2026-12-25", 2027-01-01]
        retention = 0.85
        report = true
        wrap_up_at = "18:30"
        "#,
    );
    assert_eq!(diagnostics, []);
    let team = &config.teams[0];
    assert_eq!(team.settings.retention.get(), 85);
    assert!(team.settings.send_weekly_report);
    assert_eq!(team.guild.get(), 1_110_000_000_000_000_001);
    assert_eq!(team.channel.get(), 1_120_000_000_000_000_001);
    assert_eq!(
        team.settings.role.map(RoleId::get),
        Some(1_130_000_000_000_000_001)
    );
    assert_eq!(team.settings.reveal, Reveal::Open);
    let schedule = &team.settings.schedule;
    assert_eq!(schedule.at.to_string(), "17:30:00");
    assert_eq!(schedule.wrap_up_at, Some(jiff::civil::time(18, 30, 0, 0)));
    assert_eq!(schedule.zone.name(), "Europe/Berlin");
    assert_eq!(schedule.days.to_string(), "Monday, Wednesday and Friday");
    assert_eq!(schedule.catch_up, SignedDuration::from_mins(90));
    let holidays: Vec<_> = schedule.holidays.iter().map(ToString::to_string).collect();
    assert_eq!(holidays, ["2026-12-25", "2027-01-01"]);
}

#[test]
fn missing_keys_of_a_team_have_defaults() {
    let (config, diagnostics) = parse(&team_with(""));
    assert_eq!(diagnostics, []);
    let settings = &config.teams[0].settings;
    assert_eq!(settings.reveal, Reveal::AfterReply);
    assert_eq!(settings.role, None);
    assert_eq!(settings.retention.get(), 90);
    assert_eq!(settings.schedule.at.to_string(), "09:00:00");
    assert_eq!(settings.schedule.days.to_string(), "Monday to Friday");
    assert_eq!(settings.schedule.catch_up, SignedDuration::from_hours(3));
    assert!(settings.schedule.holidays.is_empty());
}

#[test]
fn shards_are_auto_a_number_or_a_range() {
    let shards = |value: &str| {
        let source = Source::new("config.toml", format!("[discord]\nshards = {value}\n"));
        let (config, found) = Config::parse(&source, Path::new("."));
        (config.shards, found.is_empty())
    };
    assert_eq!(shards("\"auto\""), (None, true));
    assert_eq!(shards("4"), (Some(ShardRange::all(4)), true));
    let range = "0-3/16".parse().unwrap();
    assert_eq!(shards("\"0-3/16\""), (Some(range), true));
    insta::assert_snapshot!(diagnostics("[discord]\nshards = \"4-3/16\"\n"), @r#"
    error: `shards`: "4-3/16" does not name shards
     --> config.toml:2:10
      |
    2 | shards = "4-3/16"
      |          ^^^^^^^^
      |
      = help: write "auto" for the number that Discord recommends, a number of shards, or "0-3/16" to run the first four of 16 shards in this process

    1 error
    "#);
    insta::assert_snapshot!(diagnostics("[discord]\nshards = true\n"), @r#"
    error: `shards` must be "auto", a number or a range such as "0-3/16", not a boolean
     --> config.toml:2:10
      |
    2 | shards = true
      |          ^^^^

    1 error
    "#);
}

#[test]
fn a_retention_is_a_share_within_limits() {
    insta::assert_snapshot!(diagnostics(&team_with("retention = 90")), @"
    error: `retention` 90 is out of range
     --> config.toml:5:13
      |
    5 | retention = 90
      |             ^^
      |
      = help: write a share from 0.7 to 0.97; with a higher one, questions come back sooner

    1 error
    ");
    insta::assert_snapshot!(diagnostics(&team_with("retention = \"high\"")), @r#"
    error: `retention` must be a number such as 0.9, not a string
     --> config.toml:5:13
      |
    5 | retention = "high"
      |             ^^^^^^
      |
      = help: write a share from 0.7 to 0.97, without quotes

    1 error
    "#);
    assert_eq!(diagnostics(&team_with("retention = 0.97")), "nothing found");
}

/// A config with a mistake in every line that can have one.
const MISTAKES: &str = r#"
tokenfile = "token"

[discord]
api_url = "127.0.0.1:8420"

[bank]
paths = "packs"

[[team]]
guild = 1110000000000000001
channel = "general"
at = "25:00"
timezon = "Europe/Berlin"
days = ["mon", "monday", "fun"]
reveal = "opne"
catch_up = "3 days"
holidays = ["Christmas"]
"#;

#[test]
fn all_errors_are_reported_at_once() {
    insta::assert_snapshot!(diagnostics(MISTAKES), @r#"
    error: unknown key `tokenfile` in the config
     --> config.toml:2:1
      |
    2 | tokenfile = "token"
      | ^^^^^^^^^
      |
      = help: did you mean `token_file`?

    error: "127.0.0.1:8420" is not a URL
     --> config.toml:5:11
      |
    5 | api_url = "127.0.0.1:8420"
      |           ^^^^^^^^^^^^^^^^
      |
      = help: write scheme, host and port, such as "http://127.0.0.1:8420"

    error: `paths` must be an array, not a string
     --> config.toml:8:9
      |
    8 | paths = "packs"
      |         ^^^^^^^
      |
      = help: put it in square brackets

    error: `guild` must be a string, not an integer
      --> config.toml:11:9
       |
    11 | guild = 1110000000000000001
       |         ^^^^^^^^^^^^^^^^^^^
       |
       = help: put it in quotes

    error: "general" is not a Discord id
      --> config.toml:12:11
       |
    12 | channel = "general"
       |           ^^^^^^^^^
       |
       = help: turn on Developer Mode in Discord's settings (Advanced), then right-click the channel and copy its id

    error: "25:00" is not a time of day
      --> config.toml:13:6
       |
    13 | at = "25:00"
       |      ^^^^^^^
       |
       = help: use the 24-hour format, such as "09:00" or "17:30"

    error: unknown key `timezon` in [[team]]
      --> config.toml:14:1
       |
    14 | timezon = "Europe/Berlin"
       | ^^^^^^^
       |
       = help: did you mean `timezone`?

    error: duplicate day "monday"
      --> config.toml:15:16
       |
    15 | days = ["mon", "monday", "fun"]
       |                ^^^^^^^^
       |
       = help: name each day once

    error: "fun" is not a weekday: write mon, tue, wed, thu, fri, sat or sun
      --> config.toml:15:26
       |
    15 | days = ["mon", "monday", "fun"]
       |                          ^^^^^
       |
       = help: write days = ["mon", "tue", "wed", "thu", "fri"] or some of them

    error: unknown reveal rule "opne"
      --> config.toml:16:10
       |
    16 | reveal = "opne"
       |          ^^^^^^
       |
       = help: did you mean `open`?

    error: "3 days" is not a catch-up limit
      --> config.toml:17:12
       |
    17 | catch_up = "3 days"
       |            ^^^^^^^^
       |
       = help: write hours and minutes, such as "3h", "90m" or "1h30m", at most "24h"; "0" means on time only

    error: "Christmas" is not a date
      --> config.toml:18:13
       |
    18 | holidays = ["Christmas"]
       |             ^^^^^^^^^^^
       |
       = help: write it as "2026-12-25"

    12 errors
    "#);
}

#[test]
fn an_unknown_zone_is_never_utc() {
    let text = team_with("").replace("UTC", "Europe/Berln");
    let (config, diagnostics) = parse(&text);
    assert_eq!(config.teams, []);
    insta::assert_snapshot!(render_all(&diagnostics), @r#"
    error: there is no time zone "Europe/Berln" in the IANA database
     --> config.toml:4:12
      |
    4 | timezone = "Europe/Berln"
      |            ^^^^^^^^^^^^^^
      |
      = help: did you mean "Europe/Berlin"?

    1 error
    "#);
}

/// It is compared with the question's time once all keys are read, in whatever order they are.
#[test]
fn a_wrap_up_that_is_too_early_is_an_error() {
    insta::assert_snapshot!(diagnostics(&team_with("wrap_up_at = \"17:00\"\nat = \"16:30\"")), @r#"
    error: a wrap-up at 17:00 is not at least an hour after the question at 16:30
     --> config.toml:5:14
      |
    5 | wrap_up_at = "17:00"
      |              ^^^^^^^
      |
      = help: write "17:30" or later, or "off"

    1 error
    "#);
    assert_eq!(
        diagnostics(&team_with("wrap_up_at = \"17:00\"\nat = \"16:00\"")),
        "nothing found"
    );
}

#[test]
fn two_teams_on_one_channel_are_an_error() {
    insta::assert_snapshot!(diagnostics(&(team_with("") + &team_with(""))), @r#"
    error: two teams on channel 1120000000000000001
     --> config.toml:8:11
      |
    8 | channel = "1120000000000000001"
      |           ^^^^^^^^^^^^^^^^^^^^^
      |
    note: the other team is here
     --> config.toml:3:11
      |
    3 | channel = "1120000000000000001"
      |           ^^^^^^^^^^^^^^^^^^^^^
      = help: a channel can have one team: change one of the channels, or remove one team

    1 error
    "#);
}

/// Ids that Discord can't have given to a server and one of its channels.
#[test]
fn impossible_ids_are_errors() {
    let team = |guild: &str, channel: &str| {
        format!("[[team]]\nguild = \"{guild}\"\nchannel = \"{channel}\"\ntimezone = \"UTC\"\n")
    };
    insta::assert_snapshot!(diagnostics(&team("1120000000000000001", "1110000000000000001")), @r#"
    error: channel 1110000000000000001 is older than its server 1120000000000000001
     --> config.toml:3:11
      |
    3 | channel = "1110000000000000001"
      |           ^^^^^^^^^^^^^^^^^^^^^
      |
    note: the server is here
     --> config.toml:2:9
      |
    2 | guild = "1120000000000000001"
      |         ^^^^^^^^^^^^^^^^^^^^^
      = help: `guild` is the server's id and `channel` the channel's: swap them if they are in each other's place

    1 error
    "#);
    insta::assert_snapshot!(diagnostics(&team("1120000000000000001", "1120000000000000001")), @r#"
    error: 1120000000000000001 is named as a channel and as a server
     --> config.toml:3:11
      |
    3 | channel = "1120000000000000001"
      |           ^^^^^^^^^^^^^^^^^^^^^
      |
    note: the server is here
     --> config.toml:2:9
      |
    2 | guild = "1120000000000000001"
      |         ^^^^^^^^^^^^^^^^^^^^^
      = help: right-click the channel in Discord to copy the channel's id, and the server's icon for the server's id

    1 error
    "#);
    let elsewhere = team("1110000000000000001", "1120000000000000001")
        + &team("1120000000000000001", "1120000000000000002");
    insta::assert_snapshot!(diagnostics(&elsewhere), @r#"
    error: 1120000000000000001 is named as a channel and as a server
     --> config.toml:3:11
      |
    3 | channel = "1120000000000000001"
      |           ^^^^^^^^^^^^^^^^^^^^^
      |
    note: the server is here
     --> config.toml:6:9
      |
    6 | guild = "1120000000000000001"
      |         ^^^^^^^^^^^^^^^^^^^^^
      = help: right-click the channel in Discord to copy the channel's id, and the server's icon for the server's id

    1 error
    "#);
    // Before August 2017 the first channel had the server's id.
    let old = "81384788765712384";
    assert_eq!(parse(&team(old, old)).1, []);
}

/// A token in place of a path is an error, and no error shows a token.
#[test]
fn a_pasted_token_is_not_shown() {
    const TOKEN: &str = "MTExMDAwMDAwMDAwMDAwMDAwOQ.Gh3xYz.n0t-A-real_One-0123456789abcdefghi";
    insta::assert_snapshot!(diagnostics(&format!("token_file = \"{TOKEN}\"\n")), @r#"
    error: `token_file` contains a token, not a path
     --> config.toml:1:14
      |
    1 | token_file = "********************************************************************"
      |              ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: write the token into a file that only the bot's account can read, and name that file here

    1 error
    "#);
    insta::assert_snapshot!(diagnostics(&format!("token = \"{TOKEN}\"\n")), @"
    error: unknown key `token` in the config
     --> config.toml:1:1
      |
    1 | token = **********************************************************************
      | ^^^^^
      |
      = help: the token is not part of the config: remove the line. Write the token into a file that only the bot's account can read and name that file with `token_file`, or set the environment variable DISCORD_TOKEN

    1 error
    ");
    insta::assert_snapshot!(diagnostics(&format!("DISCORD_TOKEN={TOKEN}\n")), @"
    error: invalid TOML: string values must be quoted, expected literal string
     --> config.toml:1:15
      |
    1 | DISCORD_TOKEN=********************************************************************
      |               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: the token is not part of the config: remove the line. Write the token into a file that only the bot's account can read and name that file with `token_file`, or set the environment variable DISCORD_TOKEN

    1 error
    ");
    insta::assert_snapshot!(diagnostics("[state]\nurl = \"mysql://ada:hunter2@db/quiz\"\n"), @r#"
    error: not a PostgreSQL URL
     --> config.toml:2:7
      |
    2 | url = "mysql://ada:*******@db/quiz"
      |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: write postgres://user:password@host:5432/database, with ?sslmode=verify-full for an encrypted connection

    1 error
    "#);
}

#[test]
fn empty_days_and_paths_are_errors() {
    insta::assert_snapshot!(diagnostics(&("token_file = \"\"\n".to_owned() + &team_with("days = []"))), @r#"
    error: `token_file` has an empty path
     --> config.toml:1:14
      |
    1 | token_file = ""
      |              ^^
      |
      = help: write a path, or remove the line

    error: `days` is empty: no question would ever be posted
     --> config.toml:6:8
      |
    6 | days = []
      |        ^^
      |
      = help: write days = ["mon", "tue", "wed", "thu", "fri"] or some of them

    2 errors
    "#);
}

#[test]
fn the_listen_address_is_checked() {
    let (config, found) = parse("[health]\nlisten = \" 127.0.0.1:9420\"\n");
    assert_eq!(found, []);
    assert_eq!(config.health_listen.unwrap().to_string(), "127.0.0.1:9420");
    insta::assert_snapshot!(diagnostics("[health]\nlisten = \"localhost\"\n"), @r#"
    error: "localhost" is not an address to listen on
     --> config.toml:2:10
      |
    2 | listen = "localhost"
      |          ^^^^^^^^^^^
      |
      = help: write an address and a port, such as "127.0.0.1:9420" or "[::1]:9420"

    1 error
    "#);
    let open = parse("[health]\nlisten = \"0.0.0.0:9420\"\n").0;
    assert_eq!(open.health_listen.unwrap().port(), 9420);
    insta::assert_snapshot!(diagnostics("[health]\nlisten = \"0.0.0.0:9420\"\nport = 1\n"), @r#"
    warning: other machines can reach the health endpoints at this address
     --> config.toml:2:10
      |
    2 | listen = "0.0.0.0:9420"
      |          ^^^^^^^^^^^^^^
      |
      = help: use 127.0.0.1, unless a firewall allows only your monitoring

    error: unknown key `port` in [health]
     --> config.toml:3:1
      |
    3 | port = 1
      | ^^^^
      |
      = help: choose from `listen`

    1 error, 1 warning
    "#);
}

#[test]
fn a_syntax_error_has_a_line() {
    insta::assert_snapshot!(diagnostics("[state\ndir = \"state\"\n"), @"
    error: invalid TOML: unclosed table, expected `]`
     --> config.toml:1:7
      |
    1 | [state
      |       ^
      |
      = help: close the brackets around the table's name

    1 error
    ");
    insta::assert_snapshot!(diagnostics("[state]\ndir = \"a\"\ndir = \"b\"\n"), @r#"
    error: duplicate key `dir`
     --> config.toml:3:1
      |
    3 | dir = "b"
      | ^^^
      |
      = help: keep one of them

    1 error
    "#);
}

#[test]
fn windows_line_ends_and_a_byte_order_mark_are_accepted() {
    let text = "\u{feff}".to_owned() + &team_with("at = \"25:00\"").replace('\n', "\r\n");
    let source = Source::decode("config.toml", text.as_bytes()).unwrap();
    let (_, diagnostics) = Config::parse(&source, Path::new(""));
    assert_eq!(diagnostics.len(), 1);
    assert_eq!(diagnostics[0].location.as_ref().unwrap().line, 5);
}

const EXAMPLE: &str = include_str!("../../config.example.toml");

#[test]
fn the_example_is_valid_with_and_without_its_comments() {
    assert_eq!(parse(EXAMPLE), (Config::default(), vec![]));
    let (config, diagnostics) = parse(&uncommented());
    assert_eq!(render_all(&diagnostics), "nothing found");
    assert_eq!(config.teams.len(), 1);
    assert!(config.token_file.is_some() && config.api_url.is_some());
    assert!(config.health_listen.is_some());
}

#[test]
fn the_example_names_every_key() {
    let mut table = String::new();
    let mut named = Vec::new();
    for line in uncommented().lines() {
        if line.starts_with('[') {
            line.clone_into(&mut table);
            named.push((String::new(), line.trim_matches(['[', ']']).to_owned()));
        } else if let Some((key, _)) = line.split_once(" = ") {
            named.push((table.clone(), key.to_owned()));
        }
    }
    named.sort();
    let mut known: Vec<_> = tables()
        .iter()
        .flat_map(|(table, keys)| {
            keys.iter()
                .map(|key| ((*table).to_owned(), (*key).to_owned()))
        })
        .collect();
    known.sort();
    assert_eq!(named, known);
}

/// Each default that the example or the page states is the one that a missing key has.
#[test]
fn the_documents_state_every_key_of_a_team_with_its_default() {
    let page = include_str!("../../docs/settings.md");
    let of_example = |key: &str| {
        let (before, _) = EXAMPLE.split_once(&format!("\n# {key} = "))?;
        let (_, comment) = before.rsplit_once("\n#\n").unwrap_or_default();
        let comment = comment.replace("\n# ", " ");
        let (_, default) = comment.rsplit_once("Default: ")?;
        Some(default.strip_suffix('.')?.to_owned())
    };
    let of_page = |key: &str| {
        let (_, row) = page.split_once(&format!("| `team.{key}` | "))?;
        Some(row.split_once(" |")?.0.replace('`', ""))
    };
    let default = parse(&team_with("")).0.teams.remove(0).settings;
    for setting in TEAM_SETTINGS.iter().filter(|setting| !setting.is_required) {
        let key = setting.key;
        for found in [of_example(key), of_page(key)] {
            let stated = found.unwrap_or_else(|| panic!("`{key}` is missing"));
            let value = match stated.as_str() {
                "none" => continue,
                "Monday to Friday" => "[\"mon-fri\"]",
                value => value,
            };
            let (config, found) = parse(&team_with(&format!("{key} = {value}")));
            assert_eq!(render_all(&found), "nothing found");
            assert_eq!(config.teams[0].settings, default, "{key} = {value}");
        }
    }
}

#[test]
fn the_page_names_every_key() {
    let page = include_str!("../../docs/settings.md");
    for (table, keys) in tables() {
        let table = table.trim_matches(['[', ']']);
        for key in keys {
            let name = match table {
                "" => format!("`{key}`"),
                table => format!("`{table}.{key}`"),
            };
            let is_table = tables()
                .iter()
                .any(|(other, _)| other.trim_matches(['[', ']']) == *key);
            assert!(is_table || page.contains(&name), "{name}");
        }
    }
}

/// The example with its commented settings enabled.
fn uncommented() -> String {
    let setting = |line: &&str| line.starts_with('[') || line.contains(" = ");
    let is_prose = |line: &&str| line.ends_with('.');
    let lines = EXAMPLE.lines().map(|line| line.trim_start_matches("# "));
    let settings: Vec<_> = lines
        .filter(setting)
        .filter(|line| !is_prose(line))
        .collect();
    settings.join("\n")
}

/// A value of the wrong type is corrected at once, not only put in quotes.
#[test]
fn a_value_of_the_wrong_type_says_how_to_write_it() {
    let lines = [
        "at = 900",
        "days = [1, 2, 3]",
        "reveal = true",
        "retention = \"90%\"",
        "report = \"yes\"",
    ];
    let advice = |line: &str| {
        let (_, found) = parse(&team_with(line));
        let texts = found.iter().map(|one| {
            format!(
                "{line}: {}: {}",
                one.message,
                one.fix.clone().unwrap_or_default()
            )
        });
        texts.collect::<Vec<_>>().join("\n")
    };
    insta::assert_snapshot!(lines.map(advice).join("\n"), @r#"
    at = 900: `at` must be a string, not an integer: use the 24-hour format, such as "09:00" or "17:30"
    days = [1, 2, 3]: an item of `days` must be a string, not an integer: write days = ["mon", "tue", "wed", "thu", "fri"] or some of them
    days = [1, 2, 3]: an item of `days` must be a string, not an integer: write days = ["mon", "tue", "wed", "thu", "fri"] or some of them
    days = [1, 2, 3]: an item of `days` must be a string, not an integer: write days = ["mon", "tue", "wed", "thu", "fri"] or some of them
    reveal = true: `reveal` must be a string, not a boolean: write "after-reply" or "open"
    retention = "90%": `retention` must be a number such as 0.9, not a string: write a share from 0.7 to 0.97, without quotes
    report = "yes": `report` must be true or false, not a string: write true or false, without quotes
    "#);
    let zone = "[[team]]\nguild = \"1\"\nchannel = \"2\"\ntimezone = 2\n";
    insta::assert_snapshot!(parse(zone).1[0].fix.clone().unwrap(), @r#"zones are named like "Europe/Berlin", "America/New_York" or "UTC""#);
}

/// In Discord's list of roles, @everyone has the server's id.
#[test]
fn everyone_is_no_role_for_a_team() {
    let team = "[[team]]\nguild = \"1110000000000000001\"\nchannel = \"1120000000000000001\"\n\
                timezone = \"UTC\"\nrole = \"1110000000000000001\"\n";
    let (config, _) = parse(team);
    assert_eq!(config.teams, []);
    insta::assert_snapshot!(diagnostics(team), @r#"
    error: `role` is @everyone, whose id is that of the server
     --> config.toml:5:8
      |
    5 | role = "1110000000000000001"
      |        ^^^^^^^^^^^^^^^^^^^^^
      |
      = help: write the id of a role that the members have; a mention of @everyone as a role notifies nobody

    1 error
    "#);
}

/// Offsets and abbreviations in a config: the place, the cause, and the places that are meant.
#[test]
fn a_vague_time_zone_is_refused_with_places() {
    let team =
        |zone: &str| format!("[[team]]\nguild = \"1\"\nchannel = \"2\"\ntimezone = \"{zone}\"\n");
    insta::assert_snapshot!(diagnostics(&team("GMT+2")), @r#"
    error: "GMT+2" is an offset from UTC, not a time zone
     --> config.toml:4:12
      |
    4 | timezone = "GMT+2"
      |            ^^^^^^^
      |
      = help: name a city that has the time you mean: "Europe/Kyiv" (UTC+2, in summer UTC+3), "Africa/Johannesburg" (UTC+2 all year) or "Europe/Berlin" (UTC+1, in summer UTC+2)

    1 error
    "#);
    insta::assert_snapshot!(diagnostics(&team("EST")), @r#"
    error: "EST" is an abbreviation, not a time zone
     --> config.toml:4:12
      |
    4 | timezone = "EST"
      |            ^^^^^
      |
      = help: name a city that has the time you mean: "America/New_York" (UTC-5, in summer UTC-4), "America/Panama" (UTC-5 all year) or "America/Toronto" (UTC-5, in summer UTC-4)

    1 error
    "#);
}
