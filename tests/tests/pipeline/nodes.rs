//! Two display nodes show one wall: the same picture at the same tick, and the next scene at the same tick.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;
use tests::cameras::rtsp_alone;
use tests::cluster::{Cluster, Settings};
use tests::peers::{self, Peer};
use tests::picture::Rect;
use tests::stage::{Camera, Place, TICK_HZ};
use tests::tap;
use tests::watch::{Seen, Watch, Window, now_ns};

const NODES: [&str; 2] = ["left", "right"];

fn document(cameras: &[Camera]) -> String {
    let mut text = format!(
        "version = 1\n[hall]\nname = \"two\"\nlanguage = \"en\"\n[[wall]]\nid = \"w\"\ntick_hz = {TICK_HZ}\nlatency_ms = 200\n\
         canvas_px_per_mm = 1\nviewing_distance_m = 1\n"
    );
    for (node, x) in NODES.iter().zip([0, 320]) {
        text += &format!(
            "[[wall.screen]]\nid = \"{node}\"\nnode = \"{node}\"\noutput = 1\nresolution = [320, 180]\n\
             position_mm = [{x}, 0]\nsize_mm = [320, 180]\n"
        );
    }
    for Camera { id, endpoint, .. } in cameras {
        text += &format!("[[source]]\nid = \"{id}\"\nlabel = \"{id}\"\ningest = \"ingest-1\"\n{endpoint}\n");
    }
    for Camera { id, .. } in cameras {
        text += &format!("[[scene]]\nid = \"{id}\"\nwall = \"w\"\nname = \"{id}\"\n");
        for x in [0, 320] {
            text += &format!(
                "[[scene.window]]\nsource = \"{id}\"\nlabel = false\nrect_px = [{x}, 0, 320, 180]\n"
            );
        }
    }
    text
}

/// Each node's screen, watched for either camera.
fn watch(index: usize, pipe: &Path, cameras: &[Camera]) -> Watch {
    let window = |camera: &Camera| Window {
        name: camera.id.into(),
        screen: index as u32,
        place: Rect::new(0.0, 0.0, 320.0, 180.0),
        camera: camera.clip.number,
        clip_frames: camera.clip.frames(),
        fps: camera.clip.fps,
    };
    Watch::start(pipe, cameras.iter().map(window).collect(), TICK_HZ)
}

fn watch_all(watches: &mut [Watch], duration: Duration) {
    // One tap waits in its pipe while the other is read.
    for _ in 0..duration.as_millis() / 100 {
        for watch in watches.iter_mut() {
            assert!(watch.watch_for(Duration::from_millis(50)), "a tap has ended");
        }
    }
}

fn first_readable(watch: &Watch, name: &str, from_ns: u128) -> Option<Seen> {
    watch.since(name, from_ns).iter().find(|seen| seen.frame.is_some()).copied()
}

#[test]
fn two_nodes_show_the_same_picture_and_change_the_scene_at_the_same_tick() {
    let _alone = crate::alone();
    let place = Place::of_this_program("nodes").unwrap();
    let kit = place.kit();
    let cameras = [rtsp_alone("first", 0).unwrap(), rtsp_alone("second", 1).unwrap()];
    peers::ensure(&kit.cache, &cameras.clone().map(|camera| camera.clip), &mut |words| println!("{words}"))
        .unwrap();
    let start = |camera: &Camera| Peer::start(camera.id, &kit, camera.server.clone().unwrap()).unwrap();
    let _peers: Vec<Peer> = cameras.iter().map(start).collect();
    let hall = place.work.join("hall.toml");
    std::fs::write(&hall, document(&cameras)).unwrap();
    let taps = BTreeMap::from(NODES.map(|node| (node.to_owned(), place.work.join(format!("{node}.tap")))));
    taps.values().for_each(|pipe| tap::make_pipe(pipe).unwrap());
    let mut watches: Vec<Watch> =
        NODES.iter().enumerate().map(|(index, node)| watch(index, &taps[*node], &cameras)).collect();
    let settings = Settings { taps, ..Settings::headless(&place, hall).unwrap() };
    let mut cluster = Cluster::start(settings, &mut |words| println!("{words}")).unwrap();
    for watch in &mut watches {
        let shows = |watch: &Watch| watch.history("first").last().is_some_and(|seen| seen.frame.is_some());
        assert!(watch.watch_until(Duration::from_secs(40), shows).unwrap(), "no picture");
    }
    let from = now_ns();
    watch_all(&mut watches, Duration::from_secs(4));
    let right: BTreeMap<u64, Option<u32>> =
        watches[1].since("first", from).iter().map(|seen| (seen.tick, seen.frame)).collect();
    let both: Vec<&Seen> =
        watches[0].since("first", from).iter().filter(|seen| right.contains_key(&seen.tick)).collect();
    assert!(both.len() > 25, "only {} ticks seen on both nodes", both.len());
    let unlike: Vec<_> = both.iter().filter(|seen| right[&seen.tick] != seen.frame).collect();
    assert!(unlike.is_empty(), "{} of {} ticks differ, such as {:?}", unlike.len(), both.len(), unlike[0]);

    let asked = now_ns();
    cluster.show_scene("second").unwrap();
    watch_all(&mut watches, Duration::from_secs(4));
    let changed = [0, 1].map(|index: usize| first_readable(&watches[index], "second", asked));
    let [Some(left), Some(right)] = changed else { panic!("the scene did not change: {changed:?}") };
    assert_eq!((left.tick, left.frame), (right.tick, right.frame));
    assert!(cluster.stop().is_empty());
}
