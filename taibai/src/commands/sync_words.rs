//! How well screens agree, in columns for people.

use super::sync::{AuditReport, WallReport};
use controller::{
    Alarm, Difference, NodeSync, PresentSkew, SourceDifference, SyncStatus, WallSync, time_of_day,
};
use media::WallTime;
use std::fmt::Write;

/// Differences that are printed one by one; the report file has all.
const DIFFERENCES_PRINTED: usize = 20;
/// Ended alarms that are printed.
const ENDED_PRINTED: usize = 5;

/// A page that says how the walls stand now.
pub fn sync_block(status: &SyncStatus) -> String {
    let mut page = format!("{}\n", time_of_day(status.now, status.utc_offset_s));
    for wall in &status.walls {
        page.push_str(&wall_block(wall, status));
    }
    page.push_str(&alarm_lines(&status.alarms, status.alarms_suppressed, status.utc_offset_s));
    page
}

fn wall_block(wall: &WallSync, status: &SyncStatus) -> String {
    let agree = match wall.skew.now_frames {
        0 => "all frames agree".to_owned(),
        frames => format!("{} apart, {:.1} ms", frames_word(frames), wall.skew.now_us as f64 / 1000.0),
    };
    let mut block = format!(
        "\nwall {}   {} Hz   {agree}\n  ticks    {} compared, {} differ, worst so far {}\n{}",
        wall.wall,
        wall.tick_hz,
        wall.compared_ticks,
        wall.differing_ticks,
        frames_word(wall.skew.worst_frames),
        present_line(&wall.present)
    );
    let _ = writeln!(
        block,
        "\n  {:<16} {:<9} {:>9} {:>12} {:>12} {:>9} {:>9}  last fault",
        "node", "clock", "error µs", "presents µs", "missed/min", "unaudited", "frames"
    );
    for node in &wall.nodes {
        let fault = last_fault(wall, node, status).unwrap_or_default();
        let presents = node.presented_us.filter(|_| node.connected).map(|us| format!("{us:+}"));
        let line = format!(
            "  {:<16} {:<9} {:>9} {:>12} {:>12} {:>9} {:>9}  {fault}",
            node.node.as_str(),
            clock_word(node),
            clock_error(node),
            presents.unwrap_or_else(|| "-".to_owned()),
            format!("{} of {}", node.missed_last_minute, node.ticks_last_minute),
            node.unaudited_ticks,
            skew_word(node.skew_frames),
        );
        let _ = writeln!(block, "{}", line.trim_end());
    }
    block
}

fn present_line(present: &PresentSkew) -> String {
    let PresentSkew { ticks, p50_us, p90_us, p99_us, worst_us, clock_error_us } = present;
    if *ticks == 0 {
        return "  present  no tick was presented by two nodes\n".to_owned();
    }
    let clocks = clock_error_us.map(|us| format!("; clocks wrong by at most {us} µs")).unwrap_or_default();
    format!(
        "  present  p50 {p50_us} µs, p90 {p90_us} µs, p99 {p99_us} µs, worst {worst_us} µs apart{clocks}\n"
    )
}

fn skew_word(frames: i64) -> String {
    match frames {
        0 => "0".to_owned(),
        late @ 1.. => format!("{late} late"),
        early => format!("{} early", -early),
    }
}

fn clock_word(node: &NodeSync) -> &str {
    match &node.clock {
        _ if !node.connected => "gone",
        Some(clock) => &clock.state,
        None => "-",
    }
}

fn clock_error(node: &NodeSync) -> String {
    let known = node.clock.as_ref().filter(|clock| clock.state != "unset");
    known.map_or_else(|| "-".to_owned(), |clock| clock.error_us.to_string())
}

/// The newest alarm or difference of a node.
fn last_fault(wall: &WallSync, node: &NodeSync, status: &SyncStatus) -> Option<String> {
    let concerns =
        |alarm: &&Alarm| alarm.node == node.node && alarm.wall.as_ref().is_none_or(|of| *of == wall.wall);
    let alarm = status.alarms.iter().filter(concerns).max_by_key(|alarm| alarm.since);
    let difference = wall.differences.iter().rfind(|difference| difference.node == node.node);
    let since = |time: WallTime| time_of_day(time, status.utc_offset_s);
    match (alarm, difference) {
        (Some(alarm), _) if alarm.ended.is_none() => Some(format!("{} {}", since(alarm.since), alarm.code)),
        (alarm, Some(difference)) if alarm.is_none_or(|alarm| alarm.since < difference.at) => {
            Some(format!("{} {}", since(difference.at), difference_words(difference)))
        }
        (Some(alarm), _) => Some(format!("{} {}, over", since(alarm.since), alarm.code)),
        (None, _) => None,
    }
}

fn alarm_lines(alarms: &[Alarm], suppressed: u64, utc_offset_s: i32) -> String {
    let mut lines = String::from("\n");
    let standing: Vec<&Alarm> = alarms.iter().filter(|alarm| alarm.ended.is_none()).collect();
    if standing.is_empty() {
        lines.push_str("no alarm\n");
    }
    for alarm in standing {
        let _ = writeln!(lines, "ALARM  {}", alarm.words.en);
    }
    if suppressed > 0 {
        let _ = writeln!(lines, "ALARM  and {suppressed} more that were not raised");
    }
    for alarm in alarms.iter().filter(|alarm| alarm.ended.is_some()).take(ENDED_PRINTED) {
        let ended = time_of_day(alarm.ended.unwrap_or_default(), utc_offset_s);
        let _ = writeln!(lines, "over   {} until {ended}", alarm.words.en);
    }
    lines
}

fn frames_word(frames: u64) -> String {
    if frames == 1 { "1 frame".to_owned() } else { format!("{frames} frames") }
}

fn difference_words(difference: &Difference) -> String {
    let scene =
        difference.scene.iter().map(|scene| format!("scene {} instead of {}", scene.shown, scene.right));
    let source = |SourceDifference { source, frames, at_least, .. }: &SourceDifference| {
        let least = if *at_least { "at least " } else { "" };
        let way = if *frames > 0 { "late" } else { "early" };
        format!("{source} {least}{} {way}", frames_word(frames.unsigned_abs()))
    };
    let more = (difference.more > 0).then(|| format!("and {} more", difference.more));
    scene.chain(difference.sources.iter().map(source)).chain(more).collect::<Vec<_>>().join(", ")
}

/// What an audit has found, on one page.
pub fn audit_table(report: &AuditReport) -> String {
    let seconds = report.to.since(report.from).as_secs_f64();
    let mut page = String::new();
    for wall in &report.walls {
        page.push_str(&wall_table(wall, seconds, report.utc_offset_s));
    }
    if !report.complete {
        page.push_str("\nthere was more than the controller could keep: the list of differences has gaps\n");
    }
    page.push_str(&alarm_lines(&report.alarms, 0, report.utc_offset_s));
    page
}

fn wall_table(wall: &WallReport, seconds: f64, utc_offset_s: i32) -> String {
    let mut table = format!(
        "wall {}   {} ticks compared in {seconds:.1} s ({} comparisons), {} differ, worst {}\n{}",
        wall.wall,
        wall.compared_ticks,
        wall.comparisons,
        wall.differing_ticks,
        frames_word(wall.worst_frames),
        present_line(&wall.present)
    );
    let _ = writeln!(
        table,
        "\n  {:<16} {:>9} {:>8} {:>8} {:>10} {:>10}  {:<9} {:>9}",
        "node", "ticks", "missed", "%", "differing", "unaudited", "clock", "error µs"
    );
    for node in &wall.nodes {
        let share = 100.0 * node.missed as f64 / node.ticks.max(1) as f64;
        let _ = writeln!(
            table,
            "  {:<16} {:>9} {:>8} {share:>8.2} {:>10} {:>10}  {:<9} {:>9}",
            node.node.as_str(),
            node.ticks,
            node.missed,
            node.differing_ticks,
            node.unaudited_ticks,
            clock_word(node),
            clock_error(node)
        );
    }
    for difference in wall.differences.iter().take(DIFFERENCES_PRINTED) {
        let at = time_of_day(difference.at, utc_offset_s);
        let Difference { tick, node, .. } = difference;
        let _ = writeln!(table, "  {at} tick {tick} {node}: {}", difference_words(difference));
    }
    if let Some(more) = wall.differences.len().checked_sub(DIFFERENCES_PRINTED).filter(|more| *more > 0) {
        let _ = writeln!(table, "  and {more} more");
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> SyncStatus {
        let node = |name: &str, late: i64, missed: u64, clock: &str| {
            format!(
                r#"{{"node":"{name}","connected":true,"clock":{{"state":"{clock}","offset_us":0,"error_us":85,"round_trip_us":90}},
                "skew_frames":{late},"skew_us":{},"presented_us":120,"ticks":3000,"missed":{missed},"ticks_last_minute":1500,
                "missed_last_minute":{missed},"differing_ticks":3,"unaudited_ticks":0}}"#,
                late * 40_000
            )
        };
        let text = format!(
            r#"{{"now":1795003387000000000,"utc_offset_s":28800,"sequence":9,"complete":true,"alarms_suppressed":0,"walls":[{{
            "wall":"main","tick_hz":25,"compared_ticks":3000,"comparisons":6000,"differing_ticks":3,
            "skew":{{"now_frames":1,"now_us":40000,"worst_frames":2,"worst_us":80000}},
            "present":{{"ticks":1500,"p50_us":89,"p90_us":150,"p99_us":192,"worst_us":310,"clock_error_us":85}},
            "nodes":[{},{}],"differences":[{{"sequence":8,"tick":7,"at":1795003387000000000,"node":"left",
            "sources":[{{"source":"gate-3","frames":-1,"at_least":false,"us":-40000}}],"more":2}}]}}],
            "alarms":[{{"code":"wrong_frame","wall":"main","node":"left-2","source":"gate-3","since":1795003387000000000,
            "words":{{"en":"left-2 shows camera gate-3 one frame late since 20:03:07","zh-CN":"x"}}}}]}}"#,
            node("left", 0, 0, "locked"),
            node("left-2", 1, 12, "slewing"),
        );
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn the_page_is_read_in_columns() {
        let expected = "\
20:03:07

wall main   25 Hz   1 frame apart, 40.0 ms
  ticks    3000 compared, 3 differ, worst so far 2 frames
  present  p50 89 µs, p90 150 µs, p99 192 µs, worst 310 µs apart; clocks wrong by at most 85 µs

  node             clock      error µs  presents µs   missed/min unaudited    frames  last fault
  left             locked           85         +120    0 of 1500         0         0  20:03:07 gate-3 1 frame early, and 2 more
  left-2           slewing          85         +120   12 of 1500         0    1 late  20:03:07 wrong_frame

ALARM  left-2 shows camera gate-3 one frame late since 20:03:07
";
        assert_eq!(sync_block(&example()), expected);
    }
}
