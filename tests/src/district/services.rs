//! The service hall's own database: counters, hours and the monthly assessment, as rows.

use super::seeded::{Seeded, bustle, drift};
use serde_json::{Value, json};

/// What counters do.
const SERVICES: [&str; 8] =
    ["社会保障", "企业登记", "不动产登记", "户籍出入境", "医疗保障", "税务", "公积金", "工程审批"];
const STREETS: [&str; 5] = ["许庄街道", "石桥镇", "北湖街道", "凤凰街道", "荷塘街道"];
const ITEMS: [&str; 6] = ["平安", "服务", "城管", "环境", "矛盾", "创城"];

/// Milliseconds since the hall's midnight (UTC+8).
fn of_day(now_ms: i64) -> i64 {
    (now_ms + 8 * 3_600_000).rem_euclid(86_400_000)
}

/// The counters now: open from 8:30 to 17:30; at night they show the day that was.
pub fn counters(now_ms: i64) -> Vec<Value> {
    let open = ((of_day(now_ms) - 30_600_000) as f64 / 32_400_000.0).clamp(0.0, 1.0);
    // Before they open in the morning yesterday still stands there.
    let open = if open == 0.0 { 1.0 } else { open };
    let counter = |n: usize| {
        let mut random = Seeded::new(n as u64 * 17 + 3);
        let full = random.span(48.0, 96.0);
        let waiting = (4.5 + 4.0 * drift(n as u64 + 50, now_ms, 240.0)).max(0.0) * bustle(now_ms).min(1.0);
        json!({
            "counter": n + 1, "service": SERVICES[n % SERVICES.len()], "waiting": waiting.round() as i64,
            "served": (full * open).floor() as i64, "wait_min": ((2.0 + waiting * 1.3) * 10.0).round() / 10.0,
            "praise": (random.span(95.6, 99.9) * 10.0).round() / 10.0,
        })
    };
    (0..16).map(counter).collect()
}

/// The hours of the day so far.
pub fn hours(now_ms: i64) -> Vec<Value> {
    let midnight = now_ms - of_day(now_ms);
    let now_hour = of_day(now_ms) / 3_600_000;
    let last = if now_hour < 9 { 17 } else { now_hour.min(17) };
    let hour = |hour: i64| {
        let (at, seed) = (midnight + hour * 3_600_000 + 1_800_000, hour as u64);
        let load = bustle(at).min(1.0) * (1.0 + 0.1 * drift(seed + 70, at, 9_000.0));
        json!({
            "hour": hour, "online": (40.0 + 260.0 * load).round() as i64,
            "counter": (if (9..18).contains(&hour) { 30.0 + 130.0 * load } else { 0.0 }).round() as i64,
            "wait_min": ((3.0 + 6.0 * load) * 10.0).round() / 10.0,
        })
    };
    (if now_hour < 9 { 8 } else { 6 }..=last).map(hour).collect()
}

/// Twelve months of scores up to the month of `now_ms`, as year × 100 + month.
pub fn scores(now_ms: i64) -> Vec<Value> {
    // Months since year 0: 2026-11 at the demo's date; a mean month is exact enough for a month's name.
    let months = (now_ms as f64 / 86_400_000.0 / 30.436_875) as i64 + 1970 * 12;
    let mut rows = Vec::new();
    for back in (0..12).rev() {
        let month = months - back;
        for (s, street) in STREETS.iter().enumerate() {
            for (i, item) in ITEMS.iter().enumerate() {
                let seed = (s * 6 + i) as u64;
                let level = 84.0 + 9.0 * Seeded::new(seed + 11).span(-1.0, 1.0);
                let trend = 0.25 * (12 - back) as f64;
                let noise = 2.2 * Seeded::new(seed * 97 + month as u64).span(-1.0, 1.0);
                let score = ((level + trend + noise).clamp(60.0, 99.4) * 10.0).round() / 10.0;
                let month = month / 12 * 100 + month % 12 + 1;
                rows.push(json!({ "street": street, "item": item, "month": month, "score": score }));
            }
        }
    }
    rows
}

/// What the ticker says.
pub fn notices() -> Value {
    let texts = [
        "太白湖新区今日网格巡查 320 个，在岗网格员 318 人",
        "北湖街道：湖滨路 18:00 至 22:00 实行单向通行",
        "石桥镇：农贸市场周边开展占道经营集中整治",
        "气象台：夜间最低气温 3 ℃，注意防寒保暖",
        "政务服务中心：周六 9:00 至 16:00 照常受理",
    ];
    let notices: Vec<Value> =
        texts.iter().enumerate().map(|(n, text)| json!({ "id": format!("n{n}"), "text": text })).collect();
    json!({ "notices": notices })
}
