//! Broker and database are killed and come back: nothing that they kept is lost, and the wall says meanwhile how old it is.

use super::super::{Proofs, Row};
use super::document::{DATABASE, Ports, figures, kept, postgres_store};
use super::{Measured, rows};
use crate::data::{Broker, DataHall, Postgres, Publisher, Setup, Sql, head, region, scene, waited};
use crate::picture::Picture;
use crate::stage::Place;
use layouts::{Mode, Theme};
use serde_json::json;
use std::time::{Duration, Instant};

/// Rows of each part of the play.
const PART: u64 = 100;
/// Messages while the database is away: more than the hall takes without having kept any, so that the broker must.
const PART_AWAY: u64 = 1_500;
/// Everything must be there so long after both are back.
const BACK_WITHIN: Duration = Duration::from_secs(20);
/// mosquitto writes down what it has taken once a second.
const WRITTEN: Duration = Duration::from_millis(1500);
const QUERIES: [&str; 2] = ["kept-mqtt", "kept-database"];

/// What a play has shown.
struct Outcome {
    sent: [u64; 2],
    kept: [u64; 2],
    /// How long after the kill the wall said the age, by figure.
    aged: Vec<Option<Duration>>,
    /// Whether the age was gone again at the end, by figure.
    fresh: Vec<bool>,
    /// What the API said meanwhile.
    said: Vec<String>,
    back: Duration,
}

/// Killed and back, and the same with a broker that forgets.
pub(crate) fn outage(_: &Proofs) -> Vec<Row> {
    let measured = || {
        let mut found = judge(&play("prove-outage", true)?);
        let lost = judge(&play("prove-outage-planted", false)?);
        let noticed = lost.iter().any(|row| !row.holds);
        found.push(Row::planted("outage", "the broker forgets what it took", noticed));
        Ok(found)
    };
    rows("broker and database killed and back", "nothing lost, the age is shown", measured())
}

/// Whether a picture has the colour of old data in a place.
fn is_old(picture: &Picture, place: [u32; 4]) -> bool {
    let Some(violet) = Theme::built_in().palette(Mode::Dark).role("stale") else { return false };
    region(picture, place).chunks_exact(4).any(|pixel| pixel[..3] == [violet.b, violet.g, violet.r])
}

/// The figures' places and everything that runs.
struct Play {
    hall: DataHall,
    places: Vec<[u32; 4]>,
    broker: Broker,
    postgres: Postgres,
    publisher: Publisher,
    sent: [u64; 2],
}

impl Play {
    fn start(name: &str, keeps: bool) -> Measured<Self> {
        let servers = Place::of_this_program(&format!("{name}-servers"))?;
        let postgres = Postgres::start()?;
        Sql::connect(postgres.port)?.run("CREATE TABLE kept_rows (n bigint PRIMARY KEY)")?;
        let broker = Broker::start(&servers.work, keeps)?;
        let ports = Ports { mqtt: broker.port, postgres: postgres.port, page: 0 };
        let (windows, places) = figures(&QUERIES, 2, [440, 230]);
        let (store, data) = (postgres_store(postgres.port), kept(ports));
        let document = format!("{}{store}{data}{}{windows}", head([960, 270]), scene());
        let setup = Setup { name: name.into(), document, secrets: vec![DATABASE], ..Setup::default() };
        let hall = DataHall::start(&setup)?;
        waited("both feeds are connected", Duration::from_secs(20), || {
            let connected = hall.feed("kept-mqtt")?["connected"] == true
                && hall.feed("kept-database")?["connected"] == true;
            Ok(connected.then_some(()))
        })?;
        let publisher = Publisher::connect(broker.port);
        Ok(Self { hall, places, broker, postgres, publisher, sent: [0; 2] })
    }

    /// Publishes a part; returns when the broker has it.
    fn publish(&mut self, count: u64) -> Measured<()> {
        for _ in 0..count {
            self.sent[0] += 1;
            self.publisher.publish("proof/kept", json!({ "n": self.sent[0] }).to_string())?;
        }
        Ok(self.publisher.wait_until_taken()?)
    }

    /// Writes a part into the polled table, in one transaction.
    fn insert(&mut self) -> Measured<()> {
        let (from, to) = (self.sent[1] + 1, self.sent[1] + PART);
        let mut sql = Sql::connect(self.postgres.port)?;
        sql.run(&format!("INSERT INTO kept_rows SELECT generate_series({from}, {to})"))?;
        self.sent[1] = to;
        Ok(())
    }

    /// Waits until the wall's own figures have everything.
    fn wait_until_shown(&self) -> Measured<()> {
        let wanted = self.sent;
        Ok(waited("the figures of all rows", BACK_WITHIN, || {
            let mut all = true;
            for (query, sent) in QUERIES.iter().zip(wanted) {
                all &= self.hall.number(query)? == Some(sent as f64);
            }
            Ok(all.then_some(()))
        })?)
    }

    /// When each figure first said that it is old, counted from `since`.
    fn wait_until_old(&self, since: Instant) -> Measured<Vec<Option<Duration>>> {
        let mut aged = vec![None; self.places.len()];
        while aged.contains(&None) && since.elapsed() < Duration::from_secs(15) {
            let seen = self.hall.screen()?.next()?;
            for (aged, place) in aged.iter_mut().zip(&self.places) {
                if aged.is_none() && is_old(&seen.picture, *place) {
                    *aged = Some(seen.at.saturating_duration_since(since));
                }
            }
        }
        Ok(aged)
    }

    /// What the API says of the answers and feeds.
    fn said(&self) -> Measured<Vec<String>> {
        let mut said = Vec::new();
        for query in QUERIES {
            let answer = self.hall.answer(query)?.ok_or("there is no answer")?;
            let fault = self.hall.feed(query)?["fault"]["en"].as_str().unwrap_or("no fault").to_owned();
            let words = answer["fault"].as_str().map_or(fault, str::to_owned);
            said.push(format!("{query}: {words}"));
        }
        Ok(said)
    }
}

fn play(name: &str, keeps: bool) -> Measured<Outcome> {
    let mut play = Play::start(name, keeps)?;
    play.publish(PART)?;
    play.insert()?;
    play.wait_until_shown()?;
    let fresh = |picture: &Picture| play.places.iter().all(|place| !is_old(picture, *place));
    play.hall.screen()?.until("fresh figures before anything is killed", Duration::from_secs(3), fresh)?;
    // What is committed in the last moment before the kill has not been polled yet.
    play.insert()?;
    play.postgres.kill();
    let killed = Instant::now();
    // The hall cannot keep anything now; the broker does.
    play.publish(PART)?;
    let aged = play.wait_until_old(killed)?;
    let said = play.said()?;
    let old = play.hall.screen()?.next()?.picture;
    old.write_png(&play.hall.work().join("old.png"))?;
    play.publish(PART_AWAY)?;
    std::thread::sleep(WRITTEN);
    play.broker.kill();
    std::thread::sleep(Duration::from_secs(2));
    play.hall.check()?;
    play.broker.up()?;
    play.postgres.up()?;
    let back = Instant::now();
    play.publish(PART)?;
    play.insert()?;
    let shown = play.wait_until_shown();
    let back = back.elapsed();
    let mut sql = Sql::connect(play.postgres.port)?;
    let mut kept = [0; 2];
    for (kept, table) in kept.iter_mut().zip(["kept_mqtt", "kept_database"]) {
        *kept = u64::try_from(sql.number(&format!("SELECT count(*) FROM {table}"))?)?;
    }
    // What is lost is counted above; without it the figures must have come.
    if kept == play.sent {
        shown?;
    }
    let mut fresh = Vec::new();
    for (index, place) in play.places.clone().into_iter().enumerate() {
        // The broker's feed is fresh as long as somebody publishes; what comes twice is there once.
        if index == 0 {
            play.publisher.publish("proof/kept", json!({ "n": play.sent[0] }).to_string())?;
        }
        let found = play
            .hall
            .screen()?
            .until("a fresh figure", Duration::from_secs(5), |picture| !is_old(picture, place));
        fresh.push(found.is_ok());
    }
    Ok(Outcome { sent: play.sent, kept, aged, fresh, said, back })
}

fn judge(outcome: &Outcome) -> Vec<Row> {
    let Outcome { sent, kept, aged, fresh, said, back } = outcome;
    let mut found = Vec::new();
    for (index, what) in ["messages of the broker", "rows of the database"].into_iter().enumerate() {
        found.push(Row::new(
            &format!("killed and back: {what}"),
            format!("{} of {} there, {} ms after both were back", kept[index], sent[index], back.as_millis()),
            "none lost",
            kept[index] == sent[index],
        ));
        let after = aged[index].map_or("never".to_owned(), |after| format!("after {} ms", after.as_millis()));
        found.push(Row::new(
            &format!("killed and back: the age of the {what} on the wall"),
            format!("{after}; {}; fresh again: {}", said[index], fresh[index]),
            "≤ 2000 ms promised + 1500 ms, and gone afterwards",
            aged[index].is_some_and(|after| after <= Duration::from_millis(3_500)) && fresh[index],
        ));
    }
    found
}
