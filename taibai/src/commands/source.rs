//! `taibai source`: sources are listed, added, looked at and removed while a hall runs, over the controller's HTTP API.

use super::operate::{ask, client_for, told};
use crate::cli::{AddSourceArgs, ListSourcesArgs, ProbeSourceArgs, RemoveSourceArgs, SourceCommand};
use crate::exit::Failure;
use anyhow::{Context, anyhow};
use controller::SourceLine;
use media::SourceId;
use serde_json::Value;
use std::collections::BTreeSet;
use std::io::Read;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

/// A probe takes ten seconds at most, and the way there and back.
const ANSWER_WITHIN: Duration = Duration::from_secs(20);
/// Lines of one page of a list: the most that the controller gives.
const PAGE_LINES: usize = 1000;
/// No source takes more.
const FILE_BYTES_MAX: u64 = 64 << 10;

/// Does what is asked.
pub fn run(command: &SourceCommand) -> Result<(), Failure> {
    match command {
        SourceCommand::List(args) => list(args),
        SourceCommand::Add(AddSourceArgs { file, http }) => {
            let added = send(*http, "/v1/sources", &read(file)?)?;
            println!("source {} is added", added["id"].as_str().unwrap_or_default());
            Ok(())
        }
        SourceCommand::Probe(args) => probe(args),
        SourceCommand::Remove(args) => remove(args),
    }
}

/// The one source of a file, as requests carry it.
fn read(file: &Path) -> Result<Value, Failure> {
    let mut text = String::new();
    let from = || format!("{} cannot be read", file.display());
    match file.as_os_str() == "-" {
        true => std::io::stdin().take(FILE_BYTES_MAX).read_to_string(&mut text),
        false => {
            std::fs::File::open(file).and_then(|file| file.take(FILE_BYTES_MAX).read_to_string(&mut text))
        }
    }
    .with_context(from)?;
    let document: toml::Table = text.parse().map_err(|_| {
        // The parser quotes the line, which may hold what is no one's business.
        Failure::Usage(format!("{} is no TOML; write one [[source]] as in a hall document", file.display()))
    })?;
    match document.get("source").and_then(toml::Value::as_array).map(Vec::as_slice) {
        Some([source]) if document.len() == 1 => Ok(serde_json::to_value(source)?),
        _ => Err(Failure::Usage(format!("{} must hold one [[source]] and nothing else", file.display()))),
    }
}

fn send(http: SocketAddr, path: &str, body: &Value) -> Result<Value, Failure> {
    told(client_for(http, ANSWER_WITHIN).tell(path, body))
}

/// All sources that fit, page after page. A hall may change meanwhile: a page that brings nothing new is the last.
fn all(http: SocketAddr, search: &str) -> Result<Vec<SourceLine>, Failure> {
    let (mut lines, mut known) = (Vec::<SourceLine>::new(), BTreeSet::<SourceId>::new());
    loop {
        let after = lines.last().map_or_else(String::new, |line| format!("&after={}", line.source));
        let page: Vec<SourceLine> =
            ask(http, &format!("/v1/sources?limit={PAGE_LINES}&search={search}{after}"))?;
        let (is_short, before) = (page.len() < PAGE_LINES, lines.len());
        lines.extend(page.into_iter().filter(|line| known.insert(line.source.clone())));
        if is_short || lines.len() == before {
            return Ok(lines);
        }
    }
}

fn list(args: &ListSourcesArgs) -> Result<(), Failure> {
    let ListSourcesArgs { search, json, http } = args;
    let search: String =
        search.iter().flat_map(|search| search.bytes()).map(|byte| format!("%{byte:02X}")).collect();
    let lines = all(*http, &search)?;
    if *json {
        println!("{}", serde_json::to_string_pretty(&lines)?);
        return Ok(());
    }
    for SourceLine { source, label, kind, state, fps, tags, path, .. } in &lines {
        let fps = fps.map_or_else(|| "-".to_owned(), |fps| format!("{fps:.1}"));
        println!(
            "{:<24} {kind:<6} {state:<11} {fps:>6}  {path:<24} {}  {}",
            source.as_str(),
            label.zh,
            tags.join(",")
        );
    }
    Ok(())
}

fn probe(args: &ProbeSourceArgs) -> Result<(), Failure> {
    let ProbeSourceArgs { file, json, http } = args;
    let found = send(*http, "/v1/sources/probe", &read(file)?)?;
    if *json {
        println!("{}", serde_json::to_string_pretty(&found)?);
        return Ok(());
    }
    if found["ok"] != Value::Bool(true) {
        return Err(
            anyhow!("{}", found["fault"]["words"]["en"].as_str().unwrap_or("nothing is known")).into()
        );
    }
    let facts = &found["found"];
    let or_none = |value: &Value, unit: &str| {
        if value.is_null() { "unknown".to_owned() } else { format!("{value}{unit}") }
    };
    println!("codec        {}", facts["codec"].as_str().unwrap_or_default());
    println!("size         {} x {}", facts["width"], facts["height"]);
    println!("fps          {}", or_none(&facts["fps"], ""));
    println!("key picture  every {}", or_none(&facts["key_every_ms"], " ms"));
    println!("sound        {}", facts["audio"].as_str().unwrap_or("none"));
    println!("opened in    {} ms by {}", facts["open_ms"], found["node"].as_str().unwrap_or_default());
    Ok(())
}

fn remove(args: &RemoveSourceArgs) -> Result<(), Failure> {
    let RemoveSourceArgs { source, close, http } = args;
    let id = SourceId::new(source).map_err(|why| Failure::Usage(format!("{source:?}: {why}")))?;
    let path = format!("/v1/sources/{id}?close={close}");
    told(client_for(*http, ANSWER_WITHIN).delete::<Value>(&path))?;
    println!("source {id} is removed");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_holds_one_source_and_a_wrong_one_is_not_quoted() {
        let file = std::env::temp_dir().join(format!("taibai-source-{}.toml", std::process::id()));
        std::fs::write(&file, "[[source]]\nid = \"a\"\nrtsp = { host = \"10.0.0.9\", path = \"/1\" }\n")
            .unwrap();
        assert_eq!(
            read(&file).ok(),
            Some(serde_json::json!({ "id": "a", "rtsp": { "host": "10.0.0.9", "path": "/1" } }))
        );
        for wrong in ["geheim = ", "x = 1", "[[source]]\n[[source]]\n", "[[source]]\n[hall]\n"] {
            std::fs::write(&file, wrong).unwrap();
            match read(&file) {
                Err(Failure::Usage(words)) => assert!(!words.contains("geheim"), "{words}"),
                other => panic!("{wrong}: {:?}", other.is_ok()),
            }
        }
        std::fs::remove_file(&file).unwrap();
    }
}
