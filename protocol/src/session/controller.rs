//! The controller's end of one node's link.

use super::pulse::{HELLO_WITHIN, Pulse};
use crate::{
    Activate, Audit, Cannot, Errand, Hello, PictureRequest, Preview, Ready, Reason, Report, Role, Showing,
    Snapshot, ToController, ToNode, Welcome,
};
use media::{LocalTime, NodeId, WallId, WallTime};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// A node may be ahead of its reader by this many events; one that is further ahead is cut off.
const EVENTS_MAX: usize = 256;
/// Audits that wait to be fetched; an audit may be long.
const AUDITS_MAX: usize = 16;
/// Requests for pictures, and errands, that wait to be sent.
const REQUESTS_MAX: usize = 32;

/// What the controller learns from a node's link.
#[derive(Debug, Clone, PartialEq)]
pub enum ControllerEvent {
    /// The node is accepted and gets the newest snapshot.
    Joined(Hello),
    /// It has prepared a revision.
    Ready(Ready),
    /// It cannot show a revision.
    Cannot(Cannot),
    /// It shows a revision.
    Showing(Showing),
    /// It has measured. Reports that were not fetched in time are replaced by the newest one.
    Report(Report),
    /// What it has shown. The oldest of more than 16 that were not fetched is dropped, and counted.
    Audit(Audit),
    /// The link is over; nothing follows.
    Closed(Reason),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Waiting { until: LocalTime },
    Joined,
    Closed,
}

/// The controller's end of one node's link, from the accepted connection to its end.
#[derive(Debug)]
pub struct ControllerSession {
    node: NodeId,
    role: Role,
    software: String,
    state: State,
    pulse: Pulse,
    greet: bool,
    snapshot: Option<Arc<Snapshot>>,
    snapshot_due: bool,
    activations: BTreeMap<WallId, Activate>,
    previews: BTreeMap<WallId, Preview>,
    requests: VecDeque<PictureRequest>,
    errands: VecDeque<Errand>,
    revision_sent: Option<u64>,
    audits_dropped: u64,
    goodbye: Option<Reason>,
    events: VecDeque<ControllerEvent>,
}

impl ControllerSession {
    /// A link whose certificate belongs to `node` in `role`; `software` is this controller's version.
    pub fn new(node: NodeId, role: Role, software: &str, now: LocalTime) -> Self {
        Self {
            node,
            role,
            software: software.to_owned(),
            state: State::Waiting { until: now + HELLO_WITHIN },
            pulse: Pulse::new(now),
            greet: false,
            snapshot: None,
            snapshot_due: false,
            activations: BTreeMap::new(),
            previews: BTreeMap::new(),
            requests: VecDeque::new(),
            errands: VecDeque::new(),
            revision_sent: None,
            audits_dropped: 0,
            goodbye: None,
            events: VecDeque::new(),
        }
    }

    /// Whether the link is over and its last message has been fetched.
    pub fn is_finished(&self) -> bool {
        self.state == State::Closed && self.goodbye.is_none() && self.events.is_empty()
    }

    /// Takes in what the node said.
    pub fn handle_message(&mut self, message: ToController, now: LocalTime) {
        self.handle_timeout(now);
        self.pulse.heard(now);
        match (self.state, message) {
            (State::Closed, _) => {}
            (_, ToController::Goodbye(reason)) => self.end(reason, false),
            (State::Waiting { .. }, ToController::Hello(hello)) => self.greet(hello),
            (State::Joined, ToController::Ready(ready)) => {
                self.about(ready.revision, ControllerEvent::Ready(ready));
            }
            (State::Joined, ToController::Cannot(cannot)) => {
                self.about(cannot.revision, ControllerEvent::Cannot(cannot));
            }
            (State::Joined, ToController::Showing(showing)) => {
                self.about(showing.revision, ControllerEvent::Showing(showing));
            }
            (State::Joined, ToController::Report(report)) => self.report(report),
            (State::Joined, ToController::Audit(audit)) => self.audit(audit),
            (State::Joined, ToController::Heartbeat) => {}
            _ => self.end(Reason::Protocol, true),
        }
    }

    /// Lets time pass. To be called at [`ControllerSession::poll_timeout`] or at any moment.
    pub fn handle_timeout(&mut self, now: LocalTime) {
        match self.state {
            State::Waiting { until } if now >= until => self.end(Reason::HelloTimeout, true),
            State::Joined if self.pulse.is_dead(now) => self.end(Reason::Idle, true),
            State::Waiting { .. } | State::Joined | State::Closed => {}
        }
    }

    /// Audits that were dropped because nobody fetched them.
    pub fn audits_dropped(&self) -> u64 {
        self.audits_dropped
    }

    /// Makes `snapshot` the newest one. One that has not been sent yet is replaced, with all that was to be said of it:
    /// nodes need no history.
    pub fn set_snapshot(&mut self, snapshot: Arc<Snapshot>) {
        self.activations.retain(|_, activate| activate.revision == snapshot.revision);
        self.snapshot = Some(snapshot);
        self.snapshot_due = true;
    }

    /// Puts the newest snapshot's next scene on air; it is said after that snapshot. One that speaks of another revision
    /// or wall says nothing to the node, and is not sent.
    pub fn activate(&mut self, activate: Activate) {
        if self.snapshot.as_ref().is_some_and(|snapshot| snapshot.awaits(&activate)) {
            self.activations.insert(activate.wall.clone(), activate);
        }
    }

    /// Tells whether anybody looks at a wall from afar; what has not been said yet of the same wall is replaced.
    pub fn preview(&mut self, preview: Preview) {
        self.previews.insert(preview.wall.clone(), preview);
    }

    /// Asks for a picture. The oldest of more than 32 that were not sent is forgotten.
    pub fn request(&mut self, request: PictureRequest) {
        if self.requests.len() >= REQUESTS_MAX {
            self.requests.pop_front();
        }
        self.requests.push_back(request);
    }

    /// Has something found out. The oldest of more than 32 that were not sent is forgotten.
    pub fn errand(&mut self, errand: Errand) {
        if self.errands.len() >= REQUESTS_MAX {
            self.errands.pop_front();
        }
        self.errands.push_back(errand);
    }

    /// Ends the link.
    pub fn close(&mut self, reason: Reason) {
        self.end(reason, true);
    }

    /// The connection underneath is gone.
    pub fn handle_disconnect(&mut self, reason: Reason) {
        self.end(reason, false);
    }

    /// The next message to send, if any. `wall` is the controller's wall time, for the welcome.
    pub fn poll_transmit(&mut self, now: LocalTime, wall: WallTime) -> Option<ToNode> {
        let message = self.next_message(now, wall)?;
        self.pulse.spoke(now);
        Some(message)
    }

    /// What has happened, oldest first.
    pub fn poll_event(&mut self) -> Option<ControllerEvent> {
        self.events.pop_front()
    }

    /// When [`ControllerSession::handle_timeout`] and [`ControllerSession::poll_transmit`] must be called again at
    /// the latest.
    pub fn poll_timeout(&self) -> Option<LocalTime> {
        match self.state {
            State::Waiting { until } => Some(until),
            State::Joined => Some(self.pulse.next()),
            State::Closed => None,
        }
    }

    fn next_message(&mut self, now: LocalTime, wall: WallTime) -> Option<ToNode> {
        if let Some(reason) = self.goodbye.take() {
            return Some(ToNode::Goodbye(reason));
        }
        if self.state != State::Joined {
            return None;
        }
        if std::mem::take(&mut self.greet) {
            return Some(ToNode::Welcome(Welcome { software: self.software.clone(), now: wall }));
        }
        if std::mem::take(&mut self.snapshot_due) {
            let snapshot = self.snapshot.clone()?;
            self.revision_sent = Some(snapshot.revision);
            return Some(ToNode::Snapshot(snapshot));
        }
        if let Some((_, activate)) = self.activations.pop_first() {
            return Some(ToNode::Activate(activate));
        }
        if let Some((_, preview)) = self.previews.pop_first() {
            return Some(ToNode::Preview(preview));
        }
        if let Some(request) = self.requests.pop_front() {
            return Some(ToNode::PictureRequest(request));
        }
        if let Some(errand) = self.errands.pop_front() {
            return Some(ToNode::Errand(errand));
        }
        self.pulse.must_speak(now).then_some(ToNode::Heartbeat)
    }

    fn greet(&mut self, hello: Hello) {
        if hello.node != self.node {
            return self.end(Reason::WrongNode, true);
        }
        if hello.role != self.role {
            return self.end(Reason::WrongRole, true);
        }
        self.state = State::Joined;
        self.greet = true;
        self.snapshot_due = self.snapshot.is_some();
        self.push(ControllerEvent::Joined(hello));
    }

    /// A node may only speak of revisions that it was given on this link.
    fn about(&mut self, revision: u64, event: ControllerEvent) {
        if self.revision_sent.is_some_and(|sent| revision <= sent) {
            self.push(event);
        } else {
            self.end(Reason::Protocol, true);
        }
    }

    fn report(&mut self, report: Report) {
        let waiting = self.events.iter_mut().find_map(|event| match event {
            ControllerEvent::Report(waiting) => Some(waiting),
            _ => None,
        });
        match waiting {
            Some(waiting) => *waiting = report,
            None => self.push(ControllerEvent::Report(report)),
        }
    }

    fn audit(&mut self, audit: Audit) {
        let is_audit = |event: &ControllerEvent| matches!(event, ControllerEvent::Audit(_));
        if self.events.iter().filter(|event| is_audit(event)).count() >= AUDITS_MAX
            && let Some(oldest) = self.events.iter().position(is_audit)
        {
            self.events.remove(oldest);
            self.audits_dropped += 1;
        }
        self.push(ControllerEvent::Audit(audit));
    }

    fn push(&mut self, event: ControllerEvent) {
        if self.events.len() >= EVENTS_MAX {
            return self.end(Reason::Protocol, true);
        }
        self.events.push_back(event);
    }

    fn end(&mut self, reason: Reason, tell: bool) {
        if self.state == State::Closed {
            return;
        }
        self.state = State::Closed;
        self.goodbye = tell.then_some(reason);
        self.events.push_back(ControllerEvent::Closed(reason));
    }
}
