//! Tests of serenity's rate limiter, which is on in production and off behind a proxy. They use the
//! production path: TLS, and the sandbox under Discord's host name.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use rcgen::CertifiedKey;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use super::*;
use crate::bot::render::message::Message;
use discord_sandbox::faults::{FaultRule, RequestFault};
use discord_sandbox::{Options, Sandbox, ids};

/// Host name that serenity uses for Discord.
const DISCORD: &str = "discord.com";

/// Starts a TLS proxy in front of the sandbox. Returns its address and certificate.
async fn start_tls_proxy(sandbox: &Sandbox) -> (SocketAddr, Vec<u8>) {
    let CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed([DISCORD.to_owned()]).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, sandbox_address) = (listener.local_addr().unwrap(), sandbox.address());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let mut client = acceptor.accept(stream).await.unwrap();
                let mut server = TcpStream::connect(sandbox_address).await.unwrap();
                // An error means that one side has closed the connection.
                let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
            });
        }
    });
    (address, cert.der().to_vec())
}

/// Creates a client as in production, except for the address behind Discord's host name.
async fn production_client() -> (Sandbox, DiscordClient) {
    let options = Options {
        hosts: vec![DISCORD.to_owned()],
        ..Options::default()
    };
    let sandbox = Sandbox::start(options).await.unwrap();
    let (address, certificate) = start_tls_proxy(&sandbox).await;
    let client = reqwest::Client::builder()
        .use_rustls_tls()
        .no_proxy()
        .resolve(DISCORD, address)
        .add_root_certificate(reqwest::Certificate::from_der(&certificate).unwrap())
        .build()
        .unwrap();
    let http = HttpBuilder::new(sandbox.token())
        .client(client.clone())
        .build();
    assert!(http.ratelimiter.is_some(), "the limiter is on");
    let rest = DiscordClient {
        interactions: InteractionClient::new(client, None),
        http,
        downloads: Downloader::new(None),
        limiter: RestLimiter::new(1_000),
        health: None,
        timeout: REQUEST_TIMEOUT,
        command_ids: OnceLock::new(),
    };
    rest.application().await.unwrap();
    (sandbox, rest)
}

/// An interaction that the sandbox does not know, with more time than a test needs.
const fn unanswered(id: u64) -> Unanswered<'static> {
    Unanswered {
        id,
        token: "nobody",
        time_left: REQUEST_TIMEOUT,
    }
}

async fn bucket_count(rest: &DiscordClient) -> usize {
    let limiter = rest.http.ratelimiter.as_ref().unwrap();
    limiter.routes().read().await.len()
}

/// h. The limiter keeps an entry for every requested thread until it is cleared. Interaction
/// responses leave none.
#[tokio::test]
async fn clearing_rate_limits_drops_all_entries() {
    let (_sandbox, rest) = production_client().await;
    let answer = json!({ "type": 4, "data": { "content": "" } });
    let before = bucket_count(&rest).await;
    for interaction in 1..200 {
        // The interaction does not exist, and the error is parsed as usual.
        let refused = rest.respond(unanswered(interaction), &answer, None).await;
        assert!(
            matches!(refused, Err(ApiError::NotFound { code: 10_062, .. })),
            "{refused:?}"
        );
    }
    assert_eq!(bucket_count(&rest).await, before);
    for thread in 1..20 {
        let unknown = rest.channel(ChannelId::new(thread)).await;
        assert!(
            matches!(unknown, Err(ApiError::NotFound { .. })),
            "{unknown:?}"
        );
    }
    assert!(bucket_count(&rest).await >= before + 19);
    rest.clear_rate_limits().await;
    assert_eq!(bucket_count(&rest).await, 0);
    rest.gateway().await.expect("the client still works");
}

/// h. A 429 on an interaction response is waited for without serenity's limiter, unless Discord
/// does not say how long.
#[tokio::test]
async fn a_rate_limit_on_a_response_is_waited_for() {
    let (sandbox, rest) = production_client().await;
    let answer = json!({ "type": 4, "data": { "content": "" } });
    let limited = RequestFault::too_many_requests(0.5, "user");
    sandbox.add_fault(FaultRule::on("Callback"), limited);
    let started = Instant::now();
    let refused = rest.respond(unanswered(1), &answer, None).await;
    assert!(
        matches!(refused, Err(ApiError::NotFound { .. })),
        "{refused:?}"
    );
    assert!(started.elapsed() >= Duration::from_millis(500));
    let without_duration = RequestFault::Answer {
        status: 429,
        body: "<h1>rate limited</h1>".to_owned(),
        headers: Vec::new(),
    };
    sandbox.add_fault(FaultRule::on("Callback"), without_duration);
    let given_up = rest.respond(unanswered(1), &answer, None).await;
    assert!(
        matches!(given_up, Err(ApiError::Transient(_))),
        "{given_up:?}"
    );
}

/// A response that can't be read is no sign that Discord can't be reached, and may be a success.
#[tokio::test]
async fn an_unreadable_response_is_named_as_such() {
    let (sandbox, rest) = production_client().await;
    let channel = ChannelId::new(ids::ASYNCIO);
    for route in ["CreateMessage", "Channel"] {
        let rule = FaultRule::on(route).always();
        sandbox.add_fault(rule, RequestFault::malformed_body());
    }
    let sent = rest.send_message(channel, &Message::text("hello")).await;
    let sent = sent.unwrap_err();
    assert!(sent.is_transient());
    insta::assert_snapshot!(sent, @"the request to Discord failed: its response could not be read (expected value at line 1 column 1)");
    let read = rest.channel(channel).await.unwrap_err();
    assert!(
        read.to_string().contains("its response could not be read"),
        "{read}"
    );
}

/// h, j. A 429 is waited for as long as Discord says. If that is too long, the request fails.
#[tokio::test]
async fn a_rate_limit_is_waited_for_within_the_timeout() {
    let (sandbox, mut rest) = production_client().await;
    let channel = ChannelId::new(ids::ASYNCIO);
    let mut hello = Message::default();
    hello.content = Some("hello".into());
    sandbox.add_fault(
        FaultRule::on("CreateMessage"),
        RequestFault::too_many_requests(0.5, "user"),
    );
    rest.send_message(channel, &hello)
        .await
        .expect("sent when the limit has passed");
    sandbox.add_fault(
        FaultRule::on("CreateMessage").always(),
        RequestFault::too_many_requests(600.0, "user"),
    );
    rest.timeout = Duration::from_secs(2);
    let given_up = rest.send_message(channel, &hello).await;
    assert!(
        matches!(given_up, Err(ApiError::Transient(_))),
        "{given_up:?}"
    );
    assert_eq!(sandbox.messages(ids::ASYNCIO, ids::ADA).len(), 1);
}

/// i. All deferred responses share one bucket of the limiter, so a limit on one delays the others.
/// Direct responses, which members normally get, don't share a bucket.
#[tokio::test]
async fn a_limit_on_a_deferred_response_does_not_delay_direct_responses() {
    let (sandbox, rest) = production_client().await;
    let limited = RequestFault::too_many_requests(600.0, "user");
    sandbox.add_fault(FaultRule::on("EditOriginal").always(), limited);
    let message = Message::default();
    let direct = json!({ "type": 4, "data": { "content": "" } });
    let stuck = rest.edit_original_response("one", &message, None);
    tokio::pin!(stuck);
    let started = Instant::now();
    let others = async {
        for interaction in 1..20 {
            let _ = rest.respond(unanswered(interaction), &direct, None).await;
        }
    };
    tokio::select! {
        _ = &mut stuck => panic!("the deferred response is rate limited"),
        () = others => {}
    }
    assert!(started.elapsed() < REQUEST_TIMEOUT);
}
