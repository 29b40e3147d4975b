#!/usr/bin/python3
"""An RTSP camera server for tests and the demo: sends encoded clips round and round, as one endless stream each.

usage: rtsp.py PORT CREDENTIALS.toml NAME MOUNT=CODEC:FPS:GOP:FILE...

CODEC is h264, h265 (Annex B with access unit delimiters) or mjpeg. User and password are table NAME of the credentials
file, asked for by digest authentication, or by basic with NAME:basic. The clip's position follows the machine's clock, so that a client
that comes back finds the stream further on, as with a camera.
"""
import sys
import threading
import time
import tomllib

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

# caps of the raw stream, how it goes into RTP, and what stands at the start of each picture
CODECS = {
    "h264": (
        "video/x-h264,stream-format=byte-stream,alignment=au",
        "h264parse ! rtph264pay name=pay0 pt=96 config-interval=-1",
        b"\x00\x00\x01\x09",
    ),
    "h265": (
        "video/x-h265,stream-format=byte-stream,alignment=au",
        "h265parse ! rtph265pay name=pay0 pt=96 config-interval=-1",
        b"\x00\x00\x01\x46\x01",
    ),
    "mjpeg": ("image/jpeg,width=640,height=360", "rtpjpegpay name=pay0 pt=26", b"\xff\xd8\xff"),
}


def pictures(path, start):
    """The pictures of a clip: each begins with the bytes `start`, a zero byte before them counted in."""
    data = open(path, "rb").read()
    marks = []
    at = data.find(start)
    while at >= 0:
        marks.append(at - 1 if at and data[at - 1] == 0 else at)
        at = data.find(start, at + len(start))
    if not marks:
        sys.exit(f"{path}: no picture found")
    return [data[a:b] for a, b in zip(marks, marks[1:] + [len(data)])]


class Camera(GstRtspServer.RTSPMediaFactory):
    """One mount: all its clients share one pipeline."""

    def __init__(self, codec, fps, gop, path):
        super().__init__()
        caps, payloader, start = CODECS[codec]
        self.fps, self.gop = fps, gop
        self.frames = pictures(path, start)
        self.caps = f"{caps},framerate={fps}/1"
        self.set_launch(f"( appsrc name=source is-live=true format=time block=false ! {self.caps} ! {payloader} )")
        self.set_shared(True)
        self.connect("media-configure", self.configure)

    def configure(self, _factory, media):
        source = media.get_element().get_by_name_recurse_up("source")
        source.set_property("caps", Gst.Caps.from_string(self.caps))
        ended = threading.Event()
        media.connect("unprepared", lambda _media: ended.set())
        threading.Thread(target=self.feed, args=(source, ended), daemon=True).start()

    def feed(self, source, ended):
        # Wait until the pipeline's clock runs, then count pictures from there.
        while source.get_clock() is None and not ended.wait(0.005):
            pass
        # Wall time chooses the place in the clip, held at a key picture.
        first = int(time.time() * self.fps)
        first -= first % self.gop
        begin, count = time.monotonic(), 0
        length = Gst.SECOND // self.fps
        clock = source.get_clock()
        zero = clock.get_time() - source.get_base_time() if clock else 0
        while not ended.is_set():
            buffer = Gst.Buffer.new_wrapped(self.frames[(first + count) % len(self.frames)])
            buffer.pts = buffer.dts = zero + count * Gst.SECOND // self.fps
            buffer.duration = length
            if source.emit("push-buffer", buffer) != Gst.FlowReturn.OK:
                return
            count += 1
            ended.wait(max(0.0, begin + count / self.fps - time.monotonic()))


def secure(server, credentials, name):
    """Demands the user and password of table `name`, by digest authentication or as `name:basic` says."""
    name, _, method = name.partition(":")
    with open(credentials, "rb") as file:
        entry = tomllib.load(file)[name]
    auth = GstRtspServer.RTSPAuth.new()
    token = GstRtspServer.RTSPToken.new()
    token.set_string("media.factory.role", "viewer")
    methods = GstRtsp.RTSPAuthMethod
    auth.set_supported_methods(methods.BASIC if method == "basic" else methods.DIGEST)
    basic = GstRtspServer.RTSPAuth.make_basic(entry["user"], entry["password"])
    auth.add_basic(basic, token)
    auth.add_digest(entry["user"], entry["password"], token)
    server.set_auth(auth)


def allow(factory):
    """Lets whoever has the password see and take the stream."""
    structure = Gst.Structure.from_string(
        "viewer, media.factory.access=(boolean)true, media.factory.construct=(boolean)true"
    )[0]
    permissions = GstRtspServer.RTSPPermissions.new()
    permissions.add_role_from_structure(structure)
    factory.set_permissions(permissions)


def main():
    if len(sys.argv) < 5:
        sys.exit(__doc__)
    Gst.init(None)
    port, credentials, name, mounts = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:]
    server = GstRtspServer.RTSPServer.new()
    server.set_address("127.0.0.1")
    server.set_service(port)
    secure(server, credentials, name)
    for mount in mounts:
        path, what = mount.split("=", 1)
        codec, fps, gop, file = what.split(":", 3)
        factory = Camera(codec, int(fps), int(gop), file)
        allow(factory)
        server.get_mount_points().add_factory(path, factory)
    if server.attach(None) == 0:
        sys.exit(f"port {port} is taken")
    print("ready", flush=True)
    GLib.MainLoop().run()


main()
