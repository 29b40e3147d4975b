//! What rules do beyond the wall: words aloud, sounds, webhooks, messages to brokers. All of it is bounded, none of it is waited for
//! by anybody, and what fails is said in the log.

use super::DataSettings;
use bytes::Bytes;
use ingest_feeds::{Outward, Target};
use layouts::rules::{AlarmId, MqttTopic, Notice, Webhook};
use layouts::{Language, Words};
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;

/// What may wait to be heard, and to be sent; more is lost, and said.
const HEARD_MAX: usize = 32;
const SENT_MAX: usize = 256;
/// How many are sent at one time.
const AT_ONCE: usize = 8;
/// How long words or a sound may take.
const HEARD_WITHIN: Duration = Duration::from_secs(60);
/// The waits before the second and the third attempt to tell a server.
const AGAIN: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(4)];

/// What is to go out.
#[derive(Debug)]
pub(super) enum Outgoing {
    Sound { path: String },
    Voice { words: Words },
    Webhook { to: Webhook, notice: Box<Notice> },
    Mqtt { to: MqttTopic, notice: Box<Notice> },
}

/// Takes what is to go out, and waits for nothing.
pub(super) struct Sender {
    heard: mpsc::Sender<(AlarmId, Outgoing)>,
    sent: mpsc::Sender<(AlarmId, Outgoing)>,
}

impl Sender {
    pub(super) fn send(&self, alarm: AlarmId, outgoing: Outgoing) {
        let queue = match outgoing {
            Outgoing::Sound { .. } | Outgoing::Voice { .. } => &self.heard,
            Outgoing::Webhook { .. } | Outgoing::Mqtt { .. } => &self.sent,
        };
        if queue.try_send((alarm, outgoing)).is_err() {
            tracing::warn!(%alarm, "too much waits to go out: a sound, words or a message is lost");
        }
    }
}

/// Does it.
pub(super) struct Worker {
    outward: Outward,
    language: Language,
    voice: Vec<String>,
    sound: Vec<String>,
    media_folder: PathBuf,
    heard: mpsc::Receiver<(AlarmId, Outgoing)>,
    sent: mpsc::Receiver<(AlarmId, Outgoing)>,
}

impl Worker {
    pub(super) fn new(outward: Outward, settings: &DataSettings, language: Language) -> (Self, Sender) {
        let (heard_sender, heard) = mpsc::channel(HEARD_MAX);
        let (sent_sender, sent) = mpsc::channel(SENT_MAX);
        let DataSettings { voice_command, sound_command, media_folder, .. } = settings;
        let (voice, sound) = (voice_command.clone(), sound_command.clone());
        let worker =
            Self { outward, language, voice, sound, media_folder: media_folder.clone(), heard, sent };
        (worker, Sender { heard: heard_sender, sent: sent_sender })
    }

    /// Works for ever.
    pub(super) async fn run(self) {
        let Self { outward, language, voice, sound, media_folder, mut heard, mut sent } = self;
        let hear = async {
            while let Some((alarm, outgoing)) = heard.recv().await {
                let outcome = match outgoing {
                    // One voice at a time: two together are not understood.
                    Outgoing::Voice { words } if !voice.is_empty() => {
                        run_command(&voice, None, &format!("{}\n", words.get(language))).await
                    }
                    Outgoing::Sound { path } if !sound.is_empty() => {
                        run_command(&sound, Some(media_folder.join(path)), "").await
                    }
                    _ => Err("no command is given for it (--voice-command, --sound-command)".to_owned()),
                };
                if let Err(why) = outcome {
                    tracing::warn!(%alarm, why, "an alarm was not heard");
                }
            }
        };
        let send = async {
            let outward = Arc::new(outward);
            let places = Arc::new(Semaphore::new(AT_ONCE));
            let mut tasks = JoinSet::new();
            let mut number = 0;
            while let Some((alarm, outgoing)) = sent.recv().await {
                while tasks.try_join_next().is_some() {}
                let Ok(place) = places.clone().acquire_owned().await else { return };
                let outward = outward.clone();
                number = (number + 1) % (2 * AT_ONCE);
                tasks.spawn(async move {
                    tell(&outward, alarm, &outgoing, number).await;
                    drop(place);
                });
            }
        };
        tokio::join!(hear, send);
    }
}

/// Tells a server, three times at most.
async fn tell(outward: &Outward, alarm: AlarmId, outgoing: &Outgoing, place: usize) {
    let mut waits = AGAIN.iter();
    loop {
        let (to, outcome) = match outgoing {
            Outgoing::Webhook { to: Webhook { host, port, path, tls, credential }, notice } => {
                let target =
                    Target { host: host.clone(), port: *port, tls: *tls, credential: credential.clone() };
                (format!("{host}:{port}"), outward.post(&target, path, body(notice)).await)
            }
            Outgoing::Mqtt { to: MqttTopic { host, port, tls, version, topic, credential }, notice } => {
                let target =
                    Target { host: host.clone(), port: *port, tls: *tls, credential: credential.clone() };
                let told = outward.publish(&target, *version, topic, place, body(notice)).await;
                (format!("{host}:{port} {topic}"), told)
            }
            Outgoing::Sound { .. } | Outgoing::Voice { .. } => return,
        };
        match (outcome, waits.next()) {
            (Ok(()), _) => return tracing::info!(%alarm, to, "an alarm was told"),
            (Err(fault), Some(wait)) => {
                tracing::warn!(%alarm, to, why = %fault, "an alarm was not told; it is tried again");
                tokio::time::sleep(*wait).await;
            }
            (Err(fault), None) => return tracing::error!(%alarm, to, why = %fault, "an alarm was not told"),
        }
    }
}

fn body(notice: &Notice) -> Bytes {
    serde_json::to_vec(notice).unwrap_or_default().into()
}

/// Runs a program with arguments, never a shell; `text` comes on its standard input.
async fn run_command(command: &[String], last: Option<PathBuf>, text: &str) -> Result<(), String> {
    let [program, arguments @ ..] = command else { return Err("the command is empty".into()) };
    let mut command = Command::new(program);
    command.args(arguments).args(last).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.kill_on_drop(true).spawn().map_err(|error| format!("{program}: {error}"))?;
    let input = child.stdin.take();
    let work = async {
        if let Some(mut input) = input {
            // One that does not listen has its reasons, and says them by how it ends.
            let _ = input.write_all(text.as_bytes()).await;
        }
        child.wait().await
    };
    match tokio::time::timeout(HEARD_WITHIN, work).await {
        Ok(Ok(status)) if status.success() => Ok(()),
        Ok(Ok(status)) => Err(format!("{program}: {status}")),
        Ok(Err(error)) => Err(format!("{program}: {error}")),
        Err(_) => Err(format!("{program} took longer than {} s and was ended", HEARD_WITHIN.as_secs())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn words_come_on_the_input_and_no_shell_looks_at_them() {
        let folder = std::env::temp_dir().join(format!("taibai-voice-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let said = folder.join("said");
        let command = ["tee".to_owned(), said.display().to_string()];
        run_command(&command, None, "火警 $(reboot); `x`\n").await.unwrap();
        assert_eq!(std::fs::read_to_string(&said).unwrap(), "火警 $(reboot); `x`\n");
        assert!(run_command(&["false".to_owned()], None, "x").await.unwrap_err().contains("exit status: 1"));
        assert!(run_command(&["/no/such/program".to_owned()], None, "x").await.is_err());
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
