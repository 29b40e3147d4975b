//! What residents, patrols and cameras report, and how it goes on until it is closed; some of it late.

use super::seeded::{Seeded, bustle};
use super::{Cell, Message};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// How long an event may take, as the hall document says.
const DUE_MS: i64 = 600_000;
/// How far back the opening reaches.
const HISTORY_MS: i64 = 48 * 3_600_000;
/// How many events lie in each of the two days before.
const A_DAY: [u32; 2] = [171, 158];

/// Something that is reported: kind, domain, network, words, severity, how often.
struct Matter(&'static str, &'static str, &'static str, &'static str, u8, f64);

const MATTERS: [Matter; 18] = [
    Matter("供水", "民生服务", "综治", "楼道停水", 3, 6.0),
    Matter("物业", "民生服务", "综治", "落水管破损", 2, 7.0),
    Matter("物业", "民生服务", "综治", "电梯停运", 3, 5.0),
    Matter("噪声", "民生服务", "警务", "夜间施工噪声", 2, 5.0),
    Matter("助老", "民生服务", "综治", "独居老人求助", 3, 3.0),
    Matter("供暖", "民生服务", "综治", "暖气不热", 2, 8.0),
    Matter("停车", "民生服务", "创城", "车位被占", 1, 6.0),
    Matter("纠纷", "矛盾化解", "综治", "邻里纠纷", 2, 5.0),
    Matter("纠纷", "矛盾化解", "警务", "租赁纠纷", 2, 3.0),
    Matter("市容", "城市管理", "城管", "垃圾满溢", 2, 9.0),
    Matter("市容", "城市管理", "城管", "占道经营", 2, 6.0),
    Matter("设施", "城市管理", "城管", "井盖松动", 3, 5.0),
    Matter("设施", "城市管理", "城管", "路灯不亮", 2, 7.0),
    Matter("绿化", "城市管理", "创城", "树枝折断", 2, 3.0),
    Matter("事故", "交通", "警务", "车辆剐蹭", 3, 4.0),
    Matter("设施", "交通", "警务", "信号灯故障", 4, 1.2),
    Matter("治安", "平安建设", "警务", "电动车被盗", 3, 2.0),
    Matter("隐患", "平安建设", "综治", "楼道堆物", 2, 5.0),
];

const STATES: [(&str, &str); 4] =
    [("verified", "网格员"), ("dispatched", "指挥中心"), ("handled", "处置单位"), ("closed", "指挥中心")];

/// What still happens, by the moment at which it does.
#[derive(Debug)]
pub struct Life {
    random: Seeded,
    cells: Vec<Cell>,
    prefix: String,
    count: u32,
    /// Steps by moment and running number, so that two of one moment both stay and keep their order.
    coming: BTreeMap<(i64, u32), Value>,
    next_report: i64,
    next_alarm: i64,
    /// When the blocked lane is free again.
    blocked_until: Option<i64>,
    per_minute: f64,
}

impl Life {
    /// A district's life from `start_ms` on, with about `per_minute` reports.
    pub fn new(cells: Vec<Cell>, seed: u64, start_ms: i64, per_minute: f64) -> Self {
        let (random, coming) = (Seeded::new(seed), BTreeMap::new());
        let prefix = format!("E{}-", start_ms / 1000);
        let (next_report, next_alarm) = (start_ms + 3_000, start_ms + 45_000);
        Self {
            random,
            cells,
            prefix,
            count: 0,
            coming,
            next_report,
            next_alarm,
            blocked_until: None,
            per_minute,
        }
    }

    /// No fire lane is blocked any more by itself.
    pub fn without_alarms(&mut self) {
        self.next_alarm = i64::MAX;
    }

    /// What has happened before: two days, denser in the last half hour, so that every state has its events.
    pub fn opening(&mut self, now_ms: i64) -> Vec<Message> {
        let mut moments = Vec::new();
        for (day, count) in A_DAY.into_iter().enumerate() {
            while moments.len() < A_DAY.iter().take(day + 1).sum::<u32>() as usize {
                let back = self.random.span(0.0, 24.0 * 3_600_000.0) as i64 + day as i64 * HISTORY_MS / 2;
                let at = now_ms - 1_500_000 - back;
                if self.random.unit() < bustle(at) && count > 0 {
                    moments.push(at);
                }
            }
        }
        moments.extend((0..16).map(|n| now_ms - 20_000 - n * 61_000));
        moments.sort_unstable();
        let mut rows: Vec<(i64, Value)> = Vec::new();
        for at in moments {
            let (report, steps) = self.event(at);
            rows.push((at, report));
            for (when, step) in steps {
                if when <= now_ms { rows.push((when, step)) } else { self.later(when, step) }
            }
        }
        // A step never comes before what it is a step of, even where two moments are equal.
        rows.sort_by_key(|(at, _)| *at);
        let rows: Vec<Value> = rows.into_iter().map(|(_, row)| row).collect();
        rows.chunks(200).map(|part| Message::reports(json!({ "events": part }))).collect()
    }

    /// Everything that happens until `now_ms`.
    pub fn until(&mut self, now_ms: i64) -> Vec<Message> {
        let mut messages = Vec::new();
        while self.next_report <= now_ms {
            let (report, steps) = self.event(self.next_report);
            messages.push(Message::reports(json!({ "events": [report] })));
            steps.into_iter().for_each(|(when, step)| self.later(when, step));
            let mean_s = 60.0 / self.per_minute.max(0.01);
            self.next_report += self.random.millis(mean_s * 0.3, mean_s * 1.7);
        }
        if self.next_alarm <= now_ms {
            messages.push(self.fire_lane(self.next_alarm));
            self.next_alarm += 420_000;
        }
        while let Some(entry) = self.coming.first_entry()
            && entry.key().0 <= now_ms
        {
            messages.push(Message::reports(json!({ "events": [entry.remove()] })));
        }
        if self.blocked_until.is_some_and(|until| until <= now_ms) {
            self.blocked_until = None;
        }
        messages
    }

    /// What a camera's own system sees now: the car in the fire lane, as long as it stands there.
    pub fn boxes(&self, now_ms: i64) -> Option<Message> {
        self.blocked_until?;
        let sway = super::seeded::drift(77, now_ms, 9.0) * 0.004;
        let found = json!({ "x": 0.42 + sway, "y": 0.50, "width": 0.24, "height": 0.30, "label": "占用消防通道", "color": "warn" });
        let body = json!({ "camera": "market", "captured": now_ms, "boxes": [found] });
        Some(Message::topic("taibaihu/detections/market", body))
    }

    /// A car blocks the fire lane at the market: reported by the camera's own system, over MQTT.
    pub fn fire_lane(&mut self, at: i64) -> Message {
        self.count += 1;
        let id = format!("{}{:04}", self.prefix, self.count);
        let handled = at + self.random.millis(200.0, 280.0);
        self.blocked_until = Some(handled);
        let mut when = at;
        for (n, (state, by)) in STATES.into_iter().enumerate() {
            when = match n {
                0 => at + self.random.millis(18.0, 26.0),
                2 => handled,
                _ => when + self.random.millis(15.0, 30.0),
            };
            self.later(when, json!({ "id": id, "state": state, "at": when, "by": by }));
        }
        let cell = self.cells.iter().find(|cell| cell.path == "taibaihu/shiqiao/shiqiao/11");
        let (lon, lat) = cell.map_or((116.6355, 35.3358), |cell| (cell.lon, cell.lat));
        let report = json!({
            "id": id, "network": "综治", "domain": "平安建设", "type": "fire-lane", "severity": 5, "title": "石桥农贸市场 消防通道被占用",
            "place": "taibaihu/shiqiao/shiqiao/11", "lon": lon, "lat": lat, "reported": at, "due": at + DUE_MS, "by": "camera market",
        });
        Message::topic("taibaihu/alarms", report)
    }

    fn later(&mut self, when: i64, step: Value) {
        self.count += 1;
        self.coming.insert((when, self.count), step);
    }

    /// A report at `at`, and the steps of its way.
    fn event(&mut self, at: i64) -> (Value, Vec<(i64, Value)>) {
        self.count += 1;
        let id = format!("{}{:04}", self.prefix, self.count);
        let random = &mut self.random;
        let matter = random.choose(&MATTERS, |matter| matter.5);
        let Matter(kind, domain, network, words, severity, _) = matter.unwrap_or(&MATTERS[0]);
        let cell = random.choose(&self.cells, |cell| f64::from(cell.residents)).cloned().unwrap_or_default();
        let title = match *domain {
            "民生服务" | "矛盾化解" => format!("{}号楼 {words}", 1 + random.bits() % 28),
            _ => (*words).to_owned(),
        };
        let off = |random: &mut Seeded| random.span(-0.0008, 0.0008);
        let place = |value: f64| (value * 1e5).round() / 1e5;
        let (lon, lat) = (place(cell.lon + off(random)), place(cell.lat + off(random)));
        let report = json!({
            "id": id, "net": network, "domain": domain, "type": kind, "kind": kind, "severity": severity, "title": title,
            "place": cell.path, "lon": lon, "lat": lat, "reported": at, "due": at + DUE_MS, "by": "居民",
        });
        let late = random.unit() < 0.07;
        let handled = if late { random.millis(660.0, 1_150.0) } else { random.millis(210.0, 580.0) };
        let verified = random.millis(20.0, 100.0);
        let dispatched = verified + random.millis(20.0, 90.0);
        let closed = handled + random.millis(40.0, 400.0);
        // Now and then there was nothing: closed as soon as somebody has looked.
        let moments: &[(usize, i64)] = if random.unit() < 0.04 {
            &[(0, verified), (3, dispatched)]
        } else {
            &[(0, verified), (1, dispatched), (2, handled), (3, closed)]
        };
        let step = |&(n, after): &(usize, i64)| {
            let (state, by) = STATES[n];
            (at + after, json!({ "id": id, "state": state, "at": at + after, "by": by }))
        };
        (report, moments.iter().map(step).collect())
    }
}
