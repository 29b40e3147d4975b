//! The integrator's guide tells the truth: every example of its shell blocks is run with curl against a real controller, in the order in which it
//! is read, is answered with success, and in the shape that the controller's own description gives.

mod examples;
mod shape;

use examples::{commands, same_but_words};
use serde_json::Value;
use shape::{described, faults};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tests::cluster::{Cluster, Settings};
use tests::peers;
use tests::picture::Picture;
use tests::stage::Place;

const HALL: &str = include_str!("../../src/proofs/console_doors/hall.toml");
/// The guides, each in English and Chinese; a later one goes on where the one before ends.
const GUIDES: [[&str; 2]; 2] = [["API.md", "API.zh-CN.md"], ["WALL_API.md", "WALL_API.zh-CN.md"]];
/// What stands in the guides for the two doors and for a token.
const CONSOLE: &str = "10.0.0.7:8470";
const COMMANDS: &str = "127.0.0.1:7780";
const TOKEN: &str = "taibai_…";

fn guide(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(name)).unwrap()
}

/// A request that an example made, and its answer.
#[derive(Debug)]
struct Seen {
    method: String,
    path: String,
    status: u16,
    kind: String,
    body: String,
}

struct Hall {
    cluster: Cluster,
    console: String,
    work: PathBuf,
    taibai: PathBuf,
}

impl Hall {
    fn start(name: &str) -> Self {
        let place = Place::of_this_program(name).unwrap();
        let hall = place.work.join("hall.toml");
        fs::write(&hall, HALL).unwrap();
        // The photo of the event that an example reports.
        let photos = place.work.join("data/photos");
        fs::create_dir_all(&photos).unwrap();
        let photo = Picture { width: 64, height: 36, bgra: [90, 120, 150, 255].repeat(64 * 36) };
        photo.write_png(&photos.join("gate-0815.png")).unwrap();
        let console = format!("127.0.0.1:{}", peers::free_tcp_port().unwrap());
        let controller = vec!["--console".to_owned(), console.clone()];
        let settings = Settings {
            arguments: BTreeMap::from([("controller".to_owned(), controller)]),
            ..Settings::headless(&place, hall).unwrap()
        };
        // With its wall: one example asks for the whole of it as a picture.
        let cluster = Cluster::start(settings, &mut |_| {}).unwrap();
        Self { cluster, console, work: place.work, taibai: place.taibai }
    }

    /// Runs commands as somebody would who types them one after the other. Gives the requests that curl made.
    fn run(&self, commands: &[String]) -> Vec<Seen> {
        let http = self.cluster.settings().http();
        // What comes a moment later (an alarm behind its event, a node behind its controller) is waited for, as a person would.
        let mut script = format!(
            r#"set -u
taibai() {{ '{taibai}' "$@" --http {http} | tee -a said; grep -o 'taibai_[0-9a-z_]*' said | tail -1 > token || true; }}
curl() {{
  local try
  for try in $(seq 50); do
    command curl -sS -o body -w '%{{http_code}} %{{method}} %{{url}} %{{content_type}}\n' "$@" > meta
    case "$(cut -d' ' -f1 meta)" in 404|503) sleep 0.2;; *) break;; esac
  done
  cat meta >> log; base64 -w0 body >> log; echo >> log
  cat body
}}
"#,
            taibai = self.taibai.display()
        );
        for command in commands {
            let command = command.replace(CONSOLE, &self.console).replace(COMMANDS, &http);
            script += &command.replace(TOKEN, "$(cat token)");
            script.push('\n');
        }
        let folder = self.work.join("shell");
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("password"), "seven-quiet-lakes-in-may\n").unwrap();
        fs::write(folder.join("script"), script).unwrap();
        let output =
            Command::new("bash").arg("script").current_dir(&folder).stdin(Stdio::null()).output().unwrap();
        print!("{}", String::from_utf8_lossy(&output.stderr));
        let log = fs::read_to_string(folder.join("log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines.chunks(2).map(Seen::of).collect()
    }

    fn description(&self) -> Value {
        let text = Command::new("curl")
            .args(["-sS", &format!("http://{}/v1/openapi.json", self.cluster.settings().http())])
            .output()
            .unwrap();
        serde_json::from_slice(&text.stdout).unwrap()
    }
}

impl Seen {
    /// Of a line with what curl tells of an answer, and its body in Base64.
    fn of(lines: &[&str]) -> Self {
        let [meta, body] = lines else { panic!("{lines:?}") };
        let mut words = meta.splitn(4, ' ').map(str::to_owned);
        let (status, method) = (words.next().unwrap().parse().unwrap(), words.next().unwrap());
        let url = words.next().unwrap();
        let path =
            url.trim_start_matches("http://").split_once('/').map(|(_, path)| format!("/{path}")).unwrap();
        let body = String::from_utf8_lossy(&examples::from_base64(body)).into_owned();
        Self { method, path, status, kind: words.next().unwrap_or_default(), body }
    }

    /// What is not as the description has it.
    fn faults(&self, description: &Value) -> Vec<String> {
        let place = format!("{} {}", self.method, self.path);
        if !(200..300).contains(&self.status) {
            return vec![format!("{place}: {} {}", self.status, self.body)];
        }
        let Some(answer) = described(description, &self.method, &self.path, self.status) else {
            return vec![format!("{place}: {} is not described", self.status)];
        };
        let Some((kind, content)) = answer["content"].as_object().and_then(|kinds| kinds.iter().next())
        else {
            return if self.body.is_empty() { vec![] } else { vec![format!("{place}: says {}", self.body)] };
        };
        // `image/*` is whatever picture it is.
        if !self.kind.starts_with(kind.split(';').next().unwrap().trim_end_matches('*')) {
            return vec![format!("{place}: {} instead of {kind}", self.kind)];
        }
        if kind != "application/json" {
            return vec![];
        }
        let Ok(value) = serde_json::from_str(&self.body) else { return vec![format!("{place}: no JSON")] };
        faults(description, &content["schema"], &value, &place)
    }
}

#[test]
fn every_curl_example_of_the_guides_is_answered_as_it_says() {
    for language in [0, 1] {
        let hall = Hall::start(["guide-en", "guide-zh"][language]);
        let all: Vec<String> = GUIDES.iter().flat_map(|guides| commands(&guide(guides[language]))).collect();
        let curls: usize = all.iter().map(|command| command.matches("curl ").count()).sum();
        let seen = hall.run(&all);
        assert!(seen.len() >= curls && curls >= 20, "{curls} examples, {} requests", seen.len());
        let description = hall.description();
        let found: Vec<String> = seen.iter().flat_map(|seen| seen.faults(&description)).collect();
        assert_eq!(found, Vec::<String>::new());
        println!(
            "{curls} curl examples of {} guides, {} requests, each as described",
            GUIDES.len(),
            seen.len()
        );
    }
}

#[test]
fn both_languages_have_the_same_examples() {
    for [english, chinese] in GUIDES {
        let (english, chinese) = (commands(&guide(english)), commands(&guide(chinese)));
        assert_eq!(english.len(), chinese.len());
        for (english, chinese) in english.iter().zip(&chinese) {
            assert!(same_but_words(english, chinese), "{english}\n{chinese}");
        }
    }
}

#[test]
fn planted_examples_that_lie_are_noticed() {
    let hall = Hall::start("guide-planted");
    let description = hall.description();
    let planted = format!(
        "```sh\ncurl http://{COMMANDS}/v1/wals   # with a slip\ncurl http://{COMMANDS}/v1/walls\n```\n"
    );
    let mut seen = hall.run(&commands(&planted));
    let faulty = |seen: &[Seen]| seen.iter().filter(|seen| !seen.faults(&description).is_empty()).count();
    assert_eq!((seen.len(), faulty(&seen)), (2, 1));
    seen[1].body = r#"[{"wall": 7}]"#.into();
    assert_eq!(faulty(&seen), 2);
}
