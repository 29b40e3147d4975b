//! The clock exchange over real QUIC: master and follower on one machine, so that the truth is known.

use crate::support::{Hall, LOOPBACK, hello, rebind, soon};
use media::{LocalTime, WallTime};
use protocol::{ClockState, Reason, Role};
use protocol_quic::{ClientEvent, ClockMaster, ControlClient, ControlServer, Host, HostClock};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// A machine whose clock is 3 s ahead and runs 40 ppm fast.
#[derive(Debug)]
struct Fast(Host);

impl HostClock for Fast {
    fn local(&self) -> LocalTime {
        let local = self.0.local();
        local.offset(3_000_000_000 + local.0 / 25_000)
    }

    fn wall(&self) -> WallTime {
        self.0.wall().offset(3_000_000_000)
    }
}

/// A machine whose system clock somebody else keeps, to within 70 µs, and can step.
#[derive(Debug)]
struct Kept(Host, AtomicI64);

const KEPT_WITHIN_NS: u64 = 70_000;

impl HostClock for Kept {
    fn local(&self) -> LocalTime {
        self.0.local()
    }

    fn wall(&self) -> WallTime {
        self.0.wall().offset(self.1.load(Ordering::Relaxed))
    }

    fn wall_error_ns(&self) -> u64 {
        KEPT_WITHIN_NS
    }
}

async fn controller(hall: &Hall, address: SocketAddr) -> ControlServer {
    let bind = || ControlServer::bind(&Host::system(), address, hall.authority.clone(), "test");
    soon("the port", rebind(bind)).await
}

/// How far the follower is from the master, and how far it says it may be, both in nanoseconds.
fn error(client: &ControlClient, follower: &Host, master: &Host) -> (u64, u64) {
    let map = client.clock().map();
    let before = master.wall();
    let local = follower.local();
    let after = master.wall();
    // The thread may sleep between the looks; the truth was somewhere between the two.
    let wall = map.to_wall(local);
    let outside = wall.clamp(before, after).nanos_from(wall).unsigned_abs();
    (outside, map.error_at(local))
}

/// How often a test looks at a clock.
fn looks() -> tokio::time::Interval {
    tokio::time::interval(Duration::from_millis(3))
}

async fn locked(client: &ControlClient) {
    let locked = async {
        let mut looks = looks();
        while client.clock_report().state != ClockState::Locked {
            looks.tick().await;
        }
    };
    soon("a lock", locked).await;
}

/// Looks at the clock for a while: the worst error, and the widest statement.
async fn watch(client: &ControlClient, follower: &Host, time: Duration) -> (u64, u64) {
    let master = Host::system();
    let end = tokio::time::Instant::now() + time;
    let mut worst = (0, 0);
    let mut looks = looks();
    while tokio::time::Instant::now() < end {
        let (error, stated) = error(client, follower, &master);
        assert!(error <= stated, "{error} ns off, {stated} ns stated, {:?}", client.clock_report());
        worst = (error.max(worst.0), stated.max(worst.1));
        looks.tick().await;
    }
    worst
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_follower_knows_the_masters_time_to_a_quarter_of_a_millisecond() {
    for follower in [Host::system(), Host::with_clock(Arc::new(Fast(Host::system())))] {
        let hall = Hall::new();
        let server = controller(&hall, LOOPBACK).await;
        let address = server.local_addr().unwrap().to_string();
        let identity = hall.identity("east", Role::Display);
        let client = ControlClient::start(&follower, &address, identity, hello("east", Role::Display));
        assert_eq!(client.clock_report().state, ClockState::Unset);
        locked(&client).await;
        watch(&client, &follower, Duration::from_secs(3)).await;
        let (worst, stated) = watch(&client, &follower, Duration::from_secs(3)).await;
        println!("{worst} ns off at worst, {stated} ns stated at most, {:?}", client.clock_report());
        assert!(worst <= 250_000, "{worst} ns");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_runs_on_without_a_controller_and_locks_again_without_a_step() {
    let hall = Hall::new();
    let server = controller(&hall, LOOPBACK).await;
    let address = server.local_addr().unwrap();
    let host = Host::with_clock(Arc::new(Fast(Host::system())));
    let identity = hall.identity("east", Role::Display);
    let mut client =
        ControlClient::start(&host, &address.to_string(), identity, hello("east", Role::Display));
    locked(&client).await;
    watch(&client, &host, Duration::from_secs(1)).await;
    server.close(Reason::Shutdown).await;
    while !matches!(soon("an end", client.next()).await, Some(ClientEvent::Disconnected { .. })) {}
    let (alone, report) = (client.clock().map(), client.clock_report());
    assert_eq!(report.state, ClockState::Holdover);
    watch(&client, &host, Duration::from_millis(500)).await;
    assert_eq!(client.clock().map(), alone);
    let _server = controller(&hall, address).await;
    let mut map = alone;
    let again = async {
        let mut looks = looks();
        while client.clock_report().state != ClockState::Locked {
            let newer = client.clock().map();
            let joint = newer.at;
            // Maps that were missed in between are part of the line that led to the newest.
            let step = newer.to_wall(joint).nanos_from(map.to_wall(joint)).abs();
            assert!(step < 1_000_000, "{step} ns between two maps");
            map = newer;
            looks.tick().await;
        }
    };
    soon("a lock", again).await;
    watch(&client, &host, Duration::from_secs(1)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_on_its_systems_clock_needs_no_controller_and_is_never_stepped() {
    let hall = Hall::new();
    let kept = Arc::new(Kept(Host::system(), AtomicI64::new(5_000_000_000)));
    let host = Host::with_clock(kept.clone());
    let identity = hall.identity("east", Role::Display);
    let nobody = format!("{}:9", LOOPBACK.ip());
    let hello = hello("east", Role::Display);
    let client = ControlClient::start_with_clock(&host, &nobody, identity, hello, ClockMaster::System);
    soon("a clock", client.clock_set()).await;
    let report = client.clock_report();
    assert_eq!(report.state, ClockState::System);
    assert!(report.error_ns >= KEPT_WITHIN_NS, "{report:?}");
    let off = |client: &ControlClient| {
        let wall = client.clock().map().to_wall(host.local());
        host.wall().nanos_from(wall)
    };
    assert!(off(&client).abs() < 1_000_000, "{} ns", off(&client));
    let before = client.clock().map().to_wall(host.local());
    kept.1.fetch_sub(20_000_000, Ordering::Relaxed);
    let caught_up = async {
        let (mut looks, mut last) = (looks(), before);
        loop {
            let wall = client.clock().map().to_wall(host.local());
            assert!(wall >= last, "the clock ran back by {} ns", last.nanos_from(wall));
            last = wall;
            if off(&client).abs() < 1_000_000 {
                break;
            }
            looks.tick().await;
        }
    };
    soon("the step to be made up for", caught_up).await;
}
