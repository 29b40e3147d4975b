// What all painting shaders share: where an item's pixels lie and how one pixel is laid over what is there.
// docs/PIXELS.md sections 1 (turning), 5 (outlines), 7 (blending).

// Where the samples of a plane lie, and which tables lead to them.
struct Plane {
    // Index in `tables` of the tap of the item's first column, and of its first row.
    columns: u32,
    rows: u32,
    // Samples across and down, after the prefilter.
    width: u32,
    height: u32,
    // In `samples`: the byte of the first sample, and bytes from row to row.
    start: u32,
    stride: u32,
    padding_0: u32,
    padding_1: u32,
}

struct Item {
    luma: Plane,
    u: Plane,
    v: Plane,
    // The part to paint in upright pixels, half open.
    left: i32,
    top: i32,
    right: i32,
    bottom: i32,
    // Pixel (x, y) is word `origin + x * step_x + y * step_y` of the frame buffer: this turns the picture.
    origin: i32,
    step_x: i32,
    step_y: i32,
    // 255 is opaque.
    opacity: u32,
    // The outline in upright pixels; without one `outlined` is 0.
    outline_left: i32,
    outline_top: i32,
    outline_right: i32,
    outline_bottom: i32,
    corner_width: i32,
    corner_height: i32,
    ring_x: i32,
    ring_y: i32,
    // Word of `tables` where the corner's coverages begin, four to a word.
    corner_start: u32,
    outlined: u32,
    // The upright pixel that the first entry of the tables, or the bitmap's first pixel, belongs to.
    first_x: i32,
    first_y: i32,
    // The pixel of a fill; the pixels in a row of a bitmap.
    fill: u32,
    bitmap_width: u32,
    // 0 for pictures without chroma planes.
    has_chroma: u32,
    // The weights of the colour matrix.
    matrix_y: i32,
    matrix_bias: i32,
    matrix_rv: i32,
    matrix_gu: i32,
    matrix_gv: i32,
    matrix_bu: i32,
    padding_0: u32,
    padding_1: u32,
    padding_2: u32,
}

@group(0) @binding(0) var<uniform> item: Item;
// The frame buffer: blue in the lowest byte of a word, then green, red, alpha.
@group(0) @binding(1) var<storage, read_write> pixels: array<u32>;
@group(0) @binding(2) var<storage, read> tables: array<u32>;
@group(0) @binding(3) var<storage, read> samples: array<u32>;

fn product_255(a: u32, b: u32) -> u32 {
    let t = a * b + 128u;
    return (t + (t >> 8u)) >> 8u;
}

fn coverage(x: i32, y: i32) -> u32 {
    if item.outlined == 0u {
        return 255u;
    }
    let from_side = min(x - item.outline_left, item.outline_right - 1 - x);
    let from_end = min(y - item.outline_top, item.outline_bottom - 1 - y);
    if from_side < item.corner_width && from_end < item.corner_height {
        let at = u32(from_end * item.corner_width + from_side);
        return (tables[item.corner_start + (at >> 2u)] >> ((at & 3u) * 8u)) & 255u;
    }
    let hole = item.ring_x > 0 && from_side >= item.ring_x && from_end >= item.ring_y;
    return select(255u, 0u, hole);
}

// Lays the pixel `above` over the frame buffer at the upright place (x, y).
fn lay(x: i32, y: i32, above: u32) {
    let alpha = product_255(item.opacity, coverage(x, y));
    if alpha == 0u {
        return;
    }
    let at = u32(item.origin + x * item.step_x + y * item.step_y);
    let below = pixels[at];
    let rest = 255u - product_255(above >> 24u, alpha);
    var out = 0u;
    for (var shift = 0u; shift < 32u; shift += 8u) {
        let own = product_255((above >> shift) & 255u, alpha);
        let kept = product_255((below >> shift) & 255u, rest);
        out |= min(255u, own + kept) << shift;
    }
    pixels[at] = out;
}
