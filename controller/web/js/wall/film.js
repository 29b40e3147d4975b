// @ts-check
// Screens of the live picture as H.264, decoded by the browser itself (WebCodecs).

/** Pictures that may wait in a decoder; one that is further behind goes on at the next key picture. */
const QUEUE_MAX = 8;
/** After so many decoders that have failed the wall is looked at in JPEGs. */
const FAULTS_MAX = 3;
/** H.264 main profile, level 3.1: what is asked about before any picture is here. */
const LIKELY = "avc1.4D401F";

/** Whether this browser can show H.264 on this page: on plain HTTP it does so for the machine itself alone. */
export async function canFilm() {
  if (typeof VideoDecoder === "undefined") return false;
  try { return (await VideoDecoder.isConfigSupported({ codec: LIKELY, optimizeForLatency: true })).supported === true; } catch { return false; }
}

/**
 * What a decoder is told of the stream (RFC 6381), read from the sequence parameter set of an access unit in the byte stream format
 * (ITU-T H.264, annex B). Null when there is none.
 * @param {Uint8Array} unit
 */
export function codecOf(unit) {
  for (let at = 0; at + 6 < unit.length; at += 1) {
    if (unit[at] !== 0 || unit[at + 1] !== 0 || unit[at + 2] !== 1 || ((unit[at + 3] ?? 0) & 0x1f) !== 7) continue;
    return "avc1." + [...unit.subarray(at + 4, at + 7)].map((byte) => byte.toString(16).padStart(2, "0")).join("").toUpperCase();
  }
  return null;
}

/** The films of a wall's screens, each with a decoder of its own. */
export class Films {
  /**
   * @param {(frame: VideoFrame, about: any) => void} drawn takes a frame, which is then the taker's, and what was said of its picture
   * @param {() => void} given_up told once, when decoders fail time and again
   */
  constructor(drawn, given_up) {
    this.drawn = drawn;
    this.given_up = given_up;
    this.faults = 0;
    this.count = 0;
    /** @type {Map<string, { decoder: VideoDecoder, codec: string, about: Map<number, any> }>} */
    this.films = new Map();
  }
  /** @param {string} screen @param {boolean} key @param {Uint8Array} unit @param {any} about comes back with the frame */
  take(screen, key, unit, about) {
    let film = this.films.get(screen);
    if (film && film.decoder.decodeQueueSize > QUEUE_MAX) { this.cut(screen); film = undefined; }
    if (!film && !key) return;
    try {
      const codec = key ? codecOf(unit) : film?.codec;
      if (!codec) return;
      if (!film || film.codec !== codec) film = this.begin(screen, codec);
      const timestamp = this.count += 1;
      film.about.set(timestamp, about);
      film.decoder.decode(new EncodedVideoChunk({ type: key ? "key" : "delta", timestamp, data: unit }));
    } catch { this.fault(screen); }
  }
  /** @param {string} screen @param {string} codec */
  begin(screen, codec) {
    this.cut(screen);
    /** @type {Map<number, any>} */
    const about = new Map();
    const decoder = new VideoDecoder({
      output: (frame) => {
        const said = about.get(frame.timestamp);
        // Frames come in the order in which they went in: what is older never comes.
        for (const stamp of about.keys()) if (stamp <= frame.timestamp) about.delete(stamp);
        if (said === undefined || this.films.get(screen)?.decoder !== decoder) { frame.close(); return; }
        this.faults = 0;
        this.drawn(frame, said);
      },
      error: () => { if (this.films.get(screen)?.decoder === decoder) this.fault(screen); },
    });
    decoder.configure({ codec, optimizeForLatency: true });
    const film = { decoder, codec, about };
    this.films.set(screen, film);
    return film;
  }
  /** @param {string} screen */
  fault(screen) {
    this.cut(screen);
    this.faults += 1;
    if (this.faults === FAULTS_MAX) this.given_up();
  }
  /** The screen goes on at its next key picture. @param {string} screen */
  cut(screen) {
    const film = this.films.get(screen);
    this.films.delete(screen);
    if (film && film.decoder.state !== "closed") film.decoder.close();
  }
  stop() { for (const screen of [...this.films.keys()]) this.cut(screen); }
}
