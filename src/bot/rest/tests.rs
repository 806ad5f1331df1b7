//! Serenity's own rate limiter, which is off behind a proxy and on in front of Discord: the production path, over
//! TLS, against the sandbox under Discord's name.

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
use crate::sandbox::faults::{FaultRule, RequestFault};
use crate::sandbox::{Options, Sandbox, ids};

/// The name under which serenity knows Discord.
const DISCORD: &str = "discord.com";

/// The sandbox behind TLS; the address, and the certificate that is to be trusted.
async fn behind_tls(sandbox: &Sandbox) -> (SocketAddr, Vec<u8>) {
    let CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed([DISCORD.to_owned()]).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, behind) = (listener.local_addr().unwrap(), sandbox.address());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let mut outside = acceptor.accept(stream).await.unwrap();
                let mut inside = TcpStream::connect(behind).await.unwrap();
                // One side closing is the usual end.
                let _ = tokio::io::copy_bidirectional(&mut outside, &mut inside).await;
            });
        }
    });
    (address, cert.der().to_vec())
}

/// The API as in production, but for the address behind Discord's name.
async fn production() -> (Sandbox, DiscordClient) {
    let sandbox = Sandbox::start(Options::default()).await.unwrap();
    let (address, certificate) = behind_tls(&sandbox).await;
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
        limiter: RestLimiter::new(1_000),
        vitals: None,
    };
    rest.application().await.unwrap();
    (sandbox, rest)
}

async fn buckets(rest: &DiscordClient) -> usize {
    let limiter = rest.http.ratelimiter.as_ref().unwrap();
    limiter.routes().read().await.len()
}

/// h. The limiter keeps an entry for every thread it has ever asked for, until we clear it. Answers leave none.
#[tokio::test]
async fn what_the_limiter_remembers_is_forgotten() {
    let (_sandbox, rest) = production().await;
    let answer = json!({ "type": 4, "data": { "content": "" } });
    let before = buckets(&rest).await;
    for interaction in 1..200 {
        // Nobody asked; what Discord says then is read as ever.
        let refused = rest.respond(interaction, "nobody", &answer, None).await;
        assert!(
            matches!(refused, Err(ApiError::NotFound { code: 10_062, .. })),
            "{refused:?}"
        );
    }
    assert_eq!(buckets(&rest).await, before);
    for thread in 1..20 {
        let unknown = rest.channel(ChannelId::new(thread)).await;
        assert!(
            matches!(unknown, Err(ApiError::NotFound { .. })),
            "{unknown:?}"
        );
    }
    assert!(buckets(&rest).await >= before + 19);
    rest.clear_rate_limits().await;
    assert_eq!(buckets(&rest).await, 0);
    rest.gateway().await.expect("it works as before");
}

/// h. A limit on an answer is waited for without serenity's limiter, unless Discord does not say for how long.
#[tokio::test]
async fn a_limit_on_an_answer_is_waited_for() {
    let (sandbox, rest) = production().await;
    let answer = json!({ "type": 4, "data": { "content": "" } });
    let limited = RequestFault::too_many_requests(0.5, "user");
    sandbox.add_fault(FaultRule::on("Callback"), limited);
    let started = Instant::now();
    let refused = rest.respond(1, "nobody", &answer, None).await;
    assert!(
        matches!(refused, Err(ApiError::NotFound { .. })),
        "{refused:?}"
    );
    assert!(started.elapsed() >= Duration::from_millis(500));
    let silent = RequestFault::Answer {
        status: 429,
        body: "<h1>rate limited</h1>".to_owned(),
        headers: Vec::new(),
    };
    sandbox.add_fault(FaultRule::on("Callback"), silent);
    let given_up = rest.respond(1, "nobody", &answer, None).await;
    assert!(
        matches!(given_up, Err(ApiError::Transient(_))),
        "{given_up:?}"
    );
}

/// h, j. A 429 is waited for as long as Discord says, and one that lasts too long is given up.
#[tokio::test]
async fn a_rate_limit_is_waited_for_and_not_for_ever() {
    let (sandbox, rest) = production().await;
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
    let given_up = rest.send_message(channel, &hello).await;
    assert!(
        matches!(given_up, Err(ApiError::Transient(_))),
        "{given_up:?}"
    );
    assert_eq!(sandbox.messages(ids::ASYNCIO, ids::ADA).len(), 1);
}

/// i. All filled-in answers share one of the limiter's buckets, so that one member's limit holds up all the others'.
/// Direct answers do not, and those are what members get.
#[tokio::test]
async fn a_limit_on_one_members_answer_holds_up_nobody_who_is_answered_directly() {
    let (sandbox, rest) = production().await;
    let limited = RequestFault::too_many_requests(600.0, "user");
    sandbox.add_fault(FaultRule::on("EditOriginal").always(), limited);
    let message = Message::default();
    let direct = json!({ "type": 4, "data": { "content": "" } });
    let stuck = rest.edit_original_response("one", &message, None);
    tokio::pin!(stuck);
    let started = Instant::now();
    let others = async {
        for interaction in 1..20 {
            let _ = rest.respond(interaction, "nobody", &direct, None).await;
        }
    };
    tokio::select! {
        _ = &mut stuck => panic!("it is limited"),
        () = others => {}
    }
    assert!(started.elapsed() < REQUEST_TIMEOUT);
}
