//! `taibai scene`, `taibai stamp`, `taibai identify` and `taibai status`: an operator's words to a running controller, over its HTTP API.

use crate::cli::{IdentifyArgs, SceneArgs, StampArgs, StatusArgs, Switch};
use crate::exit::Failure;
use anyhow::anyhow;
use controller::{HallStatus, Identified, SceneRecalled, StampSet, WallStatus, time_of_day};
use controller_client::{AskError, Client, Door, Token};
use serde::de::DeserializeOwned;
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// The controller puts a scene on air within [`controller::PREPARE_WITHIN`] and [`controller::COMMIT_LEAD`].
const ON_AIR_WITHIN: Duration = Duration::from_secs(10);
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// A client of the door for this machine's commands, whose answers may take up to `within`.
pub fn client_for(http: SocketAddr, within: Duration) -> Client {
    Client::new(Door::local(http), within)
}

/// The same for what is answered at once.
pub fn client(http: SocketAddr) -> Client {
    client_for(http, ANSWER_WITHIN)
}

/// Asks the controller at `http` for `path`.
pub fn ask<T: DeserializeOwned>(http: SocketAddr, path: &str) -> Result<T, Failure> {
    told(client(http).get(path))
}

/// Asks the controller at `http` for the text at `path`.
pub fn ask_text(http: SocketAddr, path: &str) -> Result<String, Failure> {
    told(client(http).text(path))
}

/// Gives the controller at `http` the order `path`.
pub fn order<T: DeserializeOwned>(http: SocketAddr, path: &str) -> Result<T, Failure> {
    told(client(http).order(path))
}

/// Posts `body` to the controller at `http`, with a token where the receiver asks for one.
pub fn post<T: DeserializeOwned>(
    http: SocketAddr,
    path: &str,
    kind: &str,
    token: Option<&str>,
    body: &[u8],
) -> Result<T, Failure> {
    let token = token.map(Token::new).transpose().map_err(|why| Failure::Usage(why.to_string()))?;
    let client = Client::new(Door::local(http).with_token(token), ANSWER_WITHIN);
    told(client.post(path, kind, body))
}

/// The answer, or why there is none in the words and the exit code of a command.
pub fn told<T>(answer: Result<T, AskError>) -> Result<T, Failure> {
    answer.map_err(|error| match error {
        AskError::Unreachable { door, why } => anyhow!(why)
            .context(format!(
                "no controller answers at {door}; start one with `taibai controller HALL.toml`, or name its address with --http"
            ))
            .into(),
        AskError::Refused(refused) if (400..500).contains(&refused.status) => Failure::Usage(refused.detail.clone()),
        other => anyhow!(other).into(),
    })
}

/// Shows another scene, and waits until it is on air.
pub fn scene(args: &SceneArgs) -> Result<(), Failure> {
    let valid =
        media::SceneId::new(&args.scene).map_err(|why| Failure::Usage(format!("{:?}: {why}", args.scene)))?;
    let recalled: SceneRecalled = order(args.http, &format!("/v1/scene/{valid}"))?;
    let SceneRecalled { wall, scene, revision, behind } = &recalled;
    if let Some(alarm) = behind {
        println!(
            "wall {wall} shows {scene} when alarm {alarm} is over; `taibai acknowledge {alarm}` ends it"
        );
        return Ok(());
    }
    if args.no_wait {
        println!("wall {wall} prepares {scene} (revision {revision})");
        return Ok(());
    }
    let begin = Instant::now();
    let mut told = BTreeSet::new();
    while begin.elapsed() < ON_AIR_WITHIN {
        let status: HallStatus = ask(args.http, "/v1/status")?;
        let Some(now) = status.walls.iter().find(|candidate| candidate.wall == *wall) else { break };
        for missing in &now.not_ready {
            if told.insert(missing.node.clone()) {
                eprintln!("taibai: {} is not ready for {scene}: {}", missing.node, missing.why);
            }
        }
        match outcome(now, &recalled) {
            Outcome::OnAir => {
                println!("wall {wall} shows {scene} since {}", time_of_day(now.since, status.utc_offset_s));
                return Ok(());
            }
            Outcome::Overtaken(other) => {
                return Err(
                    anyhow!("wall {wall} does not show {scene}: {other} was recalled meanwhile").into()
                );
            }
            Outcome::Coming => std::thread::sleep(LOOK_EVERY),
        }
    }
    Err(anyhow!("wall {wall} has not shown {scene} within {} s", ON_AIR_WITHIN.as_secs()).into())
}

#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    OnAir,
    Coming,
    /// Another scene was recalled.
    Overtaken(media::SceneId),
}

/// What has become of a recalled scene.
fn outcome(now: &WallStatus, recalled: &SceneRecalled) -> Outcome {
    match &now.next {
        Some(next) if *next == recalled.scene => Outcome::Coming,
        _ if now.on_air == recalled.scene => Outcome::OnAir,
        other => Outcome::Overtaken(other.clone().unwrap_or_else(|| now.on_air.clone())),
    }
}

/// Shows or hides the sync stamp.
pub fn stamp(args: &StampArgs) -> Result<(), Failure> {
    let valid =
        media::WallId::new(&args.wall).map_err(|why| Failure::Usage(format!("{:?}: {why}", args.wall)))?;
    let on = args.switch == Switch::On;
    let StampSet { wall, .. } = order(args.http, &format!("/v1/stamp/{valid}?on={on}"))?;
    println!("wall {wall} {} the sync stamp", if on { "shows" } else { "hides" });
    Ok(())
}

/// Shows every screen's card, or takes the cards away.
pub fn identify(args: &IdentifyArgs) -> Result<(), Failure> {
    let valid =
        media::WallId::new(&args.wall).map_err(|why| Failure::Usage(format!("{:?}: {why}", args.wall)))?;
    let path = format!("/v1/walls/{valid}/identify?seconds={}", args.seconds);
    let Identified { wall, screens, until, .. } = order(args.http, &path)?;
    match until {
        Some(_) => println!("the {screens} screens of wall {wall} show their numbers for {} s", args.seconds),
        None => println!("wall {wall} shows no numbers"),
    }
    Ok(())
}

/// Says how the hall is.
pub fn status(args: &StatusArgs) -> Result<(), Failure> {
    if args.sync {
        return super::sync::status(args);
    }
    let status: HallStatus = ask(args.http, "/v1/status")?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&status)?);
    } else {
        print_status(&status);
    }
    Ok(())
}

fn print_status(status: &HallStatus) {
    for wall in &status.walls {
        let since = time_of_day(wall.since, status.utc_offset_s);
        println!(
            "wall {:<16} scene {} since {since}   (revision {})",
            wall.wall.as_str(),
            wall.on_air,
            status.revision
        );
        if let Some(next) = &wall.next {
            println!("     {:<16} next  {next}", "");
        }
        for node in &wall.preparing {
            println!("     {:<16} {node} prepares it", "");
        }
        for missing in &wall.not_ready {
            println!("     {:<16} {} was not ready: {}", "", missing.node, missing.why);
        }
    }
    let clock = "clock";
    println!("\n{:<16} {:<8} {:<12} {:>7} {:>9} {clock}", "node", "role", "state", "cpu %", "MiB");
    for node in &status.nodes {
        let state = if node.connected { node.standing.as_str() } else { "gone" };
        let why = node.why.as_deref().unwrap_or("");
        println!(
            "{:<16} {:<8} {:<12} {:>7.1} {:>9.1} {:<9} {why}",
            node.node.as_str(),
            node.role,
            state,
            node.cpu_percent,
            node.memory_mib,
            node.clock.state,
        );
    }
    println!("\n{:<24} {:<10} {:<11} {:>6} {:>8} {:>8}", "source", "on", "state", "fps", "p50 ms", "p95 ms");
    for source in &status.sources {
        println!(
            "{:<24} {:<10} {:<11} {:>6.2} {:>8} {:>8}",
            source.source.as_str(),
            source.node.as_str(),
            source.state,
            source.fps,
            source.age_p50_ms,
            source.age_p95_ms
        );
    }
    println!(
        "\n{:<16} {:<10} {:>9} {:>10} {:>8} {:>12}",
        "screen", "on", "ticks", "presented", "missed", "late widgets"
    );
    for screen in &status.screens {
        println!(
            "{:<16} {:<10} {:>9} {:>10} {:>8} {:>12}",
            screen.screen.as_str(),
            screen.node.as_str(),
            screen.ticks,
            screen.presented,
            screen.missed,
            screen.late_rasters
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recalled_scene_is_on_air_coming_or_overtaken() {
        let scene = |name: &str| media::SceneId::new(name).unwrap();
        let wall = media::WallId::new("main").unwrap();
        let recalled = SceneRecalled { wall: wall.clone(), scene: scene("night"), revision: 7, behind: None };
        let mut status = WallStatus::still(wall, scene("day"), media::WallTime(0));
        assert_eq!(outcome(&status, &recalled), Outcome::Overtaken(scene("day")), "it was called off");
        status.next = Some(scene("night"));
        assert_eq!(outcome(&status, &recalled), Outcome::Coming);
        status.next = Some(scene("storm"));
        assert_eq!(outcome(&status, &recalled), Outcome::Overtaken(scene("storm")));
        status.on_air = scene("night");
        assert_eq!(outcome(&status, &recalled), Outcome::OnAir);
    }
}
