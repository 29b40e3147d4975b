//! `taibai scene` and `taibai status`: an operator's words to a running controller, over its HTTP API.

use crate::cli::{SceneArgs, StatusArgs};
use crate::exit::Failure;
use anyhow::{Context, anyhow};
use controller::{ApiError, HallStatus, SceneRecalled};
use std::net::SocketAddr;
use std::time::Duration;

const ANSWER_WITHIN: Duration = Duration::from_secs(5);

fn agent() -> ureq::Agent {
    let config =
        ureq::Agent::config_builder().timeout_global(Some(ANSWER_WITHIN)).http_status_as_error(false);
    ureq::Agent::new_with_config(config.build())
}

fn unreachable(http: SocketAddr) -> String {
    format!(
        "no controller answers at http://{http}; start one with `taibai controller HALL.toml`, or name its address with --http"
    )
}

/// Shows another scene.
pub fn scene(args: &SceneArgs) -> Result<(), Failure> {
    let valid =
        media::SceneId::new(&args.scene).map_err(|why| Failure::Usage(format!("{:?}: {why}", args.scene)))?;
    let url = format!("http://{}/v1/scene/{valid}", args.http);
    let mut response = agent().post(&url).send_empty().with_context(|| unreachable(args.http))?;
    if !response.status().is_success() {
        let refused: ApiError =
            response.body_mut().read_json().context("the controller's answer cannot be read")?;
        return Err(Failure::Usage(refused.message));
    }
    let SceneRecalled { wall, .. } =
        response.body_mut().read_json().context("the controller's answer cannot be read")?;
    println!("wall {wall} shows {valid}");
    Ok(())
}

/// Says how the hall is.
pub fn status(args: &StatusArgs) -> Result<(), Failure> {
    let url = format!("http://{}/v1/status", args.http);
    let mut response = agent().get(&url).call().with_context(|| unreachable(args.http))?;
    if !response.status().is_success() {
        return Err(anyhow!("the controller answers {}", response.status()).into());
    }
    let status: HallStatus =
        response.body_mut().read_json().context("the controller's answer cannot be read")?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&status)?);
    } else {
        print_status(&status);
    }
    Ok(())
}

fn print_status(status: &HallStatus) {
    for wall in &status.walls {
        println!("wall {:<16} scene {}   (revision {})", wall.wall.as_str(), wall.scene, status.revision);
    }
    println!("\n{:<16} {:<8} {:<12} {:>7} {:>9}", "node", "role", "state", "cpu %", "MiB");
    for node in &status.nodes {
        let state = if node.connected { node.standing.as_str() } else { "gone" };
        let why = node.why.as_deref().unwrap_or("");
        println!(
            "{:<16} {:<8} {:<12} {:>7.1} {:>9.1} {why}",
            node.node.as_str(),
            node.role,
            state,
            node.cpu_percent,
            node.memory_mib
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
    println!("\n{:<16} {:<10} {:>9} {:>10} {:>8}", "screen", "on", "ticks", "presented", "missed");
    for screen in &status.screens {
        println!(
            "{:<16} {:<10} {:>9} {:>10} {:>8}",
            screen.screen.as_str(),
            screen.node.as_str(),
            screen.ticks,
            screen.presented,
            screen.missed
        );
    }
}
