//! Every protocol with every codec that it carries, all on one wall: each window's counter must come through QUIC to
//! the pixels and never go back.

use std::time::Duration;
use tests::cameras;
use tests::stage::{Grid, Place, Stage};
use tests::watch::now_ns;

#[test]
fn every_protocol_and_codec_shows_its_counter() {
    let _alone = crate::alone();
    let place = Place::of_this_program("protocols").unwrap();
    let cameras = cameras::every_protocol(&place).unwrap();
    let mut stage = Stage::start(&place, Grid { columns: 5, window: (256, 144) }, &cameras).unwrap();
    stage.wait_until_all_show(Duration::from_secs(60)).unwrap();
    let from = now_ns();
    stage.watch_for(Duration::from_secs(8)).unwrap();
    let mut wrong = Vec::new();
    for camera in &cameras {
        let course = stage.watch.course(camera.id, from).unwrap();
        println!("{:18} {course:?}", camera.id);
        let still = camera.is_still();
        let moving = course.ticks - course.unreadable - course.repeated;
        let enough = still || moving * 25 > course.ticks * camera.clip.fps / 2;
        if course.ticks < 50 || course.unreadable > 0 || course.backwards > 0 || !enough {
            wrong.push(format!("{}: {course:?}", camera.id));
        }
    }
    let unclean = stage.cluster.stop();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(unclean.is_empty(), "{unclean:?}");
}
