//! A node's end of the control link. It outlives connections: what was last shown stays, for ever if need be.

use super::SessionError;
use super::pulse::{HELLO_WITHIN, Pulse};
use crate::{
    Activate, Audit, Cannot, Errand, Hello, PictureRequest, Preview, Ready, Reason, Report, Showing,
    Snapshot, ToController, ToNode, Welcome,
};
use media::{LocalTime, WallId};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// The most walls whose scene is remembered for a new link.
const WALLS_MAX: usize = 256;
/// Audits that wait to be sent: at two a second and wall, some seconds of a few walls.
const AUDITS_MAX: usize = 16;
/// Requests for pictures, and errands, that wait to be fetched; of more the oldest stay unanswered.
const REQUESTS_MAX: usize = 32;

/// What a node learns from its controller.
#[derive(Debug, Clone, PartialEq)]
pub enum NodeEvent {
    /// The controller has accepted this node.
    Welcomed(Welcome),
    /// A layout to prepare and to switch to. Not raised again for one that the node holds already.
    Snapshot(Arc<Snapshot>),
    /// What the snapshot before has a wall prepare goes on air. May come again, with the same tick, on a new connection.
    Activate(Activate),
    /// Whether anybody looks at a wall from afar. Over with the link.
    Preview(Preview),
    /// A picture is wanted.
    PictureRequest(PictureRequest),
    /// Something is to be found out.
    Errand(Errand),
    /// The link is over. What is shown stays.
    Disconnected(Reason),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Idle,
    Greeting { until: LocalTime },
    Joined,
}

#[derive(Debug, Clone, PartialEq)]
enum Verdict {
    Pending,
    Ready,
    Cannot(Cannot),
}

/// A node's end of the control link, over any number of connections one after another.
#[derive(Debug)]
pub struct NodeSession {
    hello: Hello,
    state: State,
    pulse: Pulse,
    held: Option<Arc<Snapshot>>,
    /// Whether the controller gave `held` on the connection that stands: before that it cannot place our answers.
    given: bool,
    verdict: Verdict,
    showing: BTreeMap<WallId, Showing>,
    outbox: VecDeque<ToController>,
    report: Option<Report>,
    audits: VecDeque<Audit>,
    audits_dropped: u64,
    goodbye: Option<Reason>,
    events: VecDeque<NodeEvent>,
}

impl NodeSession {
    /// A node that introduces itself with `hello` on each connection.
    pub fn new(hello: Hello) -> Self {
        Self {
            hello,
            state: State::Idle,
            pulse: Pulse::new(LocalTime(0)),
            held: None,
            given: false,
            verdict: Verdict::Pending,
            showing: BTreeMap::new(),
            outbox: VecDeque::new(),
            report: None,
            audits: VecDeque::new(),
            audits_dropped: 0,
            goodbye: None,
            events: VecDeque::new(),
        }
    }

    /// The newest layout this node was given, on this connection or an earlier one.
    pub fn held(&self) -> Option<&Arc<Snapshot>> {
        self.held.as_ref()
    }

    /// Whether the controller has accepted this node on the connection that stands.
    pub fn is_joined(&self) -> bool {
        self.state == State::Joined
    }

    /// A connection stands: begin with hello.
    pub fn handle_connect(&mut self, now: LocalTime) {
        self.state = State::Greeting { until: now + HELLO_WITHIN };
        self.pulse = Pulse::new(now);
        self.given = false;
        self.outbox.clear();
        self.report = None;
        self.audits.clear();
        self.goodbye = None;
        self.outbox.push_back(ToController::Hello(self.hello.clone()));
    }

    /// The connection is gone.
    pub fn handle_disconnect(&mut self, reason: Reason) {
        self.end(reason, false);
    }

    /// Takes in what the controller said.
    pub fn handle_message(&mut self, message: ToNode, now: LocalTime) {
        self.handle_timeout(now);
        self.pulse.heard(now);
        match (self.state, message) {
            (State::Idle, _) => {}
            (_, ToNode::Goodbye(reason)) => self.end(reason, false),
            (State::Greeting { .. }, ToNode::Welcome(welcome)) => {
                self.state = State::Joined;
                self.events.push_back(NodeEvent::Welcomed(welcome));
            }
            (State::Joined, ToNode::Snapshot(snapshot)) => self.take(snapshot),
            (State::Joined, ToNode::Activate(activate)) => self.activate(activate),
            (State::Joined, ToNode::Preview(preview)) => self.preview(preview),
            (State::Joined, ToNode::PictureRequest(request)) => {
                self.asked(NodeEvent::PictureRequest(request))
            }
            (State::Joined, ToNode::Errand(errand)) => self.asked(NodeEvent::Errand(errand)),
            (State::Joined, ToNode::Heartbeat) => {}
            _ => self.end(Reason::Protocol, true),
        }
    }

    /// Lets time pass. To be called at [`NodeSession::poll_timeout`] or at any moment.
    pub fn handle_timeout(&mut self, now: LocalTime) {
        match self.state {
            State::Greeting { until } if now >= until => self.end(Reason::HelloTimeout, true),
            State::Joined if self.pulse.is_dead(now) => self.end(Reason::Idle, true),
            State::Greeting { .. } | State::Joined | State::Idle => {}
        }
    }

    /// This node has prepared `revision`. Said without a link, it is told on the next one.
    pub fn ready(&mut self, revision: u64) -> Result<(), SessionError> {
        self.judge(revision, Verdict::Ready)
    }

    /// This node cannot show `revision`, because of `why`.
    pub fn cannot(&mut self, revision: u64, why: &str) -> Result<(), SessionError> {
        self.judge(revision, Verdict::Cannot(Cannot::new(revision, why)))
    }

    /// A revision is on this node's screens.
    pub fn showing(&mut self, showing: Showing) -> Result<(), SessionError> {
        self.newest(showing.revision)?;
        if self.showing.len() < WALLS_MAX || self.showing.contains_key(&showing.wall) {
            self.showing.insert(showing.wall.clone(), showing.clone());
        }
        self.send(ToController::Showing(showing));
        Ok(())
    }

    /// Measurements; one that was not sent yet is replaced, and without a link they are forgotten.
    pub fn report(&mut self, report: Report) {
        if self.state == State::Joined {
            self.report = Some(report);
        }
    }

    /// What was shown of a wall; forgotten without a link. When the link is stuck, the oldest of more than 16 is dropped.
    pub fn audit(&mut self, audit: Audit) {
        if self.state != State::Joined {
            return;
        }
        if self.audits.len() >= AUDITS_MAX {
            self.audits.pop_front();
            self.audits_dropped += 1;
        }
        self.audits.push_back(audit);
    }

    /// Audits that were dropped because a link was stuck, since the node's start.
    pub fn audits_dropped(&self) -> u64 {
        self.audits_dropped
    }

    /// Ends the link.
    pub fn close(&mut self, reason: Reason) {
        self.end(reason, true);
    }

    /// The next message to send, if any.
    pub fn poll_transmit(&mut self, now: LocalTime) -> Option<ToController> {
        let message = self.next_message(now)?;
        self.pulse.spoke(now);
        Some(message)
    }

    /// What has happened, oldest first.
    pub fn poll_event(&mut self) -> Option<NodeEvent> {
        self.events.pop_front()
    }

    /// When [`NodeSession::handle_timeout`] and [`NodeSession::poll_transmit`] must be called again at the latest.
    pub fn poll_timeout(&self) -> Option<LocalTime> {
        match self.state {
            State::Idle => None,
            State::Greeting { until } => Some(until),
            State::Joined => Some(self.pulse.next()),
        }
    }

    fn next_message(&mut self, now: LocalTime) -> Option<ToController> {
        if let Some(reason) = self.goodbye.take() {
            return Some(ToController::Goodbye(reason));
        }
        if self.state == State::Idle {
            return None;
        }
        let queued = self.outbox.pop_front();
        if queued.is_some() || self.state != State::Joined {
            return queued;
        }
        if let Some(report) = self.report.take() {
            return Some(ToController::Report(report));
        }
        if let Some(audit) = self.audits.pop_front() {
            return Some(ToController::Audit(audit));
        }
        self.pulse.must_speak(now).then_some(ToController::Heartbeat)
    }

    fn take(&mut self, snapshot: Arc<Snapshot>) {
        self.given = true;
        if self.held.as_ref() == Some(&snapshot) {
            return self.answer_again();
        }
        // Only the newest counts: an answer to an older one, or the older one itself, is of no use any more.
        self.outbox.clear();
        self.events.retain(|event| !matches!(event, NodeEvent::Snapshot(_) | NodeEvent::Activate(_)));
        self.held = Some(snapshot.clone());
        self.verdict = Verdict::Pending;
        self.showing.clear();
        self.events.push_back(NodeEvent::Snapshot(snapshot));
    }

    /// Only what the held snapshot awaits is raised, once for each wall: there is no more to fetch than there are walls.
    fn activate(&mut self, activate: Activate) {
        if !self.given || !self.held.as_ref().is_some_and(|held| held.awaits(&activate)) {
            return;
        }
        let same_wall = |event: &NodeEvent| matches!(event, NodeEvent::Activate(waiting) if waiting.wall == activate.wall);
        self.events.retain(|event| !same_wall(event));
        self.events.push_back(NodeEvent::Activate(activate));
    }

    /// The newest for each wall.
    fn preview(&mut self, preview: Preview) {
        let is_preview = |event: &&NodeEvent| matches!(event, NodeEvent::Preview(_));
        let same_wall =
            |event: &NodeEvent| matches!(event, NodeEvent::Preview(waiting) if waiting.wall == preview.wall);
        self.events.retain(|event| !same_wall(event));
        if self.events.iter().filter(is_preview).count() < WALLS_MAX {
            self.events.push_back(NodeEvent::Preview(preview));
        }
    }

    /// Something is wanted that has a reply.
    fn asked(&mut self, request: NodeEvent) {
        let is_request =
            |event: &NodeEvent| matches!(event, NodeEvent::PictureRequest(_) | NodeEvent::Errand(_));
        if self.events.iter().filter(|event| is_request(event)).count() >= REQUESTS_MAX
            && let Some(oldest) = self.events.iter().position(is_request)
        {
            self.events.remove(oldest);
        }
        self.events.push_back(request);
    }

    /// The controller gave what this node holds already: it needs the answers, this node needs no work.
    fn answer_again(&mut self) {
        let Some(revision) = self.held.as_ref().map(|snapshot| snapshot.revision) else { return };
        match self.verdict.clone() {
            Verdict::Pending => {}
            Verdict::Ready => self.outbox.push_back(ToController::Ready(Ready { revision })),
            Verdict::Cannot(cannot) => self.outbox.push_back(ToController::Cannot(cannot)),
        }
        self.outbox.extend(self.showing.values().cloned().map(ToController::Showing));
    }

    fn judge(&mut self, revision: u64, verdict: Verdict) -> Result<(), SessionError> {
        self.newest(revision)?;
        self.verdict = verdict.clone();
        match verdict {
            Verdict::Pending => {}
            Verdict::Ready => self.send(ToController::Ready(Ready { revision })),
            Verdict::Cannot(cannot) => self.send(ToController::Cannot(cannot)),
        }
        Ok(())
    }

    fn newest(&self, revision: u64) -> Result<(), SessionError> {
        let newest = self.held.as_ref().is_some_and(|held| held.revision == revision);
        if newest { Ok(()) } else { Err(SessionError::OldRevision(revision)) }
    }

    /// Queues `message`; what is said too early is remembered in `verdict` and `showing` and said again in time.
    fn send(&mut self, message: ToController) {
        if !self.is_joined() || !self.given {
            return;
        }
        // A switch of many walls at once is the longest queue there can be; a stuck link must not grow one.
        if self.outbox.len() > 2 * WALLS_MAX {
            self.outbox.pop_front();
        }
        self.outbox.push_back(message);
    }

    fn end(&mut self, reason: Reason, tell: bool) {
        if self.state == State::Idle {
            return;
        }
        self.state = State::Idle;
        self.outbox.clear();
        self.report = None;
        self.audits.clear();
        self.goodbye = tell.then_some(reason);
        self.events.push_back(NodeEvent::Disconnected(reason));
    }
}
