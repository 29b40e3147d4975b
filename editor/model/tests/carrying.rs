//! What nodes have to carry of a scene, and what helps where it is too much.

use editor_model::{Relief, Session, carried};
use layouts::Resource;
use layouts_edit::HallText;
use media::NodeId;

const HALL: &str = r##"version = 1
hall = { name = "Hall" }
[[node]]
id = "left"
decodes_1080p = 2
receive_mbit_s = 100
memory_mb = 4000
[[wall]]
id = "w"
canvas_px_per_mm = 1
[[wall.screen]]
id = "s"
node = "left"
output = 1
resolution = [3840, 2160]
position_mm = [0, 0]
size_mm = [3840, 2160]
[[source]]
id = "gate"
rtsp = { host = "127.0.0.1" }
streams = [{ name = "sub", path = "/1s", size = [640, 360] }, { name = "main", path = "/1m", size = [1920, 1080] }]
[[source]]
id = "lake"
rtsp = { host = "127.0.0.1" }
streams = [{ name = "sub", path = "/2s", size = [640, 360] }, { name = "main", path = "/2m", size = [1920, 1080] }]
[[source]]
id = "road"
rtsp = { host = "127.0.0.1", path = "/3" }
[[scene]]
id = "day"
wall = "w"
[[scene.window]]
source = "gate"
rect_px = [0, 0, 1600, 900]
[[scene.window]]
source = "lake"
rect_px = [1700, 0, 1800, 1012]
[[scene.window]]
source = "road"
rect_px = [0, 1100, 800, 450]
[[scene.window]]
text = "words"
size_px = 40
rect_px = [900, 1100, 400, 100]
[[scene]]
id = "night"
wall = "w"
window = [{ source = "gate", rect_px = [0, 0, 640, 360] }]
"##;

fn session() -> Session {
    Session::new(HallText::parse(HALL, "hall.toml").unwrap(), "hall.toml")
}

fn left() -> NodeId {
    NodeId::new("left").unwrap()
}

fn percent(session: &Session) -> Option<u64> {
    carried(session.layout(), &session.scene().unwrap().id)[0].percent()
}

#[test]
fn each_resource_is_reckoned_and_what_is_too_much_is_named() {
    let session = session();
    let [carried] = &carried(session.layout(), &session.scene().unwrap().id)[..] else { panic!() };
    assert_eq!(carried.load.needs(Resource::Decodes), 3000);
    assert_eq!(carried.load.needs(Resource::Receive), 3 * 4096);
    assert_eq!(carried.load.needs(Resource::Upload), 3 * 1920 * 1080 * 3 / 2 * 25);
    let pictures = 3 * 1920 * 1080 * 3 / 2 * 12 + 3840 * 2160 * 4 * 3;
    assert_eq!(carried.load.needs(Resource::Memory), pictures);
    assert_eq!((carried.over(), carried.percent()), (vec![Resource::Decodes], Some(150)));
    let tight = HALL.replace("memory_mb = 4000", "memory_mb = 200\nupload_mb_s = 100");
    let tight = Session::new(HallText::parse(&tight, "hall.toml").unwrap(), "hall.toml");
    let [carried] = &editor_model::carried(tight.layout(), &tight.scene().unwrap().id)[..] else { panic!() };
    assert_eq!(carried.over(), [Resource::Decodes, Resource::Upload, Resource::Memory]);
}

#[test]
fn each_relief_takes_no_more_away_than_it_must_and_is_one_step() {
    for (relief, change) in [
        (Relief::SubStreams, "small_stream = true"),
        (Relief::Smaller, "rect_px = ["),
        (Relief::Fewer, "source = \"lake\""),
    ] {
        let mut session = session();
        let before = session.document().text().clone();
        assert!(session.relieve(&left(), relief).unwrap(), "{relief:?}");
        assert!(percent(&session).unwrap() <= 100, "{relief:?}: {:?}", percent(&session));
        assert!(session.document().text().contains(change), "{relief:?}");
        assert_eq!(session.history().past().len(), 1, "{relief:?} is one step");
        // Two windows are enough here, so that the others stay as they are.
        let changed = session.document().text().lines().filter(|line| !before.contains(line)).count();
        assert!(changed <= 2, "{relief:?} changes {changed} lines");
        // Where everything fits nothing is done.
        let fits = session.document().text().clone();
        assert!(!session.relieve(&left(), relief).unwrap());
        assert_eq!(*session.document().text(), fits);
        session.undo();
        assert_eq!(*session.document().text(), before);
    }
}

#[test]
fn fewer_windows_are_the_smallest_and_smaller_ones_stay_around_their_middle() {
    let mut session = session();
    session.relieve(&left(), Relief::Fewer).unwrap();
    assert!(!session.document().text().contains("source = \"road\""), "the smallest goes");
    session.undo();
    let place = |session: &Session| session.items().into_iter().find(|item| item.index == 1).unwrap().rect;
    let old = place(&session);
    session.relieve(&left(), Relief::Smaller).unwrap();
    let new = place(&session);
    assert!(new.width < old.width && new.height < old.height, "the largest becomes smaller: {new:?}");
    let off = |a: i64, b: i64, c: i64, d: i64| (a + b / 2 - c - d / 2).abs();
    assert!(off(new.x, new.width, old.x, old.width) <= 1000, "{new:?}");
    assert!(off(new.y, new.height, old.y, old.height) <= 1000, "{new:?}");
}

#[test]
fn what_is_locked_stays_and_where_nothing_helps_it_is_said() {
    let mut session = session();
    session.select_all();
    session.toggle_lock();
    for relief in Relief::ALL {
        assert!(!session.relieve(&left(), relief).unwrap(), "{relief:?}");
    }
    assert_eq!(percent(&session), Some(150));
}
