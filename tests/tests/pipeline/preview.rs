//! A wall seen from afar: small pictures of the right screens at the right places that look like what was composed, for twelve
//! viewers at the price of one, in JPEGs and in H.264, and nothing at all for nobody; pictures that are asked for.

use std::collections::{BTreeMap, VecDeque};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tests::cameras::rtsp_alone;
use tests::cluster::{Cluster, Settings};
use tests::held::Held;
use tests::peers::{self, Peer};
use tests::picture::Picture;
use tests::stage::{Camera, Place, TICK_HZ};
use tests::tap;
use tests::watch::now_ns;
use tungstenite::Message;

const NODES: [&str; 2] = ["left", "right"];
/// A picture's look: the means of so many cells across and down.
const CELLS: [u32; 2] = [16, 16];
type Look = Vec<[u8; 3]>;

/// The left screen hangs as it stands, the right one turned by a quarter; both have twice the canvas's pixels.
fn document(cameras: &[Camera]) -> String {
    let mut text = format!(
        "version = 1\n[hall]\nname = \"afar\"\nlanguage = \"en\"\n[[wall]]\nid = \"w\"\ntick_hz = {TICK_HZ}\nlatency_ms = 200\n\
         canvas_px_per_mm = 1\nviewing_distance_m = 1\n\
         [[wall.screen]]\nid = \"a\"\nnode = \"left\"\noutput = 1\nresolution = [960, 540]\nposition_mm = [0, 0]\nsize_mm = [480, 270]\n\
         [[wall.screen]]\nid = \"b\"\nnode = \"right\"\noutput = 1\nresolution = [960, 540]\nrotation = 90\nposition_mm = [500, 0]\nsize_mm = [270, 480]\n"
    );
    for Camera { id, endpoint, .. } in cameras {
        text += &format!("[[source]]\nid = \"{id}\"\nlabel = \"{id}\"\ningest = \"ingest-1\"\n{endpoint}\n");
    }
    text += "[[scene]]\nid = \"day\"\nwall = \"w\"\nname = \"day\"\n";
    for (camera, rect) in cameras.iter().zip(["0, 0, 480, 270", "500, 0, 270, 300"]) {
        text += &format!("[[scene.window]]\nsource = \"{}\"\nlabel = true\nrect_px = [{rect}]\n", camera.id);
    }
    text + "[[scene]]\nid = \"night\"\nwall = \"w\"\nname = \"night\"\n\
            [[scene.window]]\ntext = \"Night\"\nsize_px = 100\nrect_px = [0, 0, 480, 270]\n"
}

/// The means of a picture's cells; pixels are blue, green, red, alpha.
fn look(width: u32, height: u32, pixel: impl Fn(u32, u32) -> [u8; 3]) -> Look {
    let span = |index: u32, of: u32, pixels: u32| index * pixels / of..((index + 1) * pixels / of);
    let mut cells = Vec::new();
    for j in 0..CELLS[1] {
        for i in 0..CELLS[0] {
            let (mut sum, mut count) = ([0_u32; 3], 0);
            for y in span(j, CELLS[1], height) {
                for x in span(i, CELLS[0], width) {
                    let pixel = pixel(x, y);
                    (0..3).for_each(|n| sum[n] += u32::from(pixel[n]));
                    count += 1;
                }
            }
            cells.push(sum.map(|sum| (sum / count) as u8));
        }
    }
    cells
}

fn look_at_bitmap(bitmap: &renderer::picture::Bitmap) -> Look {
    let (width, height) = (bitmap.size().width, bitmap.size().height);
    look(width, height, |x, y| {
        let at = (y as usize * width as usize + x as usize) * 4;
        [bitmap.bytes()[at], bitmap.bytes()[at + 1], bitmap.bytes()[at + 2]]
    })
}

fn look_at_file(bytes: &[u8]) -> ((u32, u32), Look) {
    let bitmap = renderer::raster::decode_image(bytes).unwrap();
    ((bitmap.size().width, bitmap.size().height), look_at_bitmap(&bitmap))
}

/// A frame buffer as it is seen: the panel of `b` hangs a quarter turn to the right.
fn look_at_frame(screen: u32, picture: &Picture) -> Look {
    let Picture { width, height, .. } = *picture;
    let at = |x, y| picture.at(x, y).map(|[b, g, r, _]| [b, g, r]).unwrap();
    match screen {
        0 => look(width, height, at),
        // The left column of the upright picture is the frame buffer's lowest row.
        _ => look(height, width, |u, v| at(v, height - 1 - u)),
    }
}

/// Mean difference of two looks, 0 to 255.
fn unlike(a: &Look, b: &Look) -> f64 {
    let sum: u64 = a.iter().flatten().zip(b.iter().flatten()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    sum as f64 / (a.len() * 3) as f64
}

/// How each screen really looked at the last ticks.
#[derive(Clone, Default)]
struct Composed {
    ticks: Arc<Mutex<VecDeque<(u32, u64, Look)>>>,
}

impl Composed {
    fn watch(&self, pipe: &Path) {
        let (ticks, pipe) = (self.ticks.clone(), pipe.to_owned());
        std::thread::spawn(move || {
            let mut reader = tap::Reader::open(&pipe).unwrap();
            while let Ok(Some(tap::Record { tick, screen, picture })) = reader.read() {
                let look = look_at_frame(screen, &picture);
                let mut ticks = ticks.lock().unwrap();
                ticks.push_back((screen, tick, look));
                if ticks.len() > 2_000 {
                    ticks.pop_front();
                }
            }
        });
    }

    fn at(&self, screen: u32, tick: u64) -> Option<Look> {
        let ticks = self.ticks.lock().unwrap();
        let found = ticks.iter().find(|(of, at, _)| (*of, *at) == (screen, tick));
        found.map(|(_, _, look)| look.clone())
    }
}

/// One picture as a viewer got it.
struct Got {
    head: serde_json::Value,
    coded: Vec<u8>,
    late_ms: f64,
}

/// One who looks, until told to stop.
struct Viewer {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Vec<Got>>,
}

impl Viewer {
    fn start(http: &str, format: &str) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (told, http) = (stop.clone(), http.to_owned());
        let address = format!("ws://{http}/v1/walls/w/preview?format={format}");
        let thread = std::thread::spawn(move || {
            let stream = TcpStream::connect(&http).unwrap();
            stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
            let (mut socket, _) = tungstenite::client(address, stream).unwrap();
            let mut got = Vec::new();
            while !told.load(Ordering::Relaxed) {
                let Message::Binary(message) = socket.read().unwrap() else { continue };
                let now_ms = now_ns() as f64 / 1e6;
                let (length, rest) = message.split_first_chunk::<4>().unwrap();
                let (head, coded) = rest.split_at(u32::from_be_bytes(*length) as usize);
                let head: serde_json::Value = serde_json::from_slice(head).unwrap();
                let late_ms = now_ms - head["captured_ms"].as_f64().unwrap();
                got.push(Got { head, coded: coded.to_vec(), late_ms });
            }
            let _ = socket.close(None);
            got
        });
        Self { stop, thread }
    }

    fn stop(self) -> Vec<Got> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap()
    }
}

/// Looks for so long with so many eyes.
fn look_for(http: &str, format: &str, viewers: usize, duration: Duration) -> Vec<Vec<Got>> {
    let viewers: Vec<Viewer> = (0..viewers).map(|_| Viewer::start(http, format)).collect();
    std::thread::sleep(duration);
    viewers.into_iter().map(Viewer::stop).collect()
}

/// So many clients ask for so many pictures each, one after the other, and share nothing.
fn ask_for(http: &str, clients: usize, pictures: u64) {
    std::thread::scope(|scope| {
        for client in 0..clients {
            scope.spawn(move || {
                let path = format!("/v1/walls/w/screens/a/picture.jpg?width={}", 200 + client);
                let (begin, mut got) = (Instant::now(), 0);
                // One that finds the node busy asks again.
                while got < pictures && begin.elapsed() < Duration::from_secs(60) {
                    got += u64::from(get(http, &path).0 == 200);
                }
            });
        }
    });
}

fn get(http: &str, path: &str) -> (u16, Vec<u8>) {
    let mut stream = TcpStream::connect(http).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {http}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let head = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
    let status = std::str::from_utf8(&answer[9..12]).unwrap().parse().unwrap();
    (status, answer[head..].to_vec())
}

/// How many pictures each display node has encoded, once its next report has come.
fn encoded(cluster: &Cluster) -> BTreeMap<String, u64> {
    std::thread::sleep(Duration::from_millis(1_500));
    let status = cluster.status().unwrap();
    let nodes = status["nodes"].as_array().unwrap().iter().filter(|node| node["role"] == "display");
    nodes
        .map(|node| (node["node"].as_str().unwrap().to_owned(), node["pictures_encoded"].as_u64().unwrap()))
        .collect()
}

fn start(place: &Place) -> (Cluster, Vec<Peer>, Composed) {
    let kit = place.kit();
    let cameras = [rtsp_alone("first", 0).unwrap(), rtsp_alone("second", 1).unwrap()];
    let clips = cameras.clone().map(|camera| camera.clip);
    peers::ensure(&kit.cache, &clips, &mut |words| println!("{words}")).unwrap();
    let start = |camera: &Camera| Peer::start(camera.id, &kit, camera.server.clone().unwrap()).unwrap();
    let running: Vec<Peer> = cameras.iter().map(start).collect();
    let hall = place.work.join("hall.toml");
    std::fs::write(&hall, document(&cameras)).unwrap();
    let taps = BTreeMap::from(NODES.map(|node| (node.to_owned(), place.work.join(format!("{node}.tap")))));
    let composed = Composed::default();
    for pipe in taps.values() {
        tap::make_pipe(pipe).unwrap();
        composed.watch(pipe);
    }
    let settings = Settings { taps, ..Settings::headless(place, hall).unwrap() };
    let cluster = Cluster::start(settings, &mut |words| println!("{words}")).unwrap();
    let begin = Instant::now();
    while tests::cluster::count_live(&cluster.status().unwrap()) != (2, 2) {
        assert!(begin.elapsed() < Duration::from_secs(60), "the cameras are not live");
        std::thread::sleep(Duration::from_millis(200));
    }
    (cluster, running, composed)
}

/// A screen by the name that pictures bear: its place among the taps, where it hangs, and how large its pictures are.
fn screen_of(head: &serde_json::Value) -> (u32, [f64; 4], (u32, u32)) {
    match head["screen"].as_str().unwrap() {
        "a" => (0, [0.0, 0.0, 480.0, 270.0], (798, 448)),
        _ => (1, [500.0, 0.0, 270.0, 480.0], (448, 798)),
    }
}

/// Each picture against what was composed for its tick; gives how many were compared and the greatest difference.
fn compare<'a>(
    seen: impl Iterator<Item = (&'a serde_json::Value, (u32, u32), Look)>,
    composed: &Composed,
) -> (usize, f64) {
    let (mut count, mut worst) = (0, 0.0_f64);
    for (head, is, seen) in seen {
        let (index, rect, size) = screen_of(head);
        let place = ["x", "y", "width", "height"].map(|key| head["rect"][key].as_f64().unwrap());
        assert_eq!((place, is), (rect, size), "{head}");
        if let Some(really) = composed.at(index, head["tick"].as_u64().unwrap()) {
            count += 1;
            worst = worst.max(unlike(&seen, &really));
        }
    }
    (count, worst)
}

/// The pictures of one screen's H.264 as FFmpeg's own program decodes it, all of them in the order in which they came.
fn film<'a>(got: &'a [Got], screen: &str, work: &Path) -> Vec<(&'a serde_json::Value, (u32, u32), Look)> {
    let of_screen: Vec<&Got> = got.iter().filter(|got| got.head["screen"] == screen).collect();
    assert!(of_screen.iter().all(|got| got.head["format"] == "h264"));
    assert_eq!(of_screen[0].head["key"], true, "whoever begins to look begins with a key picture");
    let stream = work.join(format!("{screen}.h264"));
    std::fs::write(&stream, of_screen.iter().flat_map(|got| got.coded.clone()).collect::<Vec<u8>>()).unwrap();
    let (_, _, (width, height)) = screen_of(&of_screen[0].head);
    let decoded = std::process::Command::new("ffmpeg")
        .args(["-v", "error", "-i"])
        .arg(&stream)
        .args(["-vsync", "passthrough", "-f", "rawvideo", "-pix_fmt", "bgra", "-"])
        .output()
        .unwrap();
    assert!(decoded.status.success() && decoded.stderr.is_empty(), "{decoded:?}");
    let pictures: Vec<&[u8]> = decoded.stdout.chunks((width * height * 4) as usize).collect();
    assert_eq!(pictures.len(), of_screen.len(), "a picture for each message");
    let looks = pictures.into_iter().map(|picture| {
        let size = media::Size::new(width, height);
        look_at_bitmap(&renderer::picture::Bitmap::new(size, picture.to_vec()).unwrap())
    });
    of_screen.iter().zip(looks).map(|(got, look)| (&got.head, (width, height), look)).collect()
}

#[test]
fn a_wall_is_seen_from_afar_as_it_is_and_many_viewers_cost_the_nodes_what_one_does() {
    let _alone = crate::alone();
    let place = Place::of_this_program("preview").unwrap();
    let (mut cluster, _peers, composed) = start(&place);
    let http = cluster.settings().http();
    let growth = |before: &BTreeMap<String, u64>, after: &BTreeMap<String, u64>| {
        after.iter().map(|(node, count)| count - before[node]).sum::<u64>()
    };
    assert_eq!(encoded(&cluster).values().sum::<u64>(), 0, "nobody looks");

    // One looks, and sees what was composed.
    let before = encoded(&cluster);
    let one = look_for(&http, "jpeg", 1, Duration::from_secs(5)).remove(0);
    std::thread::sleep(Duration::from_secs(6));
    let after_one = encoded(&cluster);
    let for_one = growth(&before, &after_one);
    let looks = one.iter().map(|got| {
        let (size, look) = look_at_file(&got.coded);
        (&got.head, size, look)
    });
    let (compared, worst) = compare(looks, &composed);
    let late = lateness(&one);
    let of_a = one.iter().filter(|got| got.head["screen"] == "a").count();
    let bytes = mean_bytes(&one);
    println!(
        "one viewer: {} pictures in 5 s ({of_a} of a), {bytes} bytes each, {for_one} encoded; composed to received p50 {:.0} ms, p95 {:.0} ms; {compared} compared, unlike by {worst:.2} at most",
        one.len(),
        late[late.len() / 2],
        late[late.len() * 95 / 100]
    );
    for (index, screen) in ["a", "b"].into_iter().enumerate() {
        let newest = one.iter().rev().find(|got| got.head["screen"] == screen).unwrap();
        let bitmap = renderer::raster::decode_image(&newest.coded).unwrap();
        let size = bitmap.size();
        let picture = Picture { width: size.width, height: size.height, bgra: bitmap.bytes().to_vec() };
        picture.write_png(&place.work.join(format!("preview-{index}.png"))).unwrap();
    }
    assert!(of_a > 20 && one.len() - of_a > 20, "{of_a} of {}", one.len());
    assert!(compared > 30 && worst < 4.0, "{compared} compared, unlike by {worst}");
    assert!(late[late.len() / 2] < 150.0, "p50 {} ms", late[late.len() / 2]);

    // Twelve look. After them nobody does.
    let twelve = look_for(&http, "jpeg", 12, Duration::from_secs(5));
    std::thread::sleep(Duration::from_secs(6));
    let after_twelve = encoded(&cluster);
    let for_twelve = growth(&after_one, &after_twelve);
    let fewest = twelve.iter().map(Vec::len).min().unwrap();
    println!("twelve viewers: {fewest} pictures each at least, {for_twelve} encoded");
    assert!(fewest > 40, "{fewest}");
    assert!(for_twelve < for_one * 3 / 2, "{for_twelve} for twelve, {for_one} for one");
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(encoded(&cluster), after_twelve, "nobody looks any more");
    // `./dev prove` asks for it: twelve who look without sharing cost a picture each, and it is seen.
    if std::env::var_os("TAIBAI_PLANT").is_some() {
        ask_for(&http, 12, for_one / 6 + 1);
        let for_each = growth(&after_twelve, &encoded(&cluster));
        println!("planted, twelve who ask for pictures of their own: {for_each} encoded");
        let held = Held::answers(http.parse().unwrap(), Duration::from_millis(200)).unwrap();
        let late = lateness(&look_for(&held.address().to_string(), "jpeg", 1, Duration::from_secs(3))[0]);
        println!("planted, one who looks over a slow line: p50 {:.0} ms", late[late.len() / 2]);
        // Until nodes have been told that nobody looks so any more.
        std::thread::sleep(Duration::from_secs(6));
    }

    seen_as_video(&cluster, &place, &composed, for_one);
    asked_for(&http, &place, &composed);
    assert!(cluster.stop().is_empty());
}

/// How long the pictures were under way, from the least on, in milliseconds.
fn lateness(got: &[Got]) -> Vec<f64> {
    let mut late: Vec<f64> = got.iter().map(|got| got.late_ms).collect();
    late.sort_by(f64::total_cmp);
    late
}

fn mean_bytes(got: &[Got]) -> usize {
    got.iter().map(|got| got.coded.len()).sum::<usize>() / got.len()
}

/// Twelve look in H.264: each sees what was composed, without a gap from a key picture on, for no more encodings than one costs in JPEGs.
fn seen_as_video(cluster: &Cluster, place: &Place, composed: &Composed, for_one: u64) {
    let http = cluster.settings().http();
    let before: u64 = encoded(cluster).values().sum();
    let twelve = look_for(&http, "h264", 12, Duration::from_secs(5));
    std::thread::sleep(Duration::from_secs(6));
    let count = encoded(cluster).values().sum::<u64>() - before;
    let (mut compared, mut worst) = (0, 0.0_f64);
    for screen in ["a", "b"] {
        let (more, difference) = compare(film(&twelve[11], screen, &place.work).into_iter(), composed);
        compared += more;
        worst = worst.max(difference);
    }
    let fewest = twelve.iter().map(Vec::len).min().unwrap();
    let late = lateness(&twelve[11]);
    println!(
        "twelve viewers in video: {fewest} pictures each at least, {} bytes each, {count} encoded; composed to received in video p50 {:.0} ms; {compared} compared, unlike by {worst:.2} at most",
        mean_bytes(&twelve[11]),
        late[late.len() / 2]
    );
    assert!(fewest > 40, "{fewest}");
    assert!(count < for_one * 3 / 2, "{count} for twelve in video, {for_one} for one in JPEGs");
    assert!(compared > 30 && worst < 4.0, "{compared} compared, unlike by {worst}");
    assert!(late[late.len() / 2] < 150.0, "p50 {} ms", late[late.len() / 2]);
}

/// Pictures that are asked for.
fn asked_for(http: &str, place: &Place, composed: &Composed) {
    let (status, png) = get(http, "/v1/walls/w/screens/b/picture.png");
    assert_eq!(status, 200, "{}", String::from_utf8_lossy(&png));
    std::fs::write(place.work.join("screen-b.png"), &png).unwrap();
    let (size, seen) = look_at_file(&png);
    assert_eq!(size, (540, 960), "every pixel, upright");
    let really: Vec<Look> = {
        let ticks = composed.ticks.lock().unwrap();
        ticks
            .iter()
            .rev()
            .filter(|(screen, ..)| *screen == 1)
            .take(50)
            .map(|(.., look)| look.clone())
            .collect()
    };
    let nearest = really.iter().map(|look| unlike(&seen, look)).fold(f64::MAX, f64::min);
    assert!(nearest < 0.01, "exact, but unlike by {nearest}");
    let (status, jpeg) = get(http, "/v1/walls/w/screens/a/picture.jpg?width=200");
    assert_eq!((status, look_at_file(&jpeg).0), (200, (200, 113)));
    let (status, thumbnail) = get(http, "/v1/sources/first/thumbnail.jpg");
    assert_eq!((status, look_at_file(&thumbnail).0), (200, (320, 180)));
    std::fs::write(place.work.join("source.jpg"), &thumbnail).unwrap();
    let scene = |name: &str| {
        let (status, thumbnail) = get(http, &format!("/v1/walls/w/scenes/{name}/thumbnail.jpg"));
        assert_eq!(status, 200, "{}", String::from_utf8_lossy(&thumbnail));
        std::fs::write(place.work.join(format!("scene-{name}.jpg")), &thumbnail).unwrap();
        look_at_file(&thumbnail)
    };
    let (day, night) = (scene("day"), scene("night"));
    assert_eq!((day.0, night.0), ((320, 199), (320, 199)));
    assert!(unlike(&day.1, &night.1) > 5.0, "two scenes look alike");
}
