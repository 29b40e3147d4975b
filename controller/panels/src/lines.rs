//! Lines as control panels send them, and what they mean.

use crate::order::Order;
use layouts::{PanelAct, PanelLine};
use media::{IdError, NodeId, SceneId, ScreenId, TourId};

/// Most bytes of a line, its end not counted.
pub const LINE_BYTES_MAX: usize = 512;

/// Why a line means nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    /// No line of the hall document fits.
    #[error("no command fits; this hall has: {0}")]
    Unknown(String),
    /// It has more than [`LINE_BYTES_MAX`] bytes, or bytes that are no UTF-8.
    #[error("a line is text of at most {LINE_BYTES_MAX} bytes")]
    Malformed,
    /// A word in it is no name of the kind that is wanted there.
    #[error("{word:?} is no name of a {what}")]
    Name {
        /// The word, shortened.
        word: String,
        /// What it should name.
        what: &'static str,
    },
}

impl LineError {
    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unknown(_) => "unknown_command",
            Self::Malformed => "bad_line",
            Self::Name { .. } => "bad_name",
        }
    }
}

/// The lines that a hall understands.
#[derive(Debug, Clone)]
pub struct Lines {
    commands: Vec<PanelLine>,
}

impl Lines {
    /// For the lines of a hall document. Where two fit the first one counts.
    pub fn new(commands: &[PanelLine]) -> Self {
        Self { commands: commands.to_vec() }
    }

    /// What a line asks for; `bytes` without its end.
    pub fn order(&self, bytes: &[u8]) -> Result<Order, LineError> {
        if bytes.len() > LINE_BYTES_MAX {
            return Err(LineError::Malformed);
        }
        let line = std::str::from_utf8(bytes).map_err(|_| LineError::Malformed)?;
        let words: Vec<&str> = line.split_whitespace().collect();
        let fitting = self.commands.iter().find_map(|command| Some((command, fit(command, &words)?)));
        let (command, named) = fitting.ok_or_else(|| LineError::Unknown(self.listed()))?;
        order_of(command, &named)
    }

    fn listed(&self) -> String {
        let lines = self.commands.iter().map(|command| command.words.join(" "));
        lines.collect::<Vec<_>>().join(" | ").chars().take(400).collect()
    }
}

/// The words of a line that have names; `None` when the command is another one.
fn fit<'a>(command: &'a PanelLine, words: &[&'a str]) -> Option<Vec<(&'a str, &'a str)>> {
    if command.words.len() != words.len() {
        return None;
    }
    let mut named = Vec::new();
    for (pattern, word) in command.words.iter().zip(words) {
        match pattern.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(name) => named.push((name, *word)),
            None if pattern.eq_ignore_ascii_case(word) => {}
            None => return None,
        }
    }
    named.extend(command.with.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    Some(named)
}

fn order_of(command: &PanelLine, named: &[(&str, &str)]) -> Result<Order, LineError> {
    // The document's reader has seen to it that a command's line or its `with` has every name that its act needs.
    let word = |name: &str| named.iter().find(|(of, _)| *of == name).map_or("", |(_, word)| *word);
    let all = |name: &str| word(name).eq_ignore_ascii_case("all");
    Ok(match command.act {
        PanelAct::Scene => Order::Scene(name("scene", word("scene"), SceneId::new)?),
        PanelAct::PauseTour => Order::PauseTour(name("tour", word("tour"), TourId::new)?),
        PanelAct::ResumeTour => Order::ResumeTour(name("tour", word("tour"), TourId::new)?),
        PanelAct::Acknowledge if all("alarm") => Order::Acknowledge(None),
        PanelAct::Acknowledge => {
            let number = word("alarm").parse().map_err(|_| wrong("alarm", word("alarm")))?;
            Order::Acknowledge(Some(number))
        }
        PanelAct::PowerOn | PanelAct::PowerOff => {
            let on = command.act == PanelAct::PowerOn;
            let screen = match all("screen") {
                true => None,
                false => Some(name("screen", word("screen"), ScreenId::new)?),
            };
            Order::Power { screen, on }
        }
        PanelAct::Input => Order::Input {
            screen: name("screen", word("screen"), ScreenId::new)?,
            input: word("input").to_owned(),
        },
        PanelAct::Wake => Order::Wake(name("node", word("node"), NodeId::new)?),
        PanelAct::Status => Order::Status,
    })
}

fn name<T>(
    what: &'static str,
    word: &str,
    read: impl Fn(&str) -> Result<T, IdError>,
) -> Result<T, LineError> {
    // Panels like capital letters; ids have none.
    read(&word.to_ascii_lowercase()).map_err(|_| wrong(what, word))
}

fn wrong(what: &'static str, word: &str) -> LineError {
    LineError::Name { word: word.chars().take(64).collect(), what }
}

#[cfg(test)]
mod tests {
    use super::*;
    use layouts::Control;
    use proptest::prelude::*;

    fn usual() -> Lines {
        Lines::new(&Control::usual_commands())
    }

    #[test]
    fn usual_lines_become_orders() {
        let screen = |id: &str| ScreenId::new(id).unwrap();
        let cases: [(&str, Order); 10] = [
            ("SCENE overview", Order::Scene(SceneId::new("overview").unwrap())),
            ("  scene   OVERVIEW ", Order::Scene(SceneId::new("overview").unwrap())),
            ("TOUR PAUSE day", Order::PauseTour(TourId::new("day").unwrap())),
            ("TOUR RESUME day", Order::ResumeTour(TourId::new("day").unwrap())),
            ("ACK 17", Order::Acknowledge(Some(17))),
            ("ACK all", Order::Acknowledge(None)),
            ("POWER ON a1", Order::Power { screen: Some(screen("a1")), on: true }),
            ("POWER OFF ALL", Order::Power { screen: None, on: false }),
            ("INPUT a1 31", Order::Input { screen: screen("a1"), input: "31".into() }),
            ("WAKE left", Order::Wake(NodeId::new("left").unwrap())),
        ];
        for (line, order) in cases {
            assert_eq!(usual().order(line.as_bytes()), Ok(order), "{line}");
        }
    }

    #[test]
    fn a_hall_has_its_own_words() {
        let command = PanelLine {
            words: vec!["预案1".into()],
            act: PanelAct::Scene,
            with: vec![("scene".into(), "flood".into())],
        };
        let lines = Lines::new(&[command]);
        assert_eq!(lines.order("预案1".as_bytes()), Ok(Order::Scene(SceneId::new("flood").unwrap())));
        let unknown = lines.order(b"SCENE flood").unwrap_err();
        assert_eq!(unknown.to_string(), "no command fits; this hall has: 预案1");
    }

    #[test]
    fn what_is_wrong_is_said() {
        let code = |line: &[u8]| usual().order(line).unwrap_err().code();
        assert_eq!(code(b""), "unknown_command");
        assert_eq!(code(b"SCENE"), "unknown_command");
        assert_eq!(code(b"SCENE a b"), "unknown_command");
        assert_eq!(code(b"ACK seventeen"), "bad_name");
        assert_eq!(code("SCENE 总览".as_bytes()), "bad_name");
        assert_eq!(code(b"SCENE \xFF"), "bad_line");
        assert_eq!(code(&[b'A'; LINE_BYTES_MAX + 1]), "bad_line");
    }

    proptest! {
        #[test]
        fn any_bytes_are_an_order_or_a_mistake(bytes in proptest::collection::vec(any::<u8>(), 0..700)) {
            if let Err(error) = usual().order(&bytes) {
                prop_assert!(!error.to_string().contains('\n'));
            }
        }
    }
}
