//! Nodes that do not belong to the hall are refused, with a reason on both sides.

use std::time::Duration;
use tests::cameras::rtsp_alone;
use tests::cluster::Cluster;
use tests::process::Process;
use tests::stage::{Grid, Place, Stage};

fn start(name: &str) -> Stage {
    let place = Place::of_this_program(name).unwrap();
    let camera = rtsp_alone("camera", 0).unwrap();
    Stage::start(&place, Grid { columns: 1, window: (320, 180) }, &[camera]).unwrap()
}

fn controller_says(cluster: &mut Cluster, words: &str) -> bool {
    let begin = std::time::Instant::now();
    while begin.elapsed() < Duration::from_secs(10) {
        if cluster.controller().is_some_and(|controller| controller.last_words(50).contains(words)) {
            return true;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    false
}

/// Starts a display node with some state folder against the stage's controller, and returns its last words.
fn try_display(stage: &Stage, state: &std::path::Path) -> (Option<std::process::ExitStatus>, String) {
    let settings = stage.cluster.settings();
    let mut command = settings.command("display");
    command.args(["--headless", "--seconds", "5", "--controller", &settings.listen(), "--state"]).arg(state);
    let mut intruder: Process = settings.spawn("intruder", &mut command).unwrap();
    let status = intruder.wait(Duration::from_secs(20));
    (status, intruder.last_words(20))
}

/// Whether a refusal was told on both sides: the node's last words hold `node_reason`, the controller says `controller_reason`.
fn told_on_both_sides(
    stage: &mut Stage,
    words: &str,
    node_reason: &str,
    controller_reason: &str,
) -> Result<(), String> {
    if !words.contains(node_reason) {
        return Err(format!("the node does not say {node_reason:?}: {words}"));
    }
    if !controller_says(&mut stage.cluster, controller_reason) {
        return Err(format!("the controller does not say {controller_reason:?}"));
    }
    Ok(())
}

#[test]
fn a_spent_token_is_refused() {
    let _alone = crate::alone();
    let mut stage = start("spent");
    let settings = stage.cluster.settings().clone();
    let token = settings.token("late", "display").unwrap();
    assert!(settings.join("late", &token).unwrap().status.success());
    let again = settings.join("later", &token).unwrap();
    assert_eq!(again.status.code(), Some(3));
    let words = String::from_utf8_lossy(&again.stderr).to_lowercase();
    told_on_both_sides(&mut stage, &words, "used", "refused").unwrap();
    let log = stage.cluster.controller().unwrap().last_words(200);
    assert!(!log.contains(String::from_utf8_lossy(&token).trim()), "the log tells the token");
}

#[test]
fn a_node_without_a_certificate_is_told_to_join() {
    let _alone = crate::alone();
    let stage = start("bare");
    let empty = stage.cluster.settings().state("nobody");
    let (status, words) = try_display(&stage, &empty);
    assert_eq!(status.and_then(|status| status.code()), Some(3), "{words}");
    assert!(words.contains("join"), "{words}");
}

/// A node that refuses itself never asks the controller, so that one side gives no reason.
#[test]
fn a_planted_refusal_without_the_controllers_reason_is_noticed() {
    let _alone = crate::alone();
    let mut stage = start("silent");
    let empty = stage.cluster.settings().state("nobody");
    let (_, words) = try_display(&stage, &empty);
    let why = told_on_both_sides(&mut stage, &words, "join", "connection refused").unwrap_err();
    assert!(why.starts_with("the controller does not say"), "{why}");
}

#[test]
fn a_node_of_another_hall_is_refused() {
    let _alone = crate::alone();
    let mut ours = start("ours");
    let theirs = start("theirs");
    let foreign = theirs.cluster.settings().state("wall");
    // A rogue does not ask whom it talks to: it takes our authority for granted and shows its own certificate.
    let rogue = ours.cluster.settings().state("rogue");
    std::fs::create_dir_all(&rogue).unwrap();
    for file in ["node.key", "node.pem"] {
        std::fs::copy(foreign.join(file), rogue.join(file)).unwrap();
    }
    let authority = "authority.pem";
    std::fs::copy(ours.cluster.settings().state("wall").join(authority), rogue.join(authority)).unwrap();
    let (_, words) = try_display(&ours, &rogue);
    let reason = "certificate is not valid in this hall";
    told_on_both_sides(&mut ours, &words, reason, "connection refused").unwrap();
    // And a node of another hall that does ask notices that this is not its controller.
    let lost = ours.cluster.settings().state("lost");
    std::fs::create_dir_all(&lost).unwrap();
    for file in ["node.key", "node.pem", authority] {
        std::fs::copy(foreign.join(file), lost.join(file)).unwrap();
    }
    let (_, words) = try_display(&ours, &lost);
    assert!(words.contains("not who it should be"), "{words}");
}
