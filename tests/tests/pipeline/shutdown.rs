//! Everything ends when it is told to, and leaves no process behind.

use std::time::Duration;
use tests::cameras::rtsp_alone;
use tests::process::how_it_ended;
use tests::stage::{Grid, Place, Stage};

#[test]
fn every_part_ends_at_sigterm_with_code_0() {
    let _alone = crate::alone();
    let place = Place::of_this_program("shutdown").unwrap();
    let camera = rtsp_alone("camera", 0).unwrap();
    let mut stage = Stage::start(&place, Grid { columns: 1, window: (320, 180) }, &[camera]).unwrap();
    stage.wait_until_all_show(Duration::from_secs(40)).unwrap();
    let pids: Vec<u32> = stage.cluster.parts().map(|part| part.pid()).collect();
    let unclean = stage.cluster.stop();
    assert!(unclean.is_empty(), "{unclean:?}");
    for pid in pids {
        assert!(!std::path::Path::new(&format!("/proc/{pid}")).exists(), "process {pid} is still there");
    }
    for picture in ["screen-s1.png", "wall.png"] {
        let path = stage.cluster.settings().out("wall").join(picture);
        assert!(path.is_file(), "{} was not written", path.display());
    }
}

#[test]
fn a_second_controller_on_the_same_state_says_that_one_runs() {
    let _alone = crate::alone();
    let place = Place::of_this_program("second").unwrap();
    let camera = rtsp_alone("camera", 0).unwrap();
    let stage = Stage::start(&place, Grid { columns: 1, window: (320, 180) }, &[camera]).unwrap();
    let settings = stage.cluster.settings();
    let mut command = settings.command("controller");
    command.arg(&settings.hall).args(["--listen", "127.0.0.1:0", "--http", "127.0.0.1:0"]);
    command.args(["--console", "127.0.0.1:0", "--state"]);
    command.arg(settings.state("controller"));
    let mut second = settings.spawn("second", &mut command).unwrap();
    let status = second.wait(Duration::from_secs(20)).expect("the second controller went on");
    assert_eq!(status.code(), Some(3), "{}", how_it_ended(status));
    let words = second.last_words(5);
    assert!(words.contains("used already by process"), "{words}");
}
