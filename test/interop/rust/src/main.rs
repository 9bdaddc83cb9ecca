//! A peer on rust-libp2p that speaks as much of Synod as an interop test needs. It reads commands from standard input, one a line, and
//! tells on standard output what happens. See test/interop/foreign-peer.ts.

use std::collections::{HashMap, HashSet};
use std::error::Error;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures::{AsyncReadExt, AsyncWriteExt, StreamExt};
use libp2p::core::{transport::Transport, upgrade};
use libp2p::swarm::{NetworkBehaviour, SwarmEvent};
use libp2p::{gossipsub, identify, noise, ping, tcp, tls, yamux};
use libp2p::{Multiaddr, PeerId, Stream, StreamProtocol, Swarm, SwarmBuilder};
use sha2::{Digest, Sha256};
use tokio::io::AsyncBufReadExt;
use tokio::sync::mpsc::UnboundedSender;

const HELLO: StreamProtocol = StreamProtocol::new("/synod/hello/1");
const REQUEST: StreamProtocol = StreamProtocol::new("/synod/req/status/1");

const FRAME_HELLO: u8 = 1;
const FRAME_ACCEPT: u8 = 2;
const FRAME_REFUSE: u8 = 3;
const FRAME_PING: u8 = 5;
const FRAME_PONG: u8 = 6;
const FRAME_GOODBYE: u8 = 8;

type Failure = Box<dyn Error + Send + Sync>;

#[derive(NetworkBehaviour)]
struct Behaviour {
    identify: identify::Behaviour,
    ping: ping::Behaviour,
    gossip: gossipsub::Behaviour,
    stream: libp2p_stream::Behaviour,
}

// --- frames: a kind, three bytes of length, the payload

async fn write_frame(to: &mut Stream, kind: u8, payload: &[u8]) -> std::io::Result<()> {
    let n = payload.len();
    let mut bytes = vec![kind, (n >> 16) as u8, (n >> 8) as u8, n as u8];
    bytes.extend_from_slice(payload);
    to.write_all(&bytes).await?;
    to.flush().await
}

async fn read_frame(from: &mut Stream) -> std::io::Result<(u8, Vec<u8>)> {
    let mut header = [0u8; 4];
    from.read_exact(&mut header).await?;
    let mut payload = vec![0u8; (header[1] as usize) << 16 | (header[2] as usize) << 8 | header[3] as usize];
    from.read_exact(&mut payload).await?;
    Ok((header[0], payload))
}

// --- the hello, in MessagePack

fn hello(chain_id: &[u8], genesis_root: &[u8]) -> Vec<u8> {
    let agent = b"synod-interop-rust";
    let nonce = Sha256::digest(format!("{:?}", SystemTime::now().duration_since(UNIX_EPOCH)));
    let mut out = vec![0x9d]; // an array of 13
    for bytes in [chain_id, genesis_root] {
        out.extend_from_slice(&[0xc4, bytes.len() as u8]);
        out.extend_from_slice(bytes);
    }
    out.extend_from_slice(&[1, 1]); // protocol versions
    out.extend_from_slice(&[0x90, 0, 0x90]); // no capabilities, height 0, no listen addresses
    out.push(0xa0 | agent.len() as u8);
    out.extend_from_slice(agent);
    out.extend_from_slice(&[0xc4, 32]);
    out.extend_from_slice(&nonce);
    out.extend_from_slice(&[0, 0xc2, 0xc0, 0x90]); // no work, no stake granted, no stake key, no extensions
    out
}

/// The control stream, from either side: says hello, accepts the other's, and answers pings for as long as it lives.
async fn control(peer: PeerId, mut stream: Stream, own: Vec<u8>, greeted: UnboundedSender<PeerId>) -> std::io::Result<()> {
    write_frame(&mut stream, FRAME_HELLO, &own).await?;
    let mut accepts = 0;
    loop {
        let (kind, payload) = read_frame(&mut stream).await?;
        match kind {
            FRAME_HELLO => {
                let order = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |age| age.as_millis() as u64);
                write_frame(&mut stream, FRAME_ACCEPT, &order.to_be_bytes()).await?;
                accepts += 1;
            }
            FRAME_ACCEPT => accepts += 1,
            FRAME_PING => write_frame(&mut stream, FRAME_PONG, &payload).await?,
            FRAME_REFUSE | FRAME_GOODBYE => println!("refused {}", String::from_utf8_lossy(&payload)),
            _ => {}
        }
        if accepts == 2 {
            accepts = 3;
            let _ = greeted.send(peer);
        }
    }
}

/// Answers every request with its own bytes, backwards.
async fn serve(mut stream: Stream) -> std::io::Result<()> {
    loop {
        let (kind, payload) = read_frame(&mut stream).await?;
        if kind != 1 || payload.len() < 4 {
            continue;
        }
        let (id, message) = payload.split_at(4);
        let answer: Vec<u8> = id.iter().copied().chain(message.iter().rev().copied()).collect();
        write_frame(&mut stream, 1, &answer).await?;
        write_frame(&mut stream, 2, id).await?;
    }
}

async fn request(mut stream: Stream, message: Vec<u8>) -> std::io::Result<()> {
    let mut payload = vec![0, 0, 0, 1];
    payload.extend_from_slice(&message);
    write_frame(&mut stream, 1, &payload).await?;
    let mut whole = Vec::new();
    loop {
        let (kind, part) = read_frame(&mut stream).await?;
        if kind != 1 {
            break;
        }
        whole.extend_from_slice(&part[4..]);
    }
    println!("answered {}", to_hex(&whole));
    // A stream that ends takes its connection with it.
    while read_frame(&mut stream).await.is_ok() {}
    Ok(())
}

fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn from_hex(text: &str) -> Vec<u8> {
    (0..text.len() / 2).filter_map(|at| u8::from_str_radix(&text[at * 2..at * 2 + 2], 16).ok()).collect()
}

fn behaviour(key: &libp2p::identity::Keypair) -> Result<Behaviour, Failure> {
    let about = identify::Config::new("/synod-interop/1".into(), key.public()).with_agent_version("synod-interop-rust".into());
    let config = gossipsub::ConfigBuilder::default()
        .validation_mode(gossipsub::ValidationMode::Anonymous)
        .message_id_fn(|message: &gossipsub::Message| {
            let digest = Sha256::new().chain_update(message.topic.as_str()).chain_update(&message.data).finalize();
            gossipsub::MessageId::from(&digest[..20])
        })
        .build()?;
    Ok(Behaviour {
        identify: identify::Behaviour::new(about),
        ping: ping::Behaviour::new(ping::Config::new().with_interval(Duration::from_millis(500))),
        gossip: gossipsub::Behaviour::new(gossipsub::MessageAuthenticity::Anonymous, config)?,
        stream: libp2p_stream::Behaviour::new(),
    })
}

macro_rules! swarm_over {
    ($security:expr) => {
        SwarmBuilder::with_new_identity()
            .with_tokio()
            .with_tcp(tcp::Config::default(), $security, yamux::Config::default)?
            .with_quic()
            .with_other_transport(|key| -> Result<_, Failure> {
                // Not the builder's own, which resolves names: that would be the greater part of what is built.
                let tcp = tcp::tokio::Transport::new(tcp::Config::default());
                let sockets = libp2p_websocket::Config::new(tcp).upgrade(upgrade::Version::V1);
                Ok(sockets.authenticate($security(key)?).multiplex(yamux::Config::default()))
            })?
            .with_behaviour(behaviour)?
            .with_swarm_config(|config| config.with_idle_connection_timeout(Duration::from_secs(3600)))
            .build()
    };
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().collect();
    let mut swarm: Swarm<Behaviour> = if arguments[1] == "tls" { swarm_over!(tls::Config::new) } else { swarm_over!(noise::Config::new) };
    swarm.listen_on(arguments[2].parse()?)?;
    let own = hello(&from_hex(&arguments[3]), &from_hex(&arguments[4]));
    let topic = gossipsub::IdentTopic::new(format!("/synod/{}/blocks", &arguments[3][..16]));

    let streams = swarm.behaviour().stream.new_control();
    let mut controls = streams.clone().accept(HELLO)?;
    let mut requests = streams.clone().accept(REQUEST)?;
    let (greeted_tx, mut greeted) = tokio::sync::mpsc::unbounded_channel();
    let mut commands = tokio::io::BufReader::new(tokio::io::stdin()).lines();
    let mut identified: HashMap<PeerId, (String, usize)> = HashMap::new();
    let mut ponged: HashMap<PeerId, u128> = HashMap::new();
    let mut asked: HashSet<(&'static str, PeerId)> = HashSet::new();
    let mut dialling: HashSet<PeerId> = HashSet::new();
    println!("ready {}", swarm.local_peer_id());

    loop {
        tokio::select! {
            Some((peer, stream)) = controls.next() => {
                tokio::spawn(control(peer, stream, own.clone(), greeted_tx.clone()));
            }
            Some((_, stream)) = requests.next() => { tokio::spawn(serve(stream)); }
            Some(peer) = greeted.recv() => {
                // Its subscription is news to the other side only now: a gossip stream before hello is reset.
                swarm.behaviour_mut().gossip.subscribe(&topic)?;
                println!("greeted {peer}");
            }
            event = swarm.select_next_some() => match event {
                SwarmEvent::NewListenAddr { address, .. } => println!("listening {address}/p2p/{}", swarm.local_peer_id()),
                SwarmEvent::ConnectionEstablished { peer_id, .. } if dialling.remove(&peer_id) => {
                    let (mut opener, own, greeted) = (streams.clone(), own.clone(), greeted_tx.clone());
                    tokio::spawn(async move {
                        match opener.open_stream(peer_id, HELLO).await {
                            Ok(stream) => { let _ = control(peer_id, stream, own, greeted).await; }
                            Err(error) => println!("failed {error}"),
                        }
                    });
                }
                SwarmEvent::OutgoingConnectionError { error, .. } => println!("failed {error}"),
                SwarmEvent::Behaviour(BehaviourEvent::Identify(identify::Event::Received { peer_id, info, .. })) => {
                    identified.insert(peer_id, (info.agent_version, info.protocols.len()));
                }
                SwarmEvent::Behaviour(BehaviourEvent::Ping(ping::Event { peer, result: Ok(trip), .. })) => {
                    ponged.insert(peer, trip.as_millis());
                }
                SwarmEvent::Behaviour(BehaviourEvent::Gossip(gossipsub::Event::Message { message, .. })) => {
                    println!("heard {}", to_hex(&message.data));
                }
                _ => {}
            },
            line = commands.next_line() => {
                let Some(line) = line? else { return Ok(()) };
                let words: Vec<&str> = line.split_whitespace().collect();
                match words[0] {
                    "dial" => {
                        let address: Multiaddr = words[1].parse()?;
                        if let Some(libp2p::multiaddr::Protocol::P2p(peer)) = address.iter().last() { dialling.insert(peer); }
                        swarm.dial(address)?;
                    }
                    "identify" => { asked.insert(("identify", words[1].parse()?)); }
                    "ping" => { asked.insert(("ping", words[1].parse()?)); }
                    "request" => {
                        let (mut opener, peer, message) = (streams.clone(), words[1].parse()?, from_hex(words[2]));
                        tokio::spawn(async move {
                            match opener.open_stream(peer, REQUEST).await {
                                Ok(stream) => { let _ = request(stream, message).await; }
                                Err(error) => println!("failed {error}"),
                            }
                        });
                    }
                    "publish" => {
                        if let Err(error) = swarm.behaviour_mut().gossip.publish(topic.clone(), from_hex(words[1])) { println!("unpublished {error}"); }
                    }
                    _ => {}
                }
            }
        }
        asked.retain(|(what, peer)| match (*what, identified.get(peer), ponged.get(peer)) {
            ("identify", Some((agent, protocols)), _) => { println!("identified {agent} {protocols}"); false }
            ("ping", _, Some(trip)) => { println!("ponged {trip}"); false }
            _ => true,
        });
    }
}
