//! The two machines against each other over a simulated link on a clock that the test turns.

use super::*;
use crate::{
    Activate, Audit, Hello, Looks, PictureFormat, PictureRequest, PictureSubject, Preview, Reason, Report,
    Role, Showing, Snapshot, ToController, ToNode, WallProgram,
};
use media::{CanvasFrame, LocalTime, NodeId, SceneId, WallId, WallTime};
use proptest::prelude::*;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

const ONE_WAY: Duration = Duration::from_millis(7);

fn hello() -> Hello {
    Hello { node: NodeId::new("east").unwrap(), role: Role::Display, software: "1".into(), media_port: 0 }
}

fn snapshot(revision: u64) -> Arc<Snapshot> {
    Arc::new(Snapshot {
        revision,
        document: format!("document {revision}"),
        walls: vec![WallProgram {
            wall: WallId::new("main").unwrap(),
            scene: SceneId::new("day").unwrap(),
            from: None,
            since: CanvasFrame(25),
            next: Some(SceneId::new("night").unwrap()),
            stamp: false,
            identify_until: None,
        }],
        directory: vec![],
        assets: vec![],
        variants: vec![],
    })
}

fn showing(revision: u64) -> Showing {
    Showing {
        revision,
        wall: WallId::new("main").unwrap(),
        scene: SceneId::new("day").unwrap(),
        canvas_frame: CanvasFrame(25),
    }
}

fn activate(revision: u64) -> Activate {
    Activate { revision, wall: WallId::new("main").unwrap(), at: CanvasFrame(50) }
}

/// The `n`th batch.
fn audit(n: u64) -> Audit {
    let wall = WallId::new(&format!("wall-{n}")).unwrap();
    Audit { wall, scenes: vec![], sources: vec![], screens: vec![], ticks: vec![] }
}

fn controller_at(now: LocalTime) -> ControllerSession {
    ControllerSession::new(NodeId::new("east").unwrap(), Role::Display, "1", now)
}

/// A link with a delay each way, whose wires can be cut.
struct Hall {
    now: LocalTime,
    controller: ControllerSession,
    node: NodeSession,
    up: VecDeque<(LocalTime, ToController)>,
    down: VecDeque<(LocalTime, ToNode)>,
    up_cut: bool,
    down_cut: bool,
    seen: Vec<ControllerEvent>,
    told: Vec<NodeEvent>,
}

impl Hall {
    fn connected() -> Self {
        let mut node = NodeSession::new(hello());
        node.handle_connect(LocalTime(0));
        Self {
            now: LocalTime(0),
            controller: controller_at(LocalTime(0)),
            node,
            up: VecDeque::new(),
            down: VecDeque::new(),
            up_cut: false,
            down_cut: false,
            seen: Vec::new(),
            told: Vec::new(),
        }
    }

    /// Another connection to another controller process, at this moment.
    fn reconnect(&mut self) {
        self.controller = controller_at(self.now);
        self.up.clear();
        self.down.clear();
        (self.up_cut, self.down_cut) = (false, false);
        self.node.handle_connect(self.now);
    }

    fn settle(&mut self) {
        while let Some(message) = self.node.poll_transmit(self.now) {
            if !self.up_cut {
                self.up.push_back((self.now + ONE_WAY, message));
            }
        }
        while let Some(message) = self.controller.poll_transmit(self.now, WallTime(0)) {
            if !self.down_cut {
                self.down.push_back((self.now + ONE_WAY, message));
            }
        }
        self.seen.extend(std::iter::from_fn(|| self.controller.poll_event()));
        self.told.extend(std::iter::from_fn(|| self.node.poll_event()));
    }

    /// When something happens next, if anything does.
    fn next(&self) -> Option<LocalTime> {
        let wires = [self.up.front().map(|(at, _)| *at), self.down.front().map(|(at, _)| *at)];
        let timers = [self.controller.poll_timeout(), self.node.poll_timeout()];
        wires.into_iter().chain(timers).flatten().min()
    }

    fn run_for(&mut self, time: Duration) {
        let end = self.now + time;
        self.settle();
        while let Some(at) = self.next().filter(|at| *at <= end) {
            assert!(at >= self.now, "time stands still: something is due and is not dealt with");
            self.now = at;
            while self.up.front().is_some_and(|(at, _)| *at <= self.now) {
                let (_, message) = self.up.pop_front().unwrap();
                self.controller.handle_message(message, self.now);
            }
            while self.down.front().is_some_and(|(at, _)| *at <= self.now) {
                let (_, message) = self.down.pop_front().unwrap();
                self.node.handle_message(message, self.now);
            }
            self.controller.handle_timeout(self.now);
            self.node.handle_timeout(self.now);
            self.settle();
        }
        self.now = end;
    }

    fn snapshots_told(&self) -> Vec<u64> {
        let revision = |event: &NodeEvent| match event {
            NodeEvent::Snapshot(snapshot) => Some(snapshot.revision),
            _ => None,
        };
        self.told.iter().filter_map(revision).collect()
    }
}

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_revision_goes_from_snapshot_to_showing() {
    let mut hall = Hall::connected();
    hall.controller.set_snapshot(snapshot(1));
    hall.run_for(SECOND);
    assert!(matches!(&hall.told[0], NodeEvent::Welcomed(_)));
    assert_eq!(hall.snapshots_told(), [1]);
    hall.node.ready(1).unwrap();
    hall.node.showing(showing(1)).unwrap();
    hall.node.report(Report { memory_bytes: 5, ..Report::default() });
    hall.run_for(SECOND);
    let expected = [
        ControllerEvent::Joined(hello()),
        ControllerEvent::Ready(crate::Ready { revision: 1 }),
        ControllerEvent::Showing(showing(1)),
        ControllerEvent::Report(Report { memory_bytes: 5, ..Report::default() }),
    ];
    assert_eq!(hall.seen, expected);
}

#[test]
fn a_link_with_nothing_to_say_stays_up_for_a_day() {
    let mut hall = Hall::connected();
    hall.run_for(SECOND * 86_400);
    assert!(hall.node.is_joined());
    assert_eq!(hall.seen, [ControllerEvent::Joined(hello())]);
}

#[test]
fn a_node_that_says_no_hello_is_given_up_after_five_seconds() {
    let mut hall = Hall::connected();
    hall.up_cut = true;
    hall.run_for(HELLO_WITHIN);
    assert_eq!(hall.seen, [ControllerEvent::Closed(Reason::HelloTimeout)]);
    assert!(hall.controller.is_finished());
    // The node hears nothing either, and gives up by itself at the same moment.
    assert_eq!(hall.told, [NodeEvent::Disconnected(Reason::HelloTimeout)]);
}

#[test]
fn each_side_gives_a_silent_one_up_after_five_seconds() {
    let mut hall = Hall::connected();
    hall.run_for(SECOND);
    (hall.up_cut, hall.down_cut) = (true, true);
    hall.run_for(IDLE_AFTER + SECOND);
    assert_eq!(hall.seen.last(), Some(&ControllerEvent::Closed(Reason::Idle)));
    assert_eq!(hall.told.last(), Some(&NodeEvent::Disconnected(Reason::Idle)));
}

#[test]
fn a_hello_of_another_node_or_role_is_refused_with_the_reason() {
    let other_node = Hello { node: NodeId::new("west").unwrap(), ..hello() };
    let other_role = Hello { role: Role::Ingest, ..hello() };
    for (hello, reason) in [(other_node, Reason::WrongNode), (other_role, Reason::WrongRole)] {
        let mut hall = Hall::connected();
        hall.node = NodeSession::new(hello);
        hall.node.handle_connect(LocalTime(0));
        hall.run_for(SECOND);
        assert_eq!(hall.seen, [ControllerEvent::Closed(reason)]);
        assert_eq!(hall.told, [NodeEvent::Disconnected(reason)]);
    }
}

#[test]
fn a_node_without_a_controller_keeps_its_last_revision() {
    let mut hall = Hall::connected();
    hall.controller.set_snapshot(snapshot(3));
    hall.run_for(SECOND);
    hall.node.handle_disconnect(Reason::Idle);
    hall.run_for(SECOND * 3600);
    assert_eq!(hall.node.held().map(|held| held.revision), Some(3));
    assert_eq!(hall.node.poll_timeout(), None);
}

#[test]
fn a_controller_that_comes_back_is_told_again_and_the_node_does_nothing_anew() {
    let mut hall = Hall::connected();
    hall.controller.set_snapshot(snapshot(3));
    hall.run_for(SECOND);
    hall.node.ready(3).unwrap();
    hall.node.handle_disconnect(Reason::Idle);
    // Said while there is no link: it is told on the next one.
    hall.node.showing(showing(3)).unwrap();
    hall.seen.clear();
    hall.reconnect();
    hall.controller.set_snapshot(snapshot(3));
    hall.run_for(SECOND);
    assert_eq!(hall.snapshots_told(), [3], "the same snapshot is not raised a second time");
    let expected = [
        ControllerEvent::Joined(hello()),
        ControllerEvent::Ready(crate::Ready { revision: 3 }),
        ControllerEvent::Showing(showing(3)),
    ];
    assert_eq!(hall.seen, expected);
}

#[test]
fn the_same_revision_with_another_document_is_another_snapshot() {
    let mut hall = Hall::connected();
    hall.controller.set_snapshot(snapshot(3));
    hall.run_for(SECOND);
    hall.reconnect();
    let other = Snapshot { document: "another hall".into(), ..(*snapshot(3)).clone() };
    hall.controller.set_snapshot(Arc::new(other.clone()));
    hall.run_for(SECOND);
    assert_eq!(hall.snapshots_told(), [3, 3]);
    assert_eq!(hall.node.held().map(|held| held.document.clone()), Some(other.document));
}

#[test]
fn an_answer_before_the_snapshot_of_a_new_link_waits_for_it() {
    let mut hall = Hall::connected();
    hall.controller.set_snapshot(snapshot(3));
    hall.run_for(SECOND);
    hall.node.handle_disconnect(Reason::Idle);
    hall.reconnect();
    hall.run_for(SECOND);
    hall.node.ready(3).unwrap();
    hall.run_for(SECOND);
    assert!(hall.node.is_joined(), "an answer that the controller cannot place must not end the link");
    hall.controller.set_snapshot(snapshot(3));
    hall.run_for(SECOND);
    assert_eq!(hall.seen.last(), Some(&ControllerEvent::Ready(crate::Ready { revision: 3 })));
}

#[test]
fn only_the_newest_snapshot_is_sent() {
    let mut hall = Hall::connected();
    for revision in 1..=9 {
        hall.controller.set_snapshot(snapshot(revision));
    }
    hall.run_for(SECOND);
    assert_eq!(hall.snapshots_told(), [9]);
    assert_eq!(hall.node.ready(8), Err(SessionError::OldRevision(8)));
}

#[test]
fn a_revision_that_was_never_given_ends_the_link() {
    let mut hall = Hall::connected();
    hall.controller.set_snapshot(snapshot(1));
    hall.run_for(SECOND);
    hall.controller.handle_message(ToController::Ready(crate::Ready { revision: 2 }), hall.now);
    hall.run_for(SECOND);
    assert_eq!(hall.seen.last(), Some(&ControllerEvent::Closed(Reason::Protocol)));
    assert_eq!(hall.told.last(), Some(&NodeEvent::Disconnected(Reason::Protocol)));
}

#[test]
fn a_prepared_scene_is_put_on_air_after_its_snapshot() {
    let mut hall = Hall::connected();
    hall.run_for(SECOND);
    hall.controller.set_snapshot(snapshot(1));
    hall.controller.activate(activate(1));
    hall.run_for(SECOND);
    assert_eq!(hall.told[1..], [NodeEvent::Snapshot(snapshot(1)), NodeEvent::Activate(activate(1))]);
    // Said again, or of another revision or wall: only what the snapshot awaits is said.
    hall.told.clear();
    hall.controller.activate(activate(2));
    hall.controller.activate(Activate { wall: WallId::new("side").unwrap(), ..activate(1) });
    hall.run_for(SECOND);
    assert_eq!(hall.told, []);
}

#[test]
fn an_activation_is_forgotten_with_the_revision_it_speaks_of() {
    let mut hall = Hall::connected();
    hall.controller.set_snapshot(snapshot(1));
    hall.controller.activate(activate(1));
    hall.controller.set_snapshot(snapshot(2));
    hall.run_for(SECOND);
    assert_eq!(hall.told[1..], [NodeEvent::Snapshot(snapshot(2))]);
    // The node does not trust the controller with that: an activation of another revision, or one that comes before the
    // snapshot on a new link, says nothing to it.
    hall.node.handle_message(ToNode::Activate(activate(1)), hall.now);
    hall.reconnect();
    hall.run_for(SECOND);
    hall.node.handle_message(ToNode::Activate(activate(2)), hall.now);
    hall.run_for(SECOND);
    assert!(!hall.told.iter().any(|event| matches!(event, NodeEvent::Activate(_))));
}

#[test]
fn activations_that_nobody_fetches_are_one_for_each_wall() {
    let mut node = NodeSession::new(hello());
    node.handle_connect(LocalTime(0));
    let welcome = crate::Welcome { software: "1".into(), now: WallTime(0) };
    node.handle_message(ToNode::Welcome(welcome), LocalTime(1));
    node.handle_message(ToNode::Snapshot(snapshot(1)), LocalTime(1));
    for at in 0..1_000 {
        let again = Activate { at: CanvasFrame(at), ..activate(1) };
        node.handle_message(ToNode::Activate(again), LocalTime(1));
    }
    let events: Vec<_> = std::iter::from_fn(|| node.poll_event()).collect();
    assert_eq!(events.len(), 3);
    assert_eq!(events[2], NodeEvent::Activate(Activate { at: CanvasFrame(999), ..activate(1) }));
}

fn preview(on: bool, every_ticks: u32) -> Preview {
    let looks = Looks { stills: on, video: false };
    Preview { wall: WallId::new("main").unwrap(), looks, side_px_max: 1280, every_ticks }
}

fn request(number: u64) -> PictureRequest {
    PictureRequest {
        number,
        wall: WallId::new("main").unwrap(),
        subject: PictureSubject::Screen(media::ScreenId::new("left").unwrap()),
        format: PictureFormat::Png,
        width_px: None,
    }
}

#[test]
fn whether_anybody_looks_is_told_once_and_the_newest_counts() {
    let mut hall = Hall::connected();
    // Said before the node has introduced itself.
    hall.controller.preview(preview(true, 3));
    hall.controller.preview(preview(true, 6));
    hall.run_for(SECOND);
    assert_eq!(hall.told[1..], [NodeEvent::Preview(preview(true, 6))]);
    hall.told.clear();
    hall.controller.preview(preview(false, 6));
    hall.run_for(SECOND);
    assert_eq!(hall.told, [NodeEvent::Preview(preview(false, 6))]);
}

#[test]
fn what_nobody_fetches_of_previews_and_requests_is_bounded() {
    let mut node = NodeSession::new(hello());
    node.handle_connect(LocalTime(0));
    let welcome = crate::Welcome { software: "1".into(), now: WallTime(0) };
    node.handle_message(ToNode::Welcome(welcome), LocalTime(1));
    for number in 0..10_000 {
        node.handle_message(ToNode::Preview(preview(number % 2 == 0, 1)), LocalTime(1));
        node.handle_message(ToNode::PictureRequest(request(number)), LocalTime(1));
    }
    let events: Vec<_> = std::iter::from_fn(|| node.poll_event()).collect();
    assert_eq!(events.len(), 34);
    assert!(events.contains(&NodeEvent::Preview(preview(false, 1))));
    assert_eq!(events.last(), Some(&NodeEvent::PictureRequest(request(9_999))));
    let mut controller = controller_at(LocalTime(0));
    controller.handle_message(ToController::Hello(hello()), LocalTime(0));
    (0..10_000).for_each(|number| controller.request(request(number)));
    let sent: Vec<_> = std::iter::from_fn(|| controller.poll_transmit(LocalTime(0), WallTime(0))).collect();
    assert_eq!(sent.len(), 33, "a welcome and the newest requests");
    assert_eq!(sent.last(), Some(&ToNode::PictureRequest(request(9_999))));
}

#[test]
fn audits_are_neither_merged_nor_replaced_and_the_oldest_go_first() {
    let mut hall = Hall::connected();
    hall.node.audit(audit(0));
    hall.run_for(SECOND);
    for n in 1..=20 {
        hall.node.audit(audit(n));
    }
    assert_eq!(hall.node.audits_dropped(), 4, "the link was stuck, and sixteen wait");
    hall.run_for(SECOND);
    let expected: Vec<_> = (5..=20).map(|n| ControllerEvent::Audit(audit(n))).collect();
    assert_eq!(hall.seen[1..], expected);
    let mut controller = controller_at(LocalTime(0));
    controller.handle_message(ToController::Hello(hello()), LocalTime(0));
    for n in 1..=1_000 {
        controller.handle_message(ToController::Audit(audit(n)), LocalTime(1));
    }
    assert_eq!(controller.audits_dropped(), 984);
    let events: Vec<_> = std::iter::from_fn(|| controller.poll_event()).collect();
    assert_eq!(events.len(), 17);
    assert_eq!(events[1], ControllerEvent::Audit(audit(985)));
}

#[test]
fn reports_that_nobody_fetches_are_one() {
    let mut controller = controller_at(LocalTime(0));
    controller.handle_message(ToController::Hello(hello()), LocalTime(0));
    for memory_bytes in 0..10_000 {
        let report = Report { memory_bytes, ..Report::default() };
        controller.handle_message(ToController::Report(report), LocalTime(1));
    }
    let events: Vec<_> = std::iter::from_fn(|| controller.poll_event()).collect();
    let newest = ControllerEvent::Report(Report { memory_bytes: 9_999, ..Report::default() });
    assert_eq!(events, [ControllerEvent::Joined(hello()), newest]);
}

#[test]
fn a_flood_of_messages_that_nobody_fetches_ends_the_link() {
    let mut controller = controller_at(LocalTime(0));
    controller.handle_message(ToController::Hello(hello()), LocalTime(0));
    controller.set_snapshot(snapshot(1));
    while controller.poll_transmit(LocalTime(0), WallTime(0)).is_some() {}
    for _ in 0..10_000 {
        controller.handle_message(ToController::Ready(crate::Ready { revision: 1 }), LocalTime(1));
    }
    let events: Vec<_> = std::iter::from_fn(|| controller.poll_event()).collect();
    assert!(events.len() < 300, "{} events were kept", events.len());
    assert_eq!(events.last(), Some(&ControllerEvent::Closed(Reason::Protocol)));
}

fn anything_to_controller() -> impl Strategy<Value = ToController> {
    prop_oneof![
        Just(ToController::Hello(hello())),
        (0..5_u64).prop_map(|revision| ToController::Ready(crate::Ready { revision })),
        (0..5_u64).prop_map(|revision| ToController::Cannot(crate::Cannot::new(revision, "no"))),
        (0..5_u64).prop_map(|revision| ToController::Showing(showing(revision))),
        Just(ToController::Report(Report::default())),
        (0..5_u64).prop_map(|n| ToController::Audit(audit(n))),
        Just(ToController::Heartbeat),
        Just(ToController::Goodbye(Reason::Shutdown)),
    ]
}

proptest! {
    /// Whatever a node says and whenever, the controller's machine says `Closed` at most once and nothing after it.
    #[test]
    fn a_closed_link_stays_closed(
        steps in prop::collection::vec((anything_to_controller(), 0..4_000_u64, any::<bool>()), 0..40),
    ) {
        let mut now = LocalTime(0);
        let mut controller = controller_at(now);
        let mut events = Vec::new();
        for (message, wait_ms, set) in steps {
            now = now + Duration::from_millis(wait_ms);
            if set {
                controller.set_snapshot(snapshot(2));
            }
            controller.handle_message(message, now);
            controller.handle_timeout(now);
            while controller.poll_transmit(now, WallTime(0)).is_some() {}
            events.extend(std::iter::from_fn(|| controller.poll_event()));
            prop_assert!(controller.poll_timeout().is_none_or(|at| at > now));
        }
        let end = events.iter().position(|event| matches!(event, ControllerEvent::Closed(_)));
        prop_assert!(end.is_none_or(|end| end + 1 == events.len()));
    }
}
