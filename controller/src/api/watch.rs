//! What those who watch are told: that something has changed, and who else is there. They ask for the rest themselves.

use super::gate::Gate;
use super::principal::{Edited, Principal};
use super::problem::Refusal;
use super::standing::Standing;
use axum::extract::rejection::QueryRejection;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::{Extension, Router};
use bytes::Bytes;
use controller_identity::{Act, Rights};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

/// News that can be asked for again.
const RING: usize = 1024;
/// Watchers at a time, of all and of one.
const WATCHERS_MAX: usize = 200;
const WATCHERS_OF_ONE_MAX: usize = 16;
/// How often a watcher is asked whether it is there, and how long it may be silent.
const PING_EVERY: Duration = Duration::from_secs(15);
const SILENT_MAX: Duration = Duration::from_secs(40);
/// How long a message may take to go out.
const SEND_WITHIN: Duration = Duration::from_secs(5);
/// How long the last one may: who has to go does not keep his place by not reading.
const CLOSE_WITHIN: Duration = Duration::from_millis(500);
/// Largest message of a watcher.
const MESSAGE_BYTES_MAX: usize = 1024;
/// Most characters of a page's name.
const PAGE_CHARS_MAX: usize = 64;
/// Most windows that a hand can be in, and most characters of a name in it.
const HAND_WINDOWS_MAX: usize = 16;
const HAND_CHARS_MAX: usize = 64;
/// How far from the canvas' corner somebody can point, in canvas pixels.
const POINTER_MAX: f64 = 1e6;
/// How often a watcher is told where others point, at most.
const POINTERS_EVERY: Duration = Duration::from_millis(100);

/// What has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum What {
    Walls,
    Sources,
    Alarms,
    Events,
    Tours,
    Log,
    Nodes,
    Users,
}

/// Somebody who is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Person {
    user: String,
    name: String,
    page: String,
}

/// Which windows somebody has chosen and may be about to change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Hand {
    /// The watcher's own word for itself, told to all, by which it knows itself and others tell two hands of one person apart.
    mark: String,
    wall: String,
    scene: String,
    /// As they are called on the wall; none where the hand is taken away.
    windows: Vec<String>,
}

impl Hand {
    fn is_fit(&self) -> bool {
        let Self { mark, wall, scene, windows } = self;
        windows.len() <= HAND_WINDOWS_MAX
            && [mark, wall, scene].into_iter().chain(windows).all(|word| is_short(word))
    }
}

fn is_short(word: &str) -> bool {
    word.chars().count() <= HAND_CHARS_MAX && !word.chars().any(char::is_control)
}

/// Where in a scene somebody points. It is told as it comes and not kept: the next one stands in its place.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Pointer {
    /// As a hand's.
    mark: String,
    wall: String,
    scene: String,
    /// In canvas pixels from the left upper corner; nothing where the pointer has left the canvas.
    at: Option<[f64; 2]>,
}

impl Pointer {
    fn is_fit(&self) -> bool {
        let Self { mark, wall, scene, at } = self;
        let near = |way: &f64| way.abs() <= POINTER_MAX;
        [mark, wall, scene].into_iter().all(|word| is_short(word)) && at.iter().flatten().all(near)
    }
}

/// One piece of news.
#[derive(Debug)]
struct Item {
    /// As it is sent.
    message: String,
    /// The wall that it names, and what those are told who may not look at that.
    of: Option<(String, String)>,
}

impl Item {
    fn for_whom(&self, sees: &impl Fn(&str) -> bool) -> String {
        match &self.of {
            Some((wall, plain)) if !sees(wall) => plain.clone(),
            _ => self.message.clone(),
        }
    }
}

#[derive(Debug)]
struct News {
    /// The newest number.
    revision: u64,
    /// The number before the first of the ring.
    oldest: u64,
    ring: VecDeque<Item>,
    people: BTreeMap<u64, Person>,
    hands: BTreeMap<u64, Hand>,
    /// With the number of the move that brought each there.
    pointers: BTreeMap<u64, (u64, Pointer)>,
    moves: u64,
    connections: u64,
}

/// Where news come together. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Hub {
    news: Arc<Mutex<News>>,
    changed: watch::Sender<u64>,
    moved: watch::Sender<u64>,
    /// Wakes whoever looks for changes.
    pub(crate) hurry: Arc<tokio::sync::Notify>,
}

impl Hub {
    /// Numbers go on from `start`, which grows with time, so that those of an earlier run are known to be old.
    pub(crate) fn new(start: u64) -> Self {
        let news = News {
            revision: start,
            oldest: start,
            ring: VecDeque::new(),
            people: BTreeMap::new(),
            hands: BTreeMap::new(),
            pointers: BTreeMap::new(),
            moves: 0,
            connections: 0,
        };
        let (changed, moved) = (watch::Sender::new(start), watch::Sender::new(0));
        Self { news: Arc::new(Mutex::new(news)), changed, moved, hurry: Arc::default() }
    }

    fn news(&self) -> MutexGuard<'_, News> {
        self.news.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells everybody.
    pub(crate) fn tell(&self, what: What) {
        self.publish(|revision| Item { message: plain(revision, what), of: None });
    }

    /// Tells everybody, and those who may look at the wall also which windows somebody has changed.
    pub(crate) fn tell_edit(&self, what: What, edited: &Edited, by: &Principal) {
        let Edited { wall, of, windows } = edited;
        self.publish(|revision| {
            let message = serde_json::json!({
                "revision": revision, "what": what, "wall": wall, "of": of, "windows": windows, "user": by.user, "name": by.name,
            });
            Item { message: message.to_string(), of: Some((wall.to_string(), plain(revision, what))) }
        });
    }

    fn publish(&self, item: impl FnOnce(u64) -> Item) {
        let mut news = self.news();
        news.revision += 1;
        let item = item(news.revision);
        news.ring.push_back(item);
        if news.ring.len() > RING {
            news.ring.pop_front();
            news.oldest += 1;
        }
        self.changed.send_replace(news.revision);
    }

    /// What somebody has not heard who knows all up to `after` and sees some walls, and up to where that is.
    fn since(&self, after: u64, sees: impl Fn(&str) -> bool) -> (Vec<String>, u64) {
        let news = self.news();
        let revision = news.revision;
        if after < news.oldest || after > revision {
            return (vec![everything(revision)], revision);
        }
        let heard = usize::try_from(after - news.oldest).unwrap_or(usize::MAX);
        (news.ring.iter().skip(heard).map(|item| item.for_whom(&sees)).collect(), revision)
    }

    fn revision(&self) -> u64 {
        self.news().revision
    }

    fn enter(&self, principal: &Principal) -> Result<u64, Refusal> {
        let mut news = self.news();
        let own = news.people.values().filter(|person| person.user == principal.user).count();
        if news.people.len() >= WATCHERS_MAX || own >= WATCHERS_OF_ONE_MAX {
            return Err(Refusal::words(
                StatusCode::TOO_MANY_REQUESTS,
                "too_many_watchers",
                "too many connections watch already",
                "监视连接过多",
            ));
        }
        news.connections += 1;
        let number = news.connections;
        let (user, name) = (principal.user.clone(), principal.name.clone());
        news.people.insert(number, Person { user, name, page: String::new() });
        drop(news);
        self.tell_presence();
        Ok(number)
    }

    fn turn_to(&self, number: u64, page: &str) {
        let page: String = page.chars().filter(|c| !c.is_control()).take(PAGE_CHARS_MAX).collect();
        let mut news = self.news();
        let Some(person) = news.people.get_mut(&number).filter(|person| person.page != page) else { return };
        person.page = page;
        drop(news);
        self.tell_presence();
    }

    /// Somebody has windows in his hand, or others than before.
    fn hold(&self, number: u64, hand: Hand) {
        let mut news = self.news();
        let Some(person) = news.people.get(&number).cloned() else { return };
        let before = news.hands.get(&number);
        if before == Some(&hand) || (before.is_none() && hand.windows.is_empty()) {
            return;
        }
        // Whoever may look at the wall before, and not at the one after, is to know that the hand has gone.
        let left = before.filter(|before| before.wall != hand.wall).cloned();
        match hand.windows.is_empty() {
            true => news.hands.remove(&number),
            false => news.hands.insert(number, hand.clone()),
        };
        drop(news);
        for hand in left.map(|left| Hand { windows: Vec::new(), ..left }).into_iter().chain([hand]) {
            self.publish(|revision| told_hand(revision, &person, &hand));
        }
    }

    /// Somebody points somewhere.
    fn point(&self, number: u64, pointer: Pointer) {
        let mut news = self.news();
        let same = match news.pointers.get(&number) {
            Some((_, before)) => *before == pointer,
            None => pointer.at.is_none(),
        };
        if same || !news.people.contains_key(&number) {
            return;
        }
        news.moves += 1;
        let moves = news.moves;
        news.pointers.insert(number, (moves, pointer));
        drop(news);
        self.moved.send_replace(moves);
    }

    /// Where others than `number` have pointed since the move `after`, on walls that somebody sees; and up to which move that is.
    fn pointers(&self, after: u64, number: u64, sees: impl Fn(&str) -> bool) -> (Vec<String>, u64) {
        let news = self.news();
        let moved = news
            .pointers
            .iter()
            .filter(|(of, (moves, pointer))| **of != number && *moves > after && sees(&pointer.wall));
        let told = moved.filter_map(|(of, (_, pointer))| Some(told_pointer(news.people.get(of)?, pointer)));
        (told.map(|message| message.to_string()).collect(), news.moves)
    }

    fn leave(&self, number: u64) {
        let mut news = self.news();
        let (person, hand) = (news.people.remove(&number), news.hands.remove(&number));
        let pointer = news.pointers.remove(&number);
        drop(news);
        if let (Some(person), Some(hand)) = (&person, hand) {
            let hand = Hand { windows: Vec::new(), ..hand };
            self.publish(|revision| told_hand(revision, person, &hand));
        }
        if let (Some(person), Some((_, pointer))) = (&person, pointer) {
            let pointer = Pointer { at: None, ..pointer };
            let message = told_pointer(person, &pointer).to_string();
            // To others it says no more than that there is something which is not theirs to know.
            let plain = serde_json::json!({ "what": "pointer" }).to_string();
            self.publish(|_| Item { message, of: Some((pointer.wall, plain)) });
        }
        self.tell_presence();
    }

    /// What all hold, for somebody who comes.
    fn hands(&self, sees: impl Fn(&str) -> bool) -> Vec<String> {
        let news = self.news();
        let hands = news.hands.iter().filter(|(_, hand)| sees(&hand.wall));
        let told = hands.filter_map(|(number, hand)| Some((news.people.get(number)?, hand)));
        told.map(|(person, hand)| told_hand(news.revision, person, hand).message).collect()
    }

    fn tell_presence(&self) {
        let people: Vec<Person> = self.news().people.values().cloned().collect();
        self.publish(|revision| Item { message: presence(revision, &people), of: None });
    }

    fn people(&self) -> Vec<Person> {
        self.news().people.values().cloned().collect()
    }
}

fn plain(revision: u64, what: What) -> String {
    serde_json::json!({ "revision": revision, "what": what }).to_string()
}

fn everything(revision: u64) -> String {
    serde_json::json!({ "revision": revision, "what": "everything" }).to_string()
}

fn presence(revision: u64, people: &[Person]) -> String {
    serde_json::json!({ "revision": revision, "what": "presence", "people": people }).to_string()
}

/// To those who may look at the wall; others hear that there is something which is not theirs to know.
fn told_hand(revision: u64, person: &Person, hand: &Hand) -> Item {
    let Person { user, name, page: _ } = person;
    let Hand { mark, wall, scene, windows } = hand;
    let message = serde_json::json!({
        "revision": revision, "what": "hand", "mark": mark, "wall": wall, "scene": scene, "windows": windows, "user": user, "name": name,
    });
    let plain = serde_json::json!({ "revision": revision, "what": "hand" });
    Item { message: message.to_string(), of: Some((wall.clone(), plain.to_string())) }
}

fn told_pointer(person: &Person, pointer: &Pointer) -> serde_json::Value {
    let Person { user, name, page: _ } = person;
    let Pointer { mark, wall, scene, at } = pointer;
    serde_json::json!({ "what": "pointer", "mark": mark, "wall": wall, "scene": scene, "at": at, "user": user, "name": name })
}

/// The endpoint.
pub(crate) fn router(gate: Gate) -> Router {
    Router::new().route("/v1/watch", axum::routing::get(watch)).with_state(gate)
}

/// `GET /v1/watch`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WatchQuery {
    /// The newest number that is known.
    after: Option<u64>,
}

async fn watch(
    State(gate): State<Gate>,
    Extension(principal): Extension<Principal>,
    Extension(standing): Extension<Standing>,
    query: Result<Query<WatchQuery>, QueryRejection>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Refusal> {
    let Query(WatchQuery { after }) = query?;
    let upgrade = upgrade?;
    let number = gate.hub().enter(&principal)?;
    let presence = Presence { hub: gate.hub().clone(), number };
    let upgrade = upgrade.max_message_size(MESSAGE_BYTES_MAX).max_frame_size(MESSAGE_BYTES_MAX);
    Ok(upgrade.on_upgrade(move |socket| async move {
        let mut watcher = Watcher { socket, presence, rights: principal.rights };
        tokio::select! {
            () = watcher.serve(after) => {}
            why = standing.over() => close(&mut watcher.socket, why).await,
        }
    }))
}

/// Closes a connection whose other end is to know why.
pub(crate) async fn close(socket: &mut WebSocket, (code, reason): (u16, &'static str)) {
    let frame = CloseFrame { code, reason: reason.into() };
    let _ = timeout(CLOSE_WITHIN, socket.send(Message::Close(Some(frame)))).await;
}

/// Somebody is there as long as this is, also when the connection never comes about.
struct Presence {
    hub: Hub,
    number: u64,
}

impl Drop for Presence {
    fn drop(&mut self) {
        self.hub.leave(self.number);
    }
}

struct Watcher {
    socket: WebSocket,
    presence: Presence,
    /// They last as long as the connection: others end it.
    rights: Rights,
}

#[derive(Deserialize)]
struct Said {
    page: Option<String>,
    hand: Option<Hand>,
    pointer: Option<Pointer>,
}

impl Watcher {
    /// Tells news until the watcher goes.
    async fn serve(&mut self, after: Option<u64>) {
        let hub = self.presence.hub.clone();
        let rights = self.rights.clone();
        let sees = |wall: &str| rights.may(Act::Look, Some(wall), None);
        let (mut changed, mut moved) = (hub.changed.subscribe(), hub.moved.subscribe());
        let (mut moves, mut told) = (*moved.borrow(), Instant::now());
        let (missed, mut known) = match after {
            Some(after) => hub.since(after, sees),
            None => (Vec::new(), hub.revision()),
        };
        // And who is there, which says at once up to where all of it goes.
        for message in missed.into_iter().chain([presence(known, &hub.people())]).chain(hub.hands(sees)) {
            if !self.send(message).await {
                return;
            }
        }
        let mut ping = interval(PING_EVERY);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut heard = Instant::now();
        loop {
            tokio::select! {
                message = self.socket.recv() => match message {
                    Some(Ok(Message::Text(text))) => {
                        heard = Instant::now();
                        self.hear(&hub, &text);
                    }
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                    Some(Ok(_)) => heard = Instant::now(),
                },
                () = newer(&mut changed, known) => {
                    let (messages, revision) = hub.since(known, sees);
                    known = revision;
                    for message in messages {
                        if !self.send(message).await {
                            return;
                        }
                    }
                }
                () = moved_on(&mut moved, moves, told + POINTERS_EVERY) => {
                    let (messages, newest) = hub.pointers(moves, self.presence.number, sees);
                    (moves, told) = (newest, Instant::now());
                    for message in messages {
                        if !self.send(message).await {
                            return;
                        }
                    }
                }
                _ = ping.tick() => {
                    if heard.elapsed() > SILENT_MAX {
                        return;
                    }
                    let sent = self.socket.send(Message::Ping(Bytes::new()));
                    if !matches!(timeout(SEND_WITHIN, sent).await, Ok(Ok(()))) {
                        return;
                    }
                }
            }
        }
    }

    /// What the watcher says of himself.
    fn hear(&self, hub: &Hub, text: &str) {
        let Ok(Said { page, hand, pointer }) = serde_json::from_str(text) else { return };
        if let Some(page) = page {
            hub.turn_to(self.presence.number, &page);
        }
        let sees = |wall: &str| self.rights.may(Act::Look, Some(wall), None);
        if let Some(hand) = hand.filter(|hand| hand.is_fit() && sees(&hand.wall)) {
            hub.hold(self.presence.number, hand);
        }
        if let Some(pointer) = pointer.filter(|pointer| pointer.is_fit() && sees(&pointer.wall)) {
            hub.point(self.presence.number, pointer);
        }
    }

    /// Whether it went out.
    async fn send(&mut self, message: String) -> bool {
        matches!(timeout(SEND_WITHIN, self.socket.send(Message::text(message))).await, Ok(Ok(())))
    }
}

/// Waits for news behind `known`.
async fn newer(changed: &mut watch::Receiver<u64>, known: u64) {
    // The hub lives as long as its watchers.
    let _ = changed.wait_for(|revision| *revision > known).await;
}

/// Waits until others have pointed elsewhere than after the move `known`, and not before `from`.
async fn moved_on(moved: &mut watch::Receiver<u64>, known: u64, from: Instant) {
    newer(moved, known).await;
    tokio::time::sleep_until(from).await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use media::{WallId, WindowId};

    #[test]
    fn who_comes_again_hears_what_was_missed_or_is_told_to_ask_for_everything() {
        let hub = Hub::new(1000);
        assert_eq!(hub.since(1000, |_| true), (vec![], 1000));
        hub.tell(What::Walls);
        hub.tell(What::Alarms);
        let (missed, revision) = hub.since(1001, |_| true);
        assert_eq!((missed, revision), (vec![r#"{"revision":1002,"what":"alarms"}"#.to_owned()], 1002));
        for unknown in [0, 999, 1003] {
            assert_eq!(
                hub.since(unknown, |_| true).0,
                [r#"{"revision":1002,"what":"everything"}"#],
                "{unknown}"
            );
        }
        for _ in 0..RING {
            hub.tell(What::Log);
        }
        assert_eq!(hub.since(1001, |_| true).0.len(), 1, "so old that it is forgotten");
        assert!(hub.since(1001, |_| true).0[0].contains("everything"));
        assert_eq!(hub.since(1002, |_| true).0.len(), RING);
    }

    #[test]
    fn which_windows_were_changed_is_told_to_those_who_may_look_at_the_wall() {
        let hub = Hub::new(7);
        let (wall, of) = (WallId::new("main").unwrap(), "stage".to_owned());
        let edited = Edited { wall, of, windows: vec![WindowId::new("w1").unwrap()] };
        hub.tell_edit(What::Walls, &edited, &Principal::local(None));
        let told = hub.since(7, |wall| wall == "main").0;
        let whole = r#"{"name":"local","of":"stage","revision":8,"user":"local","wall":"main","what":"walls","windows":["w1"]}"#;
        assert_eq!(told, [whole]);
        assert_eq!(hub.since(7, |wall| wall == "side").0, [r#"{"revision":8,"what":"walls"}"#]);
    }

    #[test]
    fn a_hand_in_a_window_is_told_to_those_who_may_look_at_the_wall_and_goes_with_its_owner() {
        let hub = Hub::new(0);
        let number = hub.enter(&Principal::local(None)).ok().unwrap();
        let hand = |wall: &str, windows: &[&str]| Hand {
            mark: "m".into(),
            wall: wall.into(),
            scene: "day".into(),
            windows: windows.iter().map(|window| (*window).to_owned()).collect(),
        };
        hub.hold(number, hand("main", &[]));
        assert_eq!(hub.revision(), 1, "nothing in no hand is no news");
        hub.hold(number, hand("main", &["w1"]));
        hub.hold(number, hand("main", &["w1"]));
        let whole = r#"{"mark":"m","name":"local","revision":2,"scene":"day","user":"local","wall":"main","what":"hand","windows":["w1"]}"#;
        assert_eq!(hub.since(1, |wall| wall == "main").0, [whole]);
        assert_eq!(hub.since(1, |_| false).0, [r#"{"revision":2,"what":"hand"}"#]);
        assert_eq!((hub.hands(|_| true), hub.hands(|_| false)), (vec![whole.to_owned()], vec![]));
        hub.hold(number, hand("side", &["w9"]));
        let told = hub.since(2, |wall| wall == "main").0;
        assert!(
            told[0].contains(r#""windows":[]"#) && told[1] == r#"{"revision":4,"what":"hand"}"#,
            "{told:?}"
        );
        hub.leave(number);
        let told = hub.since(4, |_| true).0;
        assert!(told[0].contains(r#""wall":"side""#) && told[0].contains(r#""windows":[]"#), "{told:?}");
        assert_eq!(hub.hands(|_| true), Vec::<String>::new());
        assert!(hand("main", &["w"; HAND_WINDOWS_MAX]).is_fit());
        assert!(!hand("main", &["w"; HAND_WINDOWS_MAX + 1]).is_fit() && !hand(&"w".repeat(65), &[]).is_fit());
    }

    #[test]
    fn where_somebody_points_is_told_to_others_at_the_wall_once_and_only_the_newest() {
        let hub = Hub::new(0);
        let one = hub.enter(&Principal::local(None)).ok().unwrap();
        let two = hub.enter(&Principal::local(None)).ok().unwrap();
        let pointer =
            |at: Option<[f64; 2]>| Pointer { mark: "m".into(), wall: "main".into(), scene: "day".into(), at };
        hub.point(one, pointer(None));
        assert_eq!(hub.pointers(0, two, |_| true), (vec![], 0), "it was nowhere before");
        hub.point(one, pointer(Some([1.0, 2.0])));
        hub.point(one, pointer(Some([30.5, 2.0])));
        hub.point(one, pointer(Some([30.5, 2.0])));
        let whole = r#"{"at":[30.5,2.0],"mark":"m","name":"local","scene":"day","user":"local","wall":"main","what":"pointer"}"#;
        assert_eq!(hub.pointers(0, two, |wall| wall == "main"), (vec![whole.to_owned()], 2));
        assert_eq!(hub.pointers(0, one, |_| true).0, Vec::<String>::new(), "nobody is told of himself");
        assert_eq!(hub.pointers(0, two, |_| false), (vec![], 2));
        assert_eq!(hub.pointers(2, two, |_| true), (vec![], 2));
        let known = hub.revision();
        hub.leave(one);
        let told = hub.since(known, |_| true).0;
        assert!(told[0].contains(r#""at":null"#) && told[0].contains(r#""what":"pointer""#), "{told:?}");
        assert_eq!(hub.since(known, |_| false).0[0], r#"{"what":"pointer"}"#);
        assert_eq!(hub.pointers(0, two, |_| true).0, Vec::<String>::new());
        hub.point(one, pointer(Some([1.0, 2.0])));
        assert_eq!(hub.pointers(0, two, |_| true).0, Vec::<String>::new(), "who has gone points nowhere");
        assert!(!pointer(Some([2e6, 0.0])).is_fit() && pointer(Some([-1.0, 0.0])).is_fit());
    }

    #[test]
    fn it_is_known_who_is_there_and_on_which_page() {
        let hub = Hub::new(0);
        let one = hub.enter(&Principal::local(None)).ok().unwrap();
        let two = hub.enter(&Principal::local(None)).ok().unwrap();
        hub.turn_to(one, "wall\n");
        hub.leave(two);
        let (news, _) = hub.since(0, |_| true);
        assert_eq!(news.len(), 4);
        let last =
            r#"{"people":[{"name":"local","page":"wall","user":"local"}],"revision":4,"what":"presence"}"#;
        assert_eq!(news[3], last);
        let entered = (0..WATCHERS_OF_ONE_MAX).filter(|_| hub.enter(&Principal::local(None)).is_ok()).count();
        assert_eq!(entered, WATCHERS_OF_ONE_MAX - 1);
    }
}
