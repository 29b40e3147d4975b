//! The promises, each with how it is measured and how a planted fault makes it fall short.

mod commands;
mod console;
mod console_doors;
mod data;
mod editor;
mod ladder;
mod live;
mod lock;
mod simulator;
mod suites;

use std::path::PathBuf;

/// One line of the table.
#[derive(Debug, Clone)]
pub struct Row {
    /// What was promised.
    pub line: String,
    /// What was measured in this run.
    pub figure: String,
    /// What it is held against.
    pub bar: String,
    /// Whether the figure meets the bar.
    pub holds: bool,
}

impl Row {
    fn new(line: &str, figure: impl Into<String>, bar: &str, holds: bool) -> Self {
        Self { line: line.into(), figure: figure.into(), bar: bar.into(), holds }
    }

    /// The line for a measurement that broke off.
    fn broken(line: &str, bar: &str, why: impl Into<String>) -> Self {
        Self::new(line, format!("not measured: {}", why.into()), bar, false)
    }

    /// The line that says whether the planted fault was noticed.
    fn planted(line: &str, fault: &str, noticed: bool) -> Self {
        let figure = if noticed { "falls short" } else { "NOT NOTICED" };
        Self::new(&format!("  planted in {line}: {fault}"), figure, "falls short", noticed)
    }
}

/// What is measured, and how.
#[derive(Debug, Clone)]
pub struct Proofs {
    /// The `taibai` binary.
    pub taibai: PathBuf,
    /// Leave out what takes longer than twenty minutes, and measure data for a shorter time.
    pub quick: bool,
    /// Only lines whose name holds this.
    pub only: String,
}

type Proof = fn(&Proofs) -> Vec<Row>;

impl Proofs {
    /// Measures what `about` promises, one line after the other, and tells `say` what it does. Once somebody has asked this process
    /// to stop, each proof that this leaves out has a line that falls short.
    pub fn run(&self, about: Promises, say: &mut dyn FnMut(&str)) -> Vec<Row> {
        let mut rows = Vec::new();
        for &(name, short, proof) in about.proofs() {
            if !name.contains(&self.only) || (!short && self.quick) {
                continue;
            }
            if crate::process::stop_asked() {
                rows.push(Row::broken(name, "all of it", "stopped before its turn"));
                continue;
            }
            say(&format!("== measuring: {name}"));
            let found = proof(self);
            found.iter().for_each(|row| say(&format!("   {}: {}", row.line.trim(), row.figure)));
            rows.extend(found);
            // What was under way when somebody asked to stop may have been cut short anywhere.
            if crate::process::stop_asked() {
                rows.push(Row::broken(name, "all of it", "stopped under way"));
            }
        }
        rows
    }
}

/// Which promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Promises {
    /// The hall lights up.
    Hall,
    /// One picture on every screen.
    Lock,
    /// Data on the wall.
    Data,
    /// The controller, its API and the console.
    Console,
    /// The layout designers' editor.
    Editor,
}

impl Promises {
    /// What `./dev prove` calls them.
    pub fn by_name(name: &str) -> Option<Self> {
        let all = [
            ("hall", Self::Hall),
            ("lock", Self::Lock),
            ("data", Self::Data),
            ("console", Self::Console),
            ("editor", Self::Editor),
        ];
        all.into_iter().find(|(of, _)| *of == name).map(|(_, about)| about)
    }

    /// Name, whether it takes less than twenty minutes, how it is measured.
    fn proofs(self) -> &'static [(&'static str, bool, Proof)] {
        match self {
            Self::Hall => &[
                ("demo", true, live::demo),
                ("golden", true, suites::golden),
                ("tilings", true, suites::tilings),
                ("protocols", true, live::protocols),
                ("faults", true, live::faults),
                ("documents", true, suites::documents),
                ("identity", true, suites::identity),
                ("bench", true, commands::bench),
                ("ci", false, commands::continuous_integration),
                ("fresh clone", false, commands::fresh_clone),
            ],
            Self::Lock => &[
                ("lock", true, lock::lock),
                ("skew", true, lock::skew),
                ("drift", true, lock::drift),
                ("clocks", true, lock::clocks),
                ("scenes", true, lock::scenes),
                ("ladder steady", true, ladder::steady),
                ("ladder disturbed", true, ladder::disturbed),
                ("ladder crowded", true, ladder::crowded),
                ("simulator", true, simulator::simulator),
            ],
            Self::Data => &[
                ("latency", true, data::latency),
                ("outage", true, data::outage),
                ("load", true, data::load),
                ("map", true, data::map),
                ("hostile", true, data::hostile),
                ("demo", true, data::demo),
                ("rules", true, data::rules),
                ("widgets", true, data::widgets),
            ],
            Self::Console => &[
                ("acts", true, console::acts),
                ("authority", true, console_doors::authority),
                ("schemathesis", true, console_doors::schema),
                ("forged", true, console_doors::forged),
                ("crowd", true, console_doors::crowd),
                ("canary", true, console_doors::canary),
                ("guide", true, console_doors::guide),
                ("browser", true, console::browser),
                ("operators", true, console::load),
                ("away", true, console::away),
            ],
            Self::Editor => &[
                ("canvas", true, editor::canvas),
                ("histories", true, editor::histories),
                ("workflows", true, editor::workflows),
                ("program", true, editor::program),
                ("kills", true, editor::kills),
                ("speed", true, editor::speed),
                ("rest", true, editor::rest),
                ("guide", true, editor::guide),
            ],
        }
    }
}

/// The rows in columns.
pub fn table(rows: &[Row]) -> String {
    let width = |of: fn(&Row) -> &str| rows.iter().map(|row| of(row).chars().count()).max().unwrap_or(0);
    let (line, figure, bar) = (width(|row| &row.line), width(|row| &row.figure), width(|row| &row.bar));
    let mut text = String::new();
    for row in rows {
        let verdict = if row.holds { "ok" } else { "SHORT" };
        text += &format!("{:line$}  {:figure$}  {:bar$}  {verdict}\n", row.line, row.figure, row.bar);
    }
    text
}
