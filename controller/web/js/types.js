// @ts-check
// The shapes of what the controller says, as this console reads them. Unknown fields are ignored everywhere.

/** @typedef {{ zh: string, en: string }} Said words in both languages */
/** @typedef {{ x: number, y: number, width: number, height: number }} Rect canvas pixels unless said otherwise */
/** @typedef {{ width: number, height: number }} Size */
/** @typedef {"air" | "stage"} Of what is shown, or what is being prepared */
/** @typedef {{ screen: string, node: string, rect: Rect }} Screen */
/** @typedef {{ scene: string, name: Said }} Scene */
/**
 * @typedef {object} Wall
 * @property {string} wall
 * @property {Said} name
 * @property {Size} canvas
 * @property {Screen[]} screens
 * @property {number} tick_hz
 * @property {number} latency_ms
 * @property {string | null} on_air
 * @property {string | null} [next]
 * @property {string | null} [staged]
 * @property {number | null} [covered_by] the alarm that covers what the operators have chosen
 * @property {number} revision
 * @property {Scene[]} scenes
 * @property {{ tour: string, chosen: boolean }[]} [tours] whether each has been chosen for the wall
 */
/**
 * @typedef {object} WallWindow
 * @property {string} window
 * @property {string} kind
 * @property {string | null} [source]
 * @property {Said} label
 * @property {Rect} rect
 * @property {Rect | null} [crop] fractions of the picture
 * @property {number} z
 * @property {boolean} locked
 * @property {boolean} [full_screen]
 * @property {string | null} [slot]
 */
/**
 * @typedef {object} Windows
 * @property {number} revision
 * @property {string | null} scene
 * @property {boolean} edited
 * @property {number} [undo] how many acts can be undone
 * @property {number} [redo]
 * @property {number | null} [act] the number of the act that the request has done which this answers
 * @property {string[]} [opened] the windows that it has opened
 * @property {WallWindow[]} windows
 */
/**
 * @typedef {object} Source
 * @property {string} source
 * @property {Said} label
 * @property {(string | Said)[]} place outermost level first
 * @property {string} [path] the place as the grid names it
 * @property {string[]} tags
 * @property {string} kind
 * @property {string} state connecting, live, stale, lost or unread
 * @property {number | null} [age_ms]
 * @property {number | null} [fps]
 * @property {string} [initials]
 * @property {string[]} [on_walls]
 */
/**
 * @typedef {object} AlarmLine
 * @property {number} id
 * @property {string} rule
 * @property {Said} name
 * @property {Said} words
 * @property {string} subject
 * @property {number} raised nanoseconds since 1970
 * @property {number} priority
 * @property {string[]} seen_on
 * @property {number | null} left_s
 * @property {boolean} acknowledge
 */
/**
 * @typedef {object} EventLine
 * @property {string} id
 * @property {string} network
 * @property {string} domain
 * @property {string} place
 * @property {[number, number] | null} lon_lat
 * @property {string} kind
 * @property {number} severity
 * @property {string} title
 * @property {string} [title_en] the same in English, where it is known
 * @property {string} [photo] where it lies; the picture itself is asked for by the event's number
 * @property {string} state
 * @property {number} reported nanoseconds since 1970
 * @property {number} due nanoseconds since 1970
 */
/** @typedef {{ tour: string, wall: string, paused: boolean, runs: boolean, scene: string, left_s: number }} TourLine */
/** @typedef {{ rule: string, name?: Said, paused: boolean, kind?: string, next?: number | null, priority?: number, walls?: string[] }} RuleLine */
/**
 * @typedef {object} LogLine
 * @property {number} seq
 * @property {number} at nanoseconds since 1970
 * @property {string} what
 * @property {string | null} rule
 * @property {number | null} alarm
 * @property {string | null} wall
 * @property {Said} words
 */
/**
 * @typedef {object} FeedLine
 * @property {string} feed
 * @property {boolean} connected
 * @property {number | null} heard nanoseconds since 1970
 * @property {number} promise_s
 * @property {number} messages
 * @property {number} rows
 * @property {number} rejected
 * @property {Said | null} fault
 * @property {{ at: number, why: Said, copy: string }[]} rejects
 */
/** @typedef {{ state: string, offset_us: number, error_us: number, round_trip_us: number }} ClockStatus */
/**
 * @typedef {object} NodeStatus
 * @property {string} node
 * @property {string} role
 * @property {boolean} connected
 * @property {string} software
 * @property {string} standing
 * @property {string | null} [why]
 * @property {number} cpu_percent
 * @property {number} memory_mib
 * @property {ClockStatus} clock
 */
/**
 * @typedef {object} SourceStatus
 * @property {string} source
 * @property {string} node
 * @property {string} state
 * @property {unknown} [fault]
 * @property {number} fps
 * @property {number} age_p50_ms
 * @property {number} age_p95_ms
 * @property {number} frames
 * @property {number} dropped
 */
/** @typedef {{ screen: string, node: string, ticks: number, presented: number, missed: number, repeated: number }} ScreenStatus */
/**
 * @typedef {object} HallStatus
 * @property {number} revision
 * @property {number} utc_offset_s
 * @property {{ wall: string, on_air: string, next?: string, preparing: string[] }[]} walls
 * @property {NodeStatus[]} nodes
 * @property {SourceStatus[]} sources
 * @property {ScreenStatus[]} screens
 */
/**
 * @typedef {object} SyncAlarm
 * @property {string} code
 * @property {string} node
 * @property {string} [wall]
 * @property {string} [source]
 * @property {number} since
 * @property {number} [ended]
 * @property {Record<string, string>} words
 */
/**
 * @typedef {object} WallSync
 * @property {string} wall
 * @property {number} tick_hz
 * @property {number} compared_ticks
 * @property {number} differing_ticks
 * @property {{ now_frames: number, now_us: number, worst_frames: number, worst_us: number }} skew
 * @property {{ ticks: number, p50_us: number, p90_us: number, p99_us: number, worst_us: number, clock_error_us: number | null }} present
 * @property {{ node: string, connected: boolean, clock?: ClockStatus, missed_last_minute: number, ticks_last_minute: number, differing_ticks: number }[]} nodes
 */
/** @typedef {{ now: number, utc_offset_s: number, sequence: number, walls: WallSync[], alarms: SyncAlarm[] }} SyncStatus */
/** @typedef {{ user: string, name: string, roles: string[], rights?: { acts: string[], grants: Grant[] }, locale?: string, locked?: boolean }} Session */
/** @typedef {{ role: string, walls: string[], tags: string[] }} Grant */
/** @typedef {{ user: string, name: string, page: string }} Person */

export {};
