//! Files that members choose for an option of a command: upload, interaction and download.

use std::time::Duration;

use discord_sandbox::exchange::ExchangeCheck as _;
use discord_sandbox::faults::{FaultRule, RequestFault};
use discord_sandbox::{Sandbox, ids};
use reqwest::multipart::{Form, Part};
use reqwest::redirect::Policy;
use serde_json::{Value, json};
use serenity::all::{Event, Interaction};

use super::client::{Bot, assert_matches_openapi, call, sandbox};
use super::raw_socket::RawSocket;
use crate::openapi;

const CSV: &str = "question,answer\nWhy?,Because.\n";

/// Starts a sandbox with the command `/bank import file:`, in a group.
async fn with_command() -> Sandbox {
    let sandbox = sandbox().await;
    let file = json!({ "type": 11, "name": "file", "description": "x", "required": true });
    let commands = json!([{ "name": "bank", "description": "x", "options": [
        { "type": 2, "name": "questions", "description": "x", "options": [
            { "type": 1, "name": "import", "description": "x", "options": [file] },
        ] },
    ] }]);
    let path = format!("/applications/{}/commands", ids::APP);
    let (status, registered) = call(&sandbox, "PUT", &path, commands).await;
    assert_eq!(status, 200, "{registered}");
    sandbox
}

/// Runs the command as Ada without waiting for a response.
fn import(sandbox: &Sandbox, attachment: u64) -> tokio::task::JoinHandle<()> {
    let sandbox = sandbox.clone();
    tokio::spawn(async move {
        let options = [("file", json!(attachment.to_string()))];
        let command = sandbox.command(ids::ASYNCIO, ids::ADA, "bank questions import", &options);
        command.await;
    })
}

/// Downloads as a bot would that follows no redirect. Returns the status and the text.
async fn download(url: &str) -> (u16, String) {
    let client = reqwest::Client::builder().redirect(Policy::none()).build();
    let answer = client.unwrap().get(url).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

/// Uploads a file as Ada, runs the command, and returns the interaction's data and the file's URL.
async fn uploaded(sandbox: &Sandbox) -> (Value, String) {
    let mut gateway = RawSocket::connect(sandbox).await;
    gateway.identify(sandbox, 513).await;
    gateway.event("READY").await;
    let attachment = sandbox.upload(ids::ADA, "my questions.csv", CSV).unwrap();
    let command = import(sandbox, attachment);
    let mut interaction = gateway.event("INTERACTION_CREATE").await;
    command.abort();
    if let Some(description) = openapi::shared() {
        let found = description.event_violations("INTERACTION_CREATE", &interaction);
        assert_eq!(found, Some(Vec::new()));
        let mut broken = interaction.clone();
        broken["data"]["resolved"]["attachments"][attachment.to_string()]["size"] = json!("31");
        let found = description.event_violations("INTERACTION_CREATE", &broken);
        assert_eq!(found.map(|found| found.len()), Some(1));
    }
    let data = interaction["data"].take();
    let id = attachment.to_string();
    assert_eq!(
        data["options"][0]["options"][0]["options"][0],
        json!({ "name": "file", "type": 11, "value": id })
    );
    let file = &data["resolved"]["attachments"][&id];
    let url = file["url"].as_str().unwrap().to_owned();
    (file.clone(), url)
}

/// The option's value is the attachment's id, and the attachment is beside the options.
#[tokio::test]
async fn a_file_reaches_the_bot_by_its_url() {
    let sandbox = with_command().await;
    let (file, url) = uploaded(&sandbox).await;
    assert_eq!(file["filename"], "my_questions.csv");
    assert_eq!(file["size"], CSV.len());
    assert_eq!(file["ephemeral"], true);
    let prefix = format!("{}/ephemeral-attachments/{}/", sandbox.url(), ids::APP);
    assert!(url.starts_with(&prefix), "{url}");
    assert_eq!(download(&url).await, (200, CSV.to_owned()));
    // The signature in the query is needed, and ends after a day.
    let (without_query, _) = url.split_once('?').unwrap();
    assert_eq!(download(without_query).await.0, 404);
    assert_eq!(download(&url.replace("hm=", "hm=0")).await.0, 404);
    let request = sandbox.requests().pop().unwrap();
    assert_eq!(
        (request.route.as_str(), request.has_token),
        ("Attachment", false)
    );
    let almost_a_day = Duration::from_secs(24 * 60 * 60 - 1);
    sandbox.clock().advance(almost_a_day).await.unwrap();
    assert_eq!(download(&url).await.0, 200);
    sandbox
        .clock()
        .advance(Duration::from_secs(1))
        .await
        .unwrap();
    assert_eq!(download(&url).await.0, 404);
    assert_matches_openapi(&sandbox);
}

#[tokio::test]
async fn serenity_parses_the_attachment() {
    let sandbox = with_command().await;
    let mut bot = Bot::connect(&sandbox).await;
    let attachment = sandbox.upload(ids::ADA, "questions.csv", CSV).unwrap();
    let command = import(&sandbox, attachment);
    let Event::InteractionCreate(created) = bot.next("INTERACTION_CREATE").await else {
        panic!("another event");
    };
    let Interaction::Command(command_data) = created.interaction else {
        panic!("another interaction");
    };
    let files: Vec<_> = command_data.data.resolved.attachments.values().collect();
    assert_eq!(files.len(), 1);
    assert_eq!(
        (files[0].filename.as_str(), files[0].size),
        ("questions.csv", 30)
    );
    command.await.unwrap();
}

#[tokio::test]
async fn the_client_accepts_only_files_that_the_member_uploaded() {
    let sandbox = with_command().await;
    let refused = async |user, value: Value| {
        let options = [("file", value)];
        let command = sandbox.command(ids::ASYNCIO, user, "bank questions import", &options);
        match command.await {
            discord_sandbox::client::ClientOutcome::Failed(reason) => reason,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(
        refused(ids::ADA, json!("7")).await,
        "You uploaded no file with the id 7."
    );
    let of_lin = sandbox
        .upload(ids::LIN, "questions.csv", CSV)
        .unwrap()
        .to_string();
    let expected = format!("You uploaded no file with the id {of_lin}.");
    assert_eq!(refused(ids::ADA, json!(of_lin)).await, expected);
    let named = refused(ids::ADA, json!("questions.csv")).await;
    assert_eq!(named, "\"questions.csv\" is not a valid value for file.");
    let large = vec![b' '; 10 * 1024 * 1024 + 1];
    let error = sandbox.upload(ids::ADA, "large.csv", large).unwrap_err();
    assert_eq!(error.to_string(), "The file is larger than 10 MiB.");
    assert!(sandbox.upload(7, "questions.csv", CSV).is_err());
}

/// The upload over HTTP, as `curl -F as=… -F file=@…` sends it.
#[tokio::test]
async fn a_file_is_uploaded_over_http() {
    let sandbox = with_command().await;
    let client = reqwest::Client::new();
    let url = format!("{}/sandbox/upload", sandbox.url());
    let file = |text: String| Part::text(text).file_name("questions.csv");
    let send = async |form: Form| {
        let answer = client.post(&url).multipart(form).send().await.unwrap();
        (
            answer.status().as_u16(),
            answer.json::<Value>().await.unwrap(),
        )
    };
    let form = Form::new()
        .text("as", ids::ADA.to_string())
        .part("file", file(CSV.into()));
    let (status, answer) = send(form).await;
    assert_eq!(status, 200, "{answer}");
    let mut gateway = RawSocket::connect(&sandbox).await;
    gateway.identify(&sandbox, 513).await;
    gateway.event("READY").await;
    let command = import(
        &sandbox,
        answer["attachment"].as_str().unwrap().parse().unwrap(),
    );
    let interaction = gateway.event("INTERACTION_CREATE").await;
    command.abort();
    let attachments = &interaction["data"]["resolved"]["attachments"];
    let (_, file_json) = attachments.as_object().unwrap().iter().next().unwrap();
    assert_eq!(download(file_json["url"].as_str().unwrap()).await.1, CSV);

    let large = " ".repeat(10 * 1024 * 1024 + 1);
    for (form, expected) in [
        (
            Form::new().part("file", file(CSV.into())),
            "\"as\" and \"file\"",
        ),
        (
            Form::new().text("as", "ada").part("file", file(CSV.into())),
            "not an id",
        ),
        (
            Form::new().text("as", "7").part("file", file(CSV.into())),
            "no such user",
        ),
        (
            Form::new()
                .text("as", ids::ADA.to_string())
                .part("file", file(large)),
            "larger than 10 MiB",
        ),
    ] {
        let (status, answer) = send(form).await;
        let error = answer["error"].as_str().unwrap_or_default();
        assert!(
            status == 400 && error.contains(expected),
            "{status} {answer}"
        );
    }
    let answer = client.post(&url).body("as=7").send().await.unwrap();
    assert_eq!(answer.status(), 400);
}

#[tokio::test]
async fn downloads_fail_as_tests_want_it() {
    let sandbox = with_command().await;
    let (_, url) = uploaded(&sandbox).await;
    let fail = |fault| sandbox.add_fault(FaultRule::on("Attachment"), fault);
    fail(RequestFault::not_found());
    let gone = "This content is no longer available.";
    assert_eq!(download(&url).await, (404, gone.to_owned()));
    fail(RequestFault::redirect("https://example.com/other"));
    let client = reqwest::Client::builder().redirect(Policy::none()).build();
    let answer = client.unwrap().get(&url).send().await.unwrap();
    assert_eq!(answer.status(), 302);
    assert_eq!(answer.headers()["location"], "https://example.com/other");
    fail(RequestFault::Endless);
    let mut answer = reqwest::get(&url).await.unwrap();
    assert_eq!(
        (answer.status().as_u16(), answer.content_length()),
        (200, None)
    );
    let mut length = 0;
    while length < 3 * 1024 * 1024 {
        length += answer.chunk().await.unwrap().unwrap().len();
    }
    drop(answer);
    // The same over HTTP.
    let faults = format!("{}/sandbox/fault", sandbox.url());
    for (fault, status) in [("404", 404), ("redirect", 302), ("endless", 200)] {
        let body = json!({ "fault": fault, "route": "Attachment", "to": "https://example.com/" });
        let added = reqwest::Client::new()
            .post(&faults)
            .json(&body)
            .send()
            .await;
        assert_eq!(added.unwrap().status(), 200);
        let client = reqwest::Client::builder().redirect(Policy::none()).build();
        let answer = client.unwrap().get(&url).send().await.unwrap();
        assert_eq!(answer.status(), status, "{fault}");
    }
    assert_eq!(download(&url).await, (200, CSV.to_owned()));
    // Downloads count neither towards the limits of the API nor as one of its operations.
    assert_eq!(
        sandbox.busiest_second(),
        1,
        "the registration of the command"
    );
    assert_matches_openapi(&sandbox);
}
