#!/usr/bin/env python3
"""Makes the fictional district of the demo hall: areas, water and roads as GeoJSON, and on request the large lists as CSV.

Nothing here is a real place. The same script gives the same bytes everywhere: it has its own seeded numbers and no clock.

    make.py             writes cells.geojson, communities.geojson, streets.geojson, water.geojson, roads.geojson, cells.csv
    make.py --csv DIR   writes components.csv (47,906), buildings.csv (15,401), cells.csv and cameras.csv into DIR

Areas tile: neighbours share their edges point by point. An area's id is its path in the hall document.
"""
import json
import math
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
LON, LAT = 116.605, 35.345  # the district's middle
KM_LON, KM_LAT = 90.8, 110.95  # kilometres in a degree there
CELLS, RESIDENTS, HOUSEHOLDS_OF = 320, 170_800, 2.83
COMPONENTS, BUILDINGS = 47_906, 15_401

# Streets with their communities and how many cells each has. Paths that the hall document's cameras use must exist.
STREETS = [
    ("xuzhuang", "许庄街道", "Xuzhuang", (-2.0, -1.6), [
        ("nanfeng", "南风花园", "Nanfeng Garden", 9), ("rencheng", "任城大道", "Rencheng Avenue", 15),
        ("xuzhuang", "许庄", "Xuzhuang", 8), ("liuhang", "柳行", "Liuhang", 8), ("jinyuan", "锦苑", "Jinyuan", 8),
        ("xuefu", "学府", "Xuefu", 9), ("wenchang", "文昌", "Wenchang", 7), ("taoyuan", "桃园", "Taoyuan", 7)]),
    ("shiqiao", "石桥镇", "Shiqiao", (2.5, -2.6), [
        ("shiqiao", "石桥", "Shiqiao", 12), ("xinzha", "新闸", "Xinzha", 8), ("dongpan", "东泮", "Dongpan", 7),
        ("matou", "码头", "Wharf", 7), ("hezhuang", "何庄", "Hezhuang", 7), ("yanggang", "杨港", "Yanggang", 7),
        ("jinghang", "京杭佳苑", "Jinghang Court", 11), ("yunhe", "运河", "Canal Side", 9)]),
    ("beihu", "北湖街道", "Beihu", (-0.6, 3.6), [
        ("hubin", "湖滨", "Lakeside", 9), ("guangchang", "市民广场", "Civic Square", 8), ("huizhan", "会展", "Exhibition", 7),
        ("yingbin", "迎宾", "Yingbin", 7), ("aoti", "奥体", "Sports Park", 7), ("shuiyun", "水韵", "Shuiyun", 8),
        ("heyuan", "和园", "Heyuan", 7), ("beitou", "北头", "Beitou", 7)]),
    ("fenghuang", "凤凰街道", "Fenghuang", (3.0, 1.6), [
        ("fenghuang", "凤凰台", "Phoenix Terrace", 9), ("kejiyuan", "科技园", "Science Park", 8), ("chuangye", "创业", "Chuangye", 8),
        ("dongjiao", "东郊", "East Side", 8), ("wutong", "梧桐", "Wutong", 8), ("xinhe", "新河", "Xinhe", 7),
        ("minghu", "明湖", "Minghu", 7), ("jiaxiang", "嘉祥", "Jiaxiang", 7)]),
    ("hetang", "荷塘街道", "Hetang", (0.2, -5.2), [
        ("hetang", "荷塘", "Lotus Pond", 8), ("nanhu", "南湖", "South Lake", 8), ("liyuan", "梨园", "Liyuan", 7),
        ("qingshui", "清水", "Qingshui", 7), ("luwei", "芦苇荡", "Reed Marsh", 8), ("xiazhen", "下镇", "Xiazhen", 7),
        ("yutang", "鱼塘", "Fishponds", 7), ("nanguan", "南关", "South Gate", 7)]),
]

# Cameras of the hall document: source, words, cell, and how far from the cell's middle (km).
CAMERAS = [
    ("gate-east", "南风花园 东门", "taibaihu/xuzhuang/nanfeng/03", 0.05, 0.02),
    ("crossing", "任城大道 路口", "taibaihu/xuzhuang/rencheng/15", 0.0, 0.0),
    ("shore", "太白湖 北岸", "taibaihu/beihu/hubin/01", -0.12, -0.08),
    ("market", "石桥 农贸市场", "taibaihu/shiqiao/shiqiao/11", 0.04, 0.05),
    ("square", "市民广场", "taibaihu/beihu/guangchang/05", 0.0, 0.0),
    ("bridge", "运河大桥", "taibaihu/shiqiao/yunhe/08", 0.0, 0.0),
    ("broadcast", "会议中心", "taibaihu/beihu/huizhan/04", 0.0, 0.0),
    ("lake", "太白湖 全景", "taibaihu/beihu/hubin/01", 0.10, 0.05),
    ("plaza", "运河广场", "taibaihu/shiqiao/yunhe/09", 0.0, 0.0),
]

COMPONENT_KINDS = [("井盖", 0.31), ("路灯", 0.27), ("行道树", 0.15), ("雨水箅", 0.10), ("垃圾箱", 0.07), ("消防栓", 0.05), ("公交站", 0.03),
                   ("健身器材", 0.02)]
BUILDING_KINDS = [("住宅", 0.66), ("商业", 0.14), ("公共服务", 0.08), ("工业", 0.08), ("学校", 0.04)]


class Random:
    """SplitMix64: the same numbers on every machine and in every version of Python."""

    def __init__(self, seed):
        self.state = seed

    def bits(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & (2**64 - 1)
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & (2**64 - 1)
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & (2**64 - 1)
        return z ^ (z >> 31)

    def unit(self):
        return (self.bits() >> 11) / 2**53

    def span(self, low, high):
        return low + (high - low) * self.unit()

    def choice(self, weighted):
        at = self.unit() * sum(weight for _, weight in weighted)
        for what, weight in weighted:
            at -= weight
            if at < 0:
                return what
        return weighted[-1][0]


# ---- two closed curves: the district's border and the lake's shore, in kilometres around the middle

def border(turn):
    r = 1 + 0.07 * math.sin(2 * turn + 0.6) + 0.05 * math.sin(3 * turn + 2.1) + 0.03 * math.sin(5 * turn + 0.4)
    return 4.9 * r * math.cos(turn), 7.3 * r * math.sin(turn)


def shore(turn, grow=1.0):
    r = 1 + 0.16 * math.sin(2 * turn + 1.1) + 0.10 * math.sin(3 * turn + 0.2) + 0.05 * math.sin(5 * turn + 1.9)
    return -0.35 + 1.45 * grow * r * math.cos(turn), 0.55 + 2.05 * grow * r * math.sin(turn)


def ring(curve, count):
    """Points at even distances along a closed curve."""
    fine = [curve(2 * math.pi * i / 4000) for i in range(4001)]
    length = [0.0]
    for (ax, ay), (bx, by) in zip(fine, fine[1:]):
        length.append(length[-1] + math.hypot(bx - ax, by - ay))
    found, at = [], 0
    for i in range(count):
        want = length[-1] * i / count
        while length[at + 1] < want:
            at += 1
        found.append(fine[at])
    return found


def inside(point, polygon):
    x, y = point
    odd = False
    for (ax, ay), (bx, by) in zip(polygon, polygon[1:] + polygon[:1]):
        if (ay > y) != (by > y) and x < ax + (y - ay) / (by - ay) * (bx - ax):
            odd = not odd
    return odd


def area_and_middle(polygon):
    area = mx = my = 0.0
    for (ax, ay), (bx, by) in zip(polygon, polygon[1:] + polygon[:1]):
        cross = ax * by - bx * ay
        area += cross
        mx += (ax + bx) * cross
        my += (ay + by) * cross
    return abs(area) / 2, (mx / (3 * area), my / (3 * area))


def voronoi(seeds):
    """For each seed the polygon of all that is nearer to it than to any other, and who is behind each edge."""
    cells = []
    for i, (x, y) in enumerate(seeds):
        near = sorted((j for j in range(len(seeds)) if j != i), key=lambda j: (seeds[j][0] - x) ** 2 + (seeds[j][1] - y) ** 2)
        polygon = [(x - 9, y - 9, -1), (x + 9, y - 9, -1), (x + 9, y + 9, -1), (x - 9, y + 9, -1)]
        for j in near[:60]:
            mx, my, nx, ny = (x + seeds[j][0]) / 2, (y + seeds[j][1]) / 2, seeds[j][0] - x, seeds[j][1] - y
            if all((px - mx) * nx + (py - my) * ny < 0 for px, py, _ in polygon):
                continue
            cut = []
            for (ax, ay, behind), (bx, by, _) in zip(polygon, polygon[1:] + polygon[:1]):
                da, db = (ax - mx) * nx + (ay - my) * ny, (bx - mx) * nx + (by - my) * ny
                if da < 0:
                    cut.append((ax, ay, behind))
                if (da < 0) != (db < 0):
                    part = da / (da - db)
                    # Leaving the half plane, the bisector begins; coming back, the old edge goes on.
                    cut.append((ax + (bx - ax) * part, ay + (by - ay) * part, j if da < 0 else behind))
            polygon = cut
        cells.append(polygon)
    return cells


def seeds_of(random):
    """320 seeds inside, and those outside that shape the border and the shore."""
    edge, water = ring(border, 62), ring(shore, 30)
    outer, lake = [], []
    inner = []
    for points, outward, list_in, list_out in [(edge, 1, inner, outer), (water, -1, inner, lake)]:
        for (ax, ay), (bx, by), (x, y) in zip(points[-1:] + points[:-1], points[1:] + points[:1], points):
            nx, ny = by - ay, ax - bx
            size = math.hypot(nx, ny)
            off = 0.24 if outward > 0 else 0.19
            nx, ny = nx / size * off * outward, ny / size * off * outward
            list_in.append((x - nx, y - ny))
            list_out.append((x + nx, y + ny))
    free = []
    while len(free) < CELLS - len(inner):
        point = random.span(-6, 6), random.span(-8.5, 8.5)
        if not inside(point, edge) or inside(point, water):
            continue
        # Cells are smaller where many people live: close to the lake and along the canal.
        keep = 0.35 + 0.65 * math.exp(-(((point[0]) / 3.6) ** 2 + ((point[1] - 0.2) / 4.2) ** 2))
        if random.unit() < keep and all(math.hypot(point[0] - x, point[1] - y) > 0.17 for x, y in inner + free):
            free.append(point)
    for _ in range(5):
        all_seeds = inner + free + outer + lake
        cells = voronoi(all_seeds)
        relaxed = [area_and_middle([p[:2] for p in cells[len(inner) + i]])[1] for i in range(len(free))]
        free = [((x + 2 * mx) / 3, (y + 2 * my) / 3) for (x, y), (mx, my) in zip(free, relaxed)]
    return inner + free, outer + lake


def share_out(points, sizes, centres):
    """Which centre each point belongs to: every centre gets its number of points, as near as can be."""
    owner = [-1] * len(points)
    for _ in range(30):
        left = list(sizes)
        cost = [[(x - cx) ** 2 + (y - cy) ** 2 for cx, cy in centres] for x, y in points]
        wish = sorted(((cost[i][k], i, k) for i in range(len(points)) for k in range(len(sizes))))
        before, owner = owner, [-1] * len(points)
        for _, i, k in wish:
            if owner[i] < 0 and left[k]:
                owner[i], left[k] = k, left[k] - 1
        better = True
        while better:
            better = False
            for i in range(len(points)):
                for j in range(i):
                    a, b = owner[i], owner[j]
                    if a != b and cost[i][b] + cost[j][a] + 1e-9 < cost[i][a] + cost[j][b]:
                        owner[i], owner[j], better = b, a, True
        if owner == before:
            break
        for k in range(len(sizes)):
            mine = [points[i] for i in range(len(points)) if owner[i] == k]
            centres[k] = sum(p[0] for p in mine) / len(mine), sum(p[1] for p in mine) / len(mine)
    return owner


def degrees(point):
    return round(LON + point[0] / KM_LON, 5), round(LAT + point[1] / KM_LAT, 5)


def winding(a, b, quiet):
    """Points between two corners of an edge, the same from either side; borders of land wind a little, in degrees."""
    if quiet or a == b:
        return []
    low, high = min(a, b), max(a, b)
    random = Random(int(low[0] * 1e5) * 1_000_003 + int(low[1] * 1e5) * 7919 + int(high[0] * 1e5) * 31 + int(high[1] * 1e5))
    dx, dy = high[0] - low[0], high[1] - low[1]
    size = math.hypot(dx * KM_LON, dy * KM_LAT)
    if size < 0.16:
        return []
    between = []
    for part in [0.34, 0.67] if size > 0.3 else [0.5]:
        off = random.span(-0.07, 0.07)
        between.append((round(low[0] + dx * part - dy * off, 5), round(low[1] + dy * part + dx * off, 5)))
    return between if (a, b) == (low, high) else between[::-1]


def outline(groups, rings):
    """The outer edge of a group of cells: all directed edges that no neighbour in the group has the other way."""
    edges = set()
    for i in groups:
        points = rings[i]
        edges.update(zip(points, points[1:] + points[:1]))
    following = {}
    for a, b in sorted(edges):
        if (b, a) not in edges:
            following.setdefault(a, []).append(b)
    found = []
    while following:
        start = min(following)
        at, loop = start, []
        while at in following:
            loop.append(at)
            nexts = following[at]
            step = nexts.pop()
            if not nexts:
                del following[at]
            at = step
        found.append(loop)
    return sorted(found, key=lambda loop: -area_and_middle(loop)[0] if len(loop) > 2 else 0)


def district():
    """All cells: path, names, ring in degrees, middle, area, residents."""
    random = Random(20261123)
    mine, others = seeds_of(random)
    seeds = mine + others
    cells = voronoi(seeds)[:len(mine)]
    # Corners of neighbours are computed apart; one rounding makes them one.
    corner = {}

    def snap(point):
        place = degrees(point)
        for dx in (-1, 0, 1):
            for dy in (-1, 0, 1):
                near = (round(place[0] + dx * 1e-5, 5), round(place[1] + dy * 1e-5, 5))
                if near in corner:
                    return corner[near]
        corner[place] = place
        return place

    rings = []
    for polygon in cells:
        points = [(snap(p[:2]), p[2]) for p in polygon]
        line = []
        for (a, behind), (b, _) in zip(points, points[1:] + points[:1]):
            if a != b:
                line.append(a)
                line.extend(winding(a, b, behind >= len(mine)))
        rings.append(line)
    middles = [area_and_middle([p[:2] for p in polygon]) for polygon in cells]
    places = [middle for _, middle in middles]
    street_of = share_out(places, [sum(c[3] for c in street[4]) for street in STREETS], [s[3] for s in STREETS])
    found = [None] * len(cells)
    for k, (street, street_zh, street_en, _, communities) in enumerate(STREETS):
        own = [i for i in range(len(cells)) if street_of[i] == k]
        # First centres: spread through the street, the first (which is named after its place) nearest to the lake's shore.
        starts = [min(own, key=lambda i: abs(places[i][0] + 0.3) + abs(places[i][1] - 0.5))]
        while len(starts) < len(communities):
            starts.append(max(own, key=lambda i: min(math.dist(places[i], places[j]) for j in starts)))
        owner = share_out([places[i] for i in own], [c[3] for c in communities], [places[i] for i in starts])
        for c, (community, zh, en, _) in enumerate(communities):
            group = sorted((i for i, o in zip(own, owner) if o == c), key=lambda i: (-round(places[i][1], 1), places[i][0]))
            for n, i in enumerate(group, 1):
                found[i] = {"path": f"taibaihu/{street}/{community}/{n:02}", "street": street_zh, "street_en": street_en,
                            "community": zh, "community_en": en, "ring": rings[i], "km": places[i], "area": middles[i][0]}
    weight = [math.exp(-((x / 4.0) ** 2 + ((y - 0.3) / 5.0) ** 2)) * random.span(0.5, 1.5) * min(cell["area"], 0.5)
              for (x, y), cell in zip(places, found)]
    for cell, residents in zip(found, whole_shares(RESIDENTS, weight)):
        cell["residents"] = residents
        cell["households"] = round(residents / HOUSEHOLDS_OF)
    for cell, part in zip(found, weight):
        cell["weight"] = part
    return sorted(found, key=lambda cell: cell["path"])


def whole_shares(total, weights):
    """Whole numbers in the proportion of the weights, with exactly this sum."""
    exact = [total * weight / sum(weights) for weight in weights]
    shares = [int(value) for value in exact]
    rest = sorted(range(len(exact)), key=lambda i: shares[i] - exact[i])
    for i in rest[:total - sum(shares)]:
        shares[i] += 1
    return shares


# ---- water and roads

def smooth(points, count=8, closed=False):
    """A curve through the points (Catmull-Rom)."""
    if closed:
        points = points[-1:] + points + points[:2]
    else:
        points = points[:1] + points + points[-1:]
    line = []
    for a, b, c, d in zip(points, points[1:], points[2:], points[3:]):
        for i in range(count):
            t = i / count
            line.append(tuple(0.5 * (2 * q + (r - p) * t + (2 * p - 5 * q + 4 * r - s) * t * t + (3 * q - p - 3 * r + s) * t ** 3)
                              for p, q, r, s in zip(a, b, c, d)))
    return line if closed else line + [points[-2]]


CANAL = [(4.4, 8.6), (3.4, 6.2), (2.5, 4.4), (2.15, 2.4), (2.3, 0.4), (1.7, -1.4), (1.75, -3.2), (1.0, -5.0), (1.3, -6.6), (0.6, -8.6)]
ROADS = [
    ("任城大道", "Rencheng Avenue", [(-6, -2.2), (-3.4, -2.0), (-1.2, -2.35), (1.6, -2.1), (4.0, -1.7), (6, -1.9)]),
    ("太白湖路", "Taibai Lake Road", [(-6, 3.9), (-3.0, 3.5), (-0.8, 3.95), (1.6, 3.5), (3.4, 3.2), (6, 3.6)]),
    ("济安大道", "Ji'an Avenue", [(-2.9, 8.6), (-2.75, 5.2), (-3.0, 2.0), (-2.7, -0.6), (-2.4, -3.4), (-2.6, -8.6)]),
    ("凤凰大道", "Phoenix Avenue", [(1.5, 8.6), (1.35, 5.6), (1.25, 2.8), (1.35, 0.4), (0.65, -2.4), (0.05, -5.2), (-0.4, -8.6)]),
    ("运河路", "Canal Road", [(5.0, 7.8), (4.0, 5.6), (3.1, 3.6), (2.95, 0.8), (2.7, -1.6), (2.6, -3.8), (2.3, -6.2), (1.9, -8.6)]),
    ("荷塘路", "Lotus Pond Road", [(-6, -4.7), (-2.5, -4.55), (0.2, -4.9), (2.6, -4.6), (6, -4.3)]),
    ("北湖路", "Beihu Road", [(-6, 5.7), (-2.8, 5.45), (0.0, 5.75), (2.6, 5.4), (6, 5.9)]),
    ("科技路", "Science Road", [(1.3, 1.4), (2.6, 1.5), (4.0, 1.2), (6, 1.4)]),
]


def within(line, polygon):
    """The parts of a line that lie inside a polygon."""
    parts, part = [], []
    for point in line:
        if inside(point, polygon):
            part.append(point)
        elif part:
            parts.append(part)
            part = []
    return [part for part in parts + [part] if len(part) > 1]


def ground(random):
    edge = ring(border, 400)
    lake = ring(lambda turn: shore(turn, 0.985), 150)
    island = [(-0.2 + 0.16 * math.cos(t * 0.3927), 0.9 + 0.24 * math.sin(t * 0.3927)) for t in range(16)]
    water = [("太白湖", "Taibai Lake", "lake", [lake, island[::-1]])]
    for part in within(smooth(CANAL, 14), edge):
        left, right = [], []
        for (ax, ay), (bx, by) in zip(part, part[1:]):
            nx, ny = by - ay, ax - bx
            size = math.hypot(nx, ny) or 1
            left.append((ax + nx / size * 0.055, ay + ny / size * 0.055))
            right.append((ax - nx / size * 0.055, ay - ny / size * 0.055))
        water.append(("运河", "Canal", "canal", [left + right[::-1]]))
    for n in range(9):
        x, y, r = random.span(-1.6, 0.8), random.span(-6.1, -5.0), random.span(0.08, 0.2)
        pond = [(x + r * (1 + 0.2 * math.sin(2 * t + n)) * math.cos(t), y + r * math.sin(t) * 0.8)
                for t in (i * math.pi / 7 for i in range(14))]
        water.append((f"荷塘 {n + 1}", f"Pond {n + 1}", "pond", [pond]))
    roads = [("环湖路", "Lakeshore Road", [ring(lambda turn: shore(turn, 1.17), 120)])]
    roads[0][2][0].append(roads[0][2][0][0])
    for zh, en, points in ROADS:
        clear = [part for piece in within(smooth(points, 10), edge) for part in dry(piece, lake)]
        roads.append((zh, en, clear))
    return water, roads


def dry(line, lake):
    parts, part = [], []
    for point in line:
        if not inside(point, lake):
            part.append(point)
        elif part:
            parts.append(part)
            part = []
    return [part for part in parts + [part] if len(part) > 1]


# ---- files

def closed(points):
    return [list(point) for point in points] + [list(points[0])]


def feature(ident, properties, kind, coordinates):
    return {"type": "Feature", "id": ident, "properties": properties, "geometry": {"type": kind, "coordinates": coordinates}}


def write_geojson(name, features):
    with open(os.path.join(HERE, name), "w", encoding="utf-8") as file:
        lines = ",\n".join(json.dumps(f, ensure_ascii=False, separators=(",", ":")) for f in features)
        file.write('{"type":"FeatureCollection","features":[\n' + lines + "\n]}\n")


def write_areas(cells):
    rings = [cell["ring"] for cell in cells]
    write_geojson("cells.geojson", [
        feature(cell["path"], {"zh": f"{cell['community']} {cell['path'][-2:]}", "en": f"{cell['community_en']} {cell['path'][-2:]}",
                               "residents": cell["residents"]}, "Polygon", [closed(cell["ring"])]) for cell in cells])
    for name, depth, zh, en in [("communities.geojson", 3, "community", "community_en"), ("streets.geojson", 2, "street", "street_en")]:
        groups = {}
        for i, cell in enumerate(cells):
            groups.setdefault("/".join(cell["path"].split("/")[:depth]), []).append(i)
        features = []
        for path, group in sorted(groups.items()):
            loops = [loop for loop in outline(group, rings) if len(loop) > 2]
            words = {"zh": cells[group[0]][zh], "en": cells[group[0]][en], "residents": sum(cells[i]["residents"] for i in group)}
            # A part that lies apart has a loop of its own; holes do not occur at this depth, but for the lake in no street.
            features.append(feature(path, words, "MultiPolygon", [[closed(loop)] for loop in loops]))
        write_geojson(name, features)


def write_ground(random):
    water, roads = ground(random)
    rounded = lambda line: [list(degrees(point)) for point in line]
    write_geojson("water.geojson", [
        feature(f"water-{n}", {"zh": zh, "en": en, "kind": kind}, "Polygon", [closed(rounded(line)) for line in rings])
        for n, (zh, en, kind, rings) in enumerate(water, 1)])
    write_geojson("roads.geojson", [
        feature(f"road-{n}", {"zh": zh, "en": en}, "MultiLineString", [rounded(line) for line in parts])
        for n, (zh, en, parts) in enumerate(roads, 1)])


def write_csv(folder, name, heading, rows):
    with open(os.path.join(folder, name), "w", encoding="utf-8", newline="") as file:
        file.write(",".join(heading) + "\n")
        for row in rows:
            file.write(",".join(str(value) for value in row) + "\n")


def write_cells(folder, cells):
    heading = ["path", "street_path", "street", "community", "residents", "households", "area_km2", "lon", "lat"]
    write_csv(folder, "cells.csv", heading, (
        [cell["path"], "/".join(cell["path"].split("/")[:2]), cell["street"], cell["community"], cell["residents"],
         cell["households"], round(cell["area"], 3), *degrees(cell["km"])] for cell in cells))


def place_in(random, cell):
    """A point in a cell: in the triangles between its middle and its corners, so that none lies outside."""
    middle = degrees(cell["km"])
    corners = cell["ring"]
    i = int(random.unit() * len(corners))
    a, b = corners[i], corners[(i + 1) % len(corners)]
    s, t = math.sqrt(random.unit()), random.unit()
    point = [(1 - s) * middle[k] + s * (1 - t) * a[k] + s * t * b[k] for k in (0, 1)]
    return round(point[0], 5), round(point[1], 5)


def components(random, cells, roads):
    """Components stand along the roads of their cell where there are some, else anywhere in it."""
    along = [point for _, _, parts in roads for part in parts for point in densify(part)]
    near = {cell["path"]: [] for cell in cells}
    boxes = [(cell, [degrees(p) for p in [cell["km"]]][0]) for cell in cells]
    for point in along:
        place = degrees(point)
        cell = min(boxes, key=lambda box: (box[1][0] - place[0]) ** 2 + (box[1][1] - place[1]) ** 2)[0]
        near[cell["path"]].append(place)
    counts = whole_shares(COMPONENTS, [cell["weight"] ** 0.8 * (1 + 0.04 * len(near[cell["path"]])) for cell in cells])
    number = 0
    for cell, count in zip(cells, counts):
        for _ in range(count):
            number += 1
            road = near[cell["path"]]
            if road and random.unit() < 0.45:
                lon, lat = road[int(random.unit() * len(road))]
                lon, lat = round(lon + random.span(-2.5e-4, 2.5e-4), 5), round(lat + random.span(-2e-4, 2e-4), 5)
            else:
                lon, lat = place_in(random, cell)
            state = "good" if random.unit() > 0.012 else random.choice([("repair", 0.7), ("missing", 0.3)])
            yield f"C{number:05}", random.choice(COMPONENT_KINDS), cell["path"], lon, lat, state


def densify(line):
    found = []
    for (ax, ay), (bx, by) in zip(line, line[1:]):
        steps = max(1, int(math.hypot(bx - ax, by - ay) / 0.03))
        found.extend((ax + (bx - ax) * i / steps, ay + (by - ay) * i / steps) for i in range(steps))
    return found


def buildings(random, cells):
    counts = whole_shares(BUILDINGS, [cell["weight"] ** 0.9 for cell in cells])
    number = 0
    for cell, count in zip(cells, counts):
        people = whole_shares(cell["residents"], [random.span(0.2, 1) for _ in range(count)]) if count else []
        for residents in people:
            number += 1
            lon, lat = place_in(random, cell)
            kind = random.choice(BUILDING_KINDS)
            yield f"B{number:05}", kind, cell["path"], lon, lat, 1 + int(random.unit() ** 2 * 26), residents


def write_large(folder, cells):
    os.makedirs(folder, exist_ok=True)
    _, roads = ground(Random(7))
    write_cells(folder, cells)
    write_csv(folder, "components.csv", ["id", "kind", "place", "lon", "lat", "state"], components(Random(47_906), cells, roads))
    write_csv(folder, "buildings.csv", ["id", "kind", "place", "lon", "lat", "floors", "residents"], buildings(Random(15_401), cells))
    middle = {cell["path"]: cell["km"] for cell in cells}
    write_csv(folder, "cameras.csv", ["id", "label", "place", "lon", "lat"], (
        [source, label, path, *degrees((middle[path][0] + dx, middle[path][1] + dy))] for source, label, path, dx, dy in CAMERAS))


def main():
    cells = district()
    assert len(cells) == CELLS and sum(cell["residents"] for cell in cells) == RESIDENTS
    if sys.argv[1:2] == ["--csv"] and len(sys.argv) == 3:
        write_large(sys.argv[2], cells)
    elif len(sys.argv) == 1:
        write_areas(cells)
        write_ground(Random(7))
        write_cells(HERE, cells)
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
