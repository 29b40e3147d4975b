# Which characters the wall's fonts hold: GB2312's 6,763 hanzi and signs, ASCII, Latin-1 and the signs the wall uses.
hanzi = {bytes((0xA0 + r, 0xA0 + c)).decode("gb2312") for r in range(16, 88) for c in range(1, 95) if not (r == 55 and c >= 90)}
assert len(hanzi) == 6763
signs = set()
for r in range(1, 10):
    for c in range(1, 95):
        try:
            signs.add(bytes((0xA0 + r, 0xA0 + c)).decode("gb2312"))
        except UnicodeDecodeError:
            pass
ranges = [(0x20, 0x7E), (0xA0, 0xFF), (0x2010, 0x2027), (0x2030, 0x203B), (0x2070, 0x2089), (0x2100, 0x2122), (0x2190, 0x2199),
          (0x2200, 0x2265), (0x2460, 0x2473), (0x2500, 0x25FF), (0x2600, 0x2606), (0x2713, 0x2713), (0x3000, 0x301F), (0x3300, 0x33FF), (0xFF00, 0xFFEF)]
wanted = hanzi | signs | {chr(c) for a, b in ranges for c in range(a, b + 1)} | set("€₂㎡㏄")
from fontTools.ttLib import TTFont
has = TTFont("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc", fontNumber=2).getBestCmap()
kept = sorted(c for c in wanted if ord(c) in has)
assert hanzi <= set(kept)
open("characters.txt", "w", encoding="utf-8").write("\n".join("".join(kept[i:i + 60]) for i in range(0, len(kept), 60)) + "\n")
print(len(kept), "kept,", len(wanted) - len(kept), "not in Noto")
