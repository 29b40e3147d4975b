// @ts-check
// The four-level grid as a tree of places with the sources in them.
/** @typedef {import("./types.js").Source} Source */
/** @typedef {import("./types.js").Said} Said */
/** @typedef {{ key: string, name: string | Said, level: number, children: Branch[], sources: Source[], count: number, live: number }} Branch */

/** What a level is called for comparing. @param {string | Said} level */
export const levelKey = (level) => (typeof level === "string" ? level : level.zh || level.en);

/** @param {readonly Source[]} sources @returns {Branch} */
export function placeTree(sources) {
  /** @type {Branch} */
  const root = { key: "", name: "", level: 0, children: [], sources: [], count: 0, live: 0 };
  for (const source of sources) {
    let branch = root;
    const live = source.state === "live" ? 1 : 0;
    root.count += 1;
    root.live += live;
    for (const level of source.place.slice(0, 4)) {
      const key = branch.key === "" ? levelKey(level) : `${branch.key}/${levelKey(level)}`;
      let child = branch.children.find((c) => c.key === key);
      if (!child) {
        child = { key, name: level, level: branch.level + 1, children: [], sources: [], count: 0, live: 0 };
        branch.children.push(child);
      }
      child.count += 1;
      child.live += live;
      branch = child;
    }
    branch.sources.push(source);
  }
  return root;
}

/**
 * The names of places, by their path in the grid, as the sources tell them.
 * @param {readonly Source[]} sources @returns {Map<string, string | Said>}
 */
export function placeNames(sources) {
  /** @type {Map<string, string | Said>} */
  const names = new Map();
  for (const { path, place } of sources) (path ?? "").split("/").forEach((_, i, parts) => { const name = place[i]; if (name !== undefined) names.set(parts.slice(0, i + 1).join("/"), name); });
  return names;
}

/** A path of the grid level by level, with names where they are known. @param {string} path @param {Map<string, string | Said>} names @returns {(string | Said)[]} */
export const namedPath = (path, names) => path.split("/").map((part, i, parts) => names.get(parts.slice(0, i + 1).join("/")) ?? part);

/** The sources in a place and below. @param {readonly Source[]} sources @param {string} key */
export const within = (sources, key) =>
  key === "" ? [...sources] : sources.filter((s) => { const path = s.place.slice(0, 4).map(levelKey).join("/"); return path === key || path.startsWith(`${key}/`); });

/** The sources nearest to a place in the grid: those that share most of its levels, live ones first. @param {readonly Source[]} sources @param {string} place @param {number} most @returns {Source[]} */
export function nearestTo(sources, place, most) {
  const wanted = place.split("/").map((p) => p.trim()).filter((p) => p !== "");
  const common = (/** @type {Source} */ s) => {
    let n = 0;
    const path = (s.path ?? "").split("/");
    for (const level of path) if (n < wanted.length && level === wanted[n]) n += 1; else break;
    if (n > 0) return n;
    for (const level of s.place) {
      const names = typeof level === "string" ? [level] : [level.zh, level.en];
      if (n < wanted.length && names.includes(wanted[n] ?? "")) n += 1; else break;
    }
    return n;
  };
  return sources.map((s) => ({ s, n: common(s) })).filter((e) => e.n >= Math.min(2, wanted.length) && e.n > 0)
    .sort((a, b) => b.n - a.n || Number(b.s.state === "live") - Number(a.s.state === "live") || a.s.source.localeCompare(b.s.source))
    .slice(0, most).map((e) => e.s);
}
