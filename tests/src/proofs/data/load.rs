//! Five thousand rows a second into three tables under twelve live widgets: all of them are there, the wall keeps its ticks,
//! and memory stays as it is.

use super::super::{Proofs, Row};
use super::{Measured, rows};
use crate::data::{Api, DataHall, Setup, head, scene, sqlite_number, waited, window};
use crate::process;
use std::fmt::Write;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

const TABLES: [&str; 3] = ["load_a", "load_b", "load_c"];
/// Rows of one message; three tables take one each ten times a second: 5,100 rows a second.
const BATCH: u64 = 170;
const BATCHES_PER_S: u64 = 10;
const ROWS_PER_S_MIN: f64 = 5_000.0;
const PRESENTED_MIN: f64 = 99.0;
const GROWTH_MAX: f64 = 10.0;
/// How long the faults are planted.
const PLANTED_S: u64 = 4;
/// The wall's figures must have the last row so long after it was sent.
const SHOWN_WITHIN: Duration = Duration::from_secs(5);

/// A minute of it, or a quarter of one.
pub(crate) fn load(proofs: &Proofs) -> Vec<Row> {
    let seconds = if proofs.quick { 15 } else { 60 };
    rows("5,000 rows a second", "nothing lost, ≥ 99 % of ticks, memory flat", measure(seconds))
}

fn document() -> String {
    let mut text = head([1280, 720]);
    let mut windows = String::new();
    for (row, table) in (0_u32..).zip(TABLES) {
        let _ = write!(
            text,
            "[[table]]\nid = \"{table}\"\ncolumns = {{ id = \"integer\", name = \"text\", value = \"real\", open = \"flag\" }}\n\
             key = [\"id\"]\nrows_max = 1000000\n[[feed]]\nid = \"{table}\"\npush = true\ntable = \"{table}\"\npromise_s = 5\n"
        );
        let newest = |count: u32| format!("(SELECT * FROM {table} ORDER BY id DESC LIMIT {count}) AS newest");
        let widgets = [
            ("figure", format!("SELECT count(*) AS value FROM {table}"), "title = \"rows\""),
            ("line", format!("SELECT id, value FROM {} ORDER BY id", newest(60)), "title = \"newest\""),
            ("ranking", format!("SELECT name, value FROM {}", newest(6)), "title = \"names\""),
            ("gauge", format!("SELECT value FROM {}", newest(1)), "title = \"value\"\nto = 1000"),
        ];
        for (column, (widget, sql, more)) in (0_u32..).zip(widgets) {
            let _ = write!(text, "[[query]]\nid = \"{table}-{widget}\"\nsql = \"{sql}\"\n");
            let place = [8 + column * 318, 8 + row * 236, 310, 228];
            windows += &window(widget, &format!("{table}-{widget}"), place, more);
        }
    }
    text + scene() + &windows
}

/// One table's messages, as JSON lines of `rows` rows from number `from`.
fn message(from: u64, rows: std::ops::Range<u64>) -> String {
    let mut text = String::new();
    for number in rows.map(|index| from + index) {
        let value = (number * 7_919 % 1_000_000) as f64 / 1000.0;
        let open = number.is_multiple_of(2);
        let _ = writeln!(
            text,
            "{{\"id\": {number}, \"name\": \"部件 {}\", \"value\": {value}, \"open\": {open}}}",
            number % 15_000
        );
    }
    text
}

/// Sends `batches` messages to one table at their times. Gives how many rows the hall says it took.
fn pour(
    api: Api,
    table: &'static str,
    from: u64,
    batches: u64,
    lose: bool,
) -> JoinHandle<Result<u64, String>> {
    std::thread::spawn(move || {
        let (begin, mut taken) = (Instant::now(), 0);
        for batch in 0..batches {
            let due = Duration::from_millis(1000 * batch / BATCHES_PER_S);
            std::thread::sleep(due.saturating_sub(begin.elapsed()));
            // The planted fault: the last row of one message is left behind.
            let rows = if lose && batch == 3 { 0..BATCH - 1 } else { 0..BATCH };
            let body = message(from + batch * BATCH, rows);
            let path = format!("/v1/feeds/{table}");
            let (status, answer) = api
                .post(&path, None, "application/x-ndjson", body.as_bytes())
                .map_err(|error| error.to_string())?;
            if status != 200 {
                return Err(format!("{table}: {status}: {answer}"));
            }
            taken += answer["rows"].as_u64().unwrap_or(0);
        }
        Ok(taken)
    })
}

/// What some seconds have shown.
struct Outcome {
    sent: u64,
    there: u64,
    on_the_wall: bool,
    took: Duration,
    ticks: u64,
    presented: u64,
    /// MiB of controller and display process, each second.
    memory: [Vec<f64>; 2],
}

struct Bench {
    hall: DataHall,
    /// Rows that each table should have.
    poured: u64,
}

impl Bench {
    /// Pours for some seconds. `lose`: a row is left behind; `hang`: the display process stands still for one second.
    fn run(&mut self, seconds: u64, lose: bool, hang: bool) -> Measured<Outcome> {
        let batches = seconds * BATCHES_PER_S;
        let (ticks, presented) = self.hall.ticks()?;
        let begin = Instant::now();
        let pours: Vec<_> = TABLES
            .iter()
            .map(|table| {
                pour(self.hall.api.clone(), table, self.poured, batches, lose && *table == TABLES[1])
            })
            .collect();
        let mut memory = [Vec::new(), Vec::new()];
        for second in 1..=seconds {
            std::thread::sleep(Duration::from_secs(second).saturating_sub(begin.elapsed()));
            if hang && second == 1 {
                self.hall.display()?.signal(libc::SIGSTOP);
                std::thread::sleep(Duration::from_secs(1));
                self.hall.display()?.signal(libc::SIGCONT);
            }
            self.hall.check()?;
            let controller = self.hall.cluster.controller().map(|process| process.pid());
            let pids = [controller, Some(self.hall.display()?.pid())];
            for (history, pid) in memory.iter_mut().zip(pids) {
                let bytes = pid.and_then(process::memory_bytes).ok_or("a process is gone")?;
                history.push(bytes as f64 / f64::from(1 << 20));
            }
        }
        for pour in pours {
            let taken = pour.join().map_err(|_| "a sender broke off")??;
            if taken != batches * BATCH && !lose {
                return Err(format!("the hall took {taken} of {} rows", batches * BATCH).into());
            }
        }
        let took = begin.elapsed();
        self.poured += batches * BATCH;
        let wanted = self.poured as f64;
        let shown = waited("the figures of all rows", SHOWN_WITHIN, || {
            let mut all = true;
            for table in TABLES {
                all &= self.hall.number(&format!("{table}-figure"))? == Some(wanted);
            }
            Ok(all.then_some(()))
        });
        // Nodes report about once a second.
        std::thread::sleep(Duration::from_millis(1500));
        let after = self.hall.ticks()?;
        let file = self.hall.store_file();
        let mut there = 0;
        for table in TABLES {
            there += u64::try_from(sqlite_number(&file, &format!("SELECT count(*) FROM {table}"))?)?;
        }
        Ok(Outcome {
            sent: self.poured * TABLES.len() as u64,
            there,
            on_the_wall: shown.is_ok(),
            took,
            ticks: after.0 - ticks,
            presented: after.1 - presented,
            memory,
        })
    }
}

fn measure(seconds: u64) -> Measured<Vec<Row>> {
    let setup =
        Setup { name: "prove-load".into(), document: document(), unwatched: true, ..Setup::default() };
    let mut bench = Bench { hall: DataHall::start(&setup)?, poured: 0 };
    let mut found = judge(&bench.run(seconds, false, false)?);
    let hung = judge(&bench.run(PLANTED_S, false, true)?);
    found.push(Row::planted("load", "the display process stands still for 1 s", !hung[2].holds));
    let lost = judge(&bench.run(PLANTED_S, true, false)?);
    found.push(Row::planted("load", "one row is left behind", !lost[1].holds));
    Ok(found)
}

/// Growth in percent from the first to the last fifth of the second half, and both in words.
fn growth(history: &[f64]) -> (f64, String) {
    let half = history.get(history.len() / 2..).unwrap_or_default();
    let part = (half.len() / 5).max(1);
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len().max(1) as f64;
    let first = mean(half.get(..part).unwrap_or_default());
    let last = mean(half.get(half.len().saturating_sub(part)..).unwrap_or_default());
    let percent = if first > 0.0 { (last / first - 1.0) * 100.0 } else { f64::INFINITY };
    (percent, format!("{first:.1} to {last:.1} MiB, {percent:+.1} %"))
}

fn judge(outcome: &Outcome) -> Vec<Row> {
    let Outcome { sent, there, on_the_wall, took, ticks, presented, memory } = outcome;
    let poured = memory[0].len() as u64 * BATCHES_PER_S * BATCH * TABLES.len() as u64;
    let rate = poured as f64 / took.as_secs_f64();
    let share = *presented as f64 * 100.0 / (*ticks).max(1) as f64;
    let mut found = vec![
        Row::new(
            "load: rows a second into three tables, twelve widgets",
            format!("{rate:.0} for {:.1} s", took.as_secs_f64()),
            "≥ 5000",
            rate >= ROWS_PER_S_MIN,
        ),
        Row::new(
            "load: rows in the tables",
            format!("{there} of {sent}, the wall counts them all: {on_the_wall}"),
            "nothing lost",
            there == sent && *on_the_wall,
        ),
        Row::new(
            "load: ticks presented",
            format!("{share:.2} % of {ticks}"),
            "≥ 99 %",
            *ticks > 0 && share >= PRESENTED_MIN,
        ),
    ];
    for (who, history) in ["controller", "display process"].iter().zip(memory) {
        let (percent, figure) = growth(history);
        found.push(Row::new(
            &format!("load: memory of the {who} over the second half"),
            figure,
            "≤ 10 % more",
            percent <= GROWTH_MAX,
        ));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_is_that_of_the_second_half() {
        let steady: Vec<f64> = (0..20).map(|n| if n < 10 { f64::from(n) * 50.0 } else { 500.0 }).collect();
        assert_eq!(growth(&steady).0, 0.0);
        let grows: Vec<f64> = (0..20).map(|n| 100.0 + f64::from(n)).collect();
        assert!((growth(&grows).0 - 800.0 / 110.5).abs() < 1e-9, "{}", growth(&grows).0);
        assert!(growth(&[]).0 > GROWTH_MAX);
    }
}
