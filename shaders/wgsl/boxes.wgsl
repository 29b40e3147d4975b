// The prefilter: averages samples in boxes of powers of two, and makes ten bits eight on the way.
// docs/PIXELS.md sections 3.2 and 3.3. Also used with boxes of one sample, where it only narrows or copies.

struct Boxes {
    // In `wide`: the byte of the first sample, bytes from row to row, and samples across and down.
    from_start: u32,
    from_stride: u32,
    from_width: u32,
    from_height: u32,
    // Bytes from one sample to the next in a row, and whether a sample is ten bits in two of them.
    from_step: u32,
    ten_bits: u32,
    // Binary logarithms of the box's sides.
    shift_x: u32,
    shift_y: u32,
    // In `boxed`: the word of the first box, and words from row to row.
    to_start: u32,
    to_stride: u32,
    // Bytes across and down that are to be made. A pixel of four channels counts as four.
    to_width: u32,
    to_height: u32,
    // Channels that lie side by side: 1 for planes, 4 for BGRA.
    channels: u32,
    // The first row of boxes that is made; `to_height` counts from there.
    first_row: u32,
    padding_1: u32,
    padding_2: u32,
}

@group(0) @binding(0) var<uniform> boxes: Boxes;
@group(0) @binding(1) var<storage, read_write> boxed: array<u32>;
@group(0) @binding(2) var<storage, read> wide: array<u32>;

fn byte_at(at: u32) -> u32 {
    return (wide[at >> 2u] >> ((at & 3u) * 8u)) & 255u;
}

fn sample_at(at: u32) -> u32 {
    let low = byte_at(at);
    if boxes.ten_bits == 0u {
        return low;
    }
    return min(255u, (low + (byte_at(at + 1u) << 8u) + 2u) >> 2u);
}

// Averages the box that byte `x` of row `y` comes from.
fn box_mean(x: u32, y: u32) -> u32 {
    let channel = x % boxes.channels;
    let first_x = (x / boxes.channels) << boxes.shift_x;
    let first_y = y << boxes.shift_y;
    var sum = 0u;
    for (var down = 0u; down < (1u << boxes.shift_y); down++) {
        let row = boxes.from_start + min(first_y + down, boxes.from_height - 1u) * boxes.from_stride + channel;
        for (var across = 0u; across < (1u << boxes.shift_x); across++) {
            sum += sample_at(row + min(first_x + across, boxes.from_width - 1u) * boxes.from_step);
        }
    }
    let shift = boxes.shift_x + boxes.shift_y;
    return (sum + ((1u << shift) >> 1u)) >> shift;
}

// Makes four neighbouring bytes, one word.
@compute @workgroup_size(32, 4)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x * 4u >= boxes.to_width || id.y >= boxes.to_height {
        return;
    }
    var out = 0u;
    for (var index = 0u; index < 4u; index++) {
        let x = id.x * 4u + index;
        if x < boxes.to_width {
            out |= box_mean(x, boxes.first_row + id.y) << (index * 8u);
        }
    }
    boxed[boxes.to_start + id.y * boxes.to_stride + id.x] = out;
}
