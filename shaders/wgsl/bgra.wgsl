// Paints a part of an item with a picture of premultiplied BGRA pixels, each channel interpolated like a plane.

@compute @workgroup_size(32, 4)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let x = item.left + i32(id.x);
    let y = item.top + i32(id.y);
    if x >= item.right || y >= item.bottom {
        return;
    }
    var out = 0u;
    var channel = item.luma;
    for (var shift = 0u; shift < 32u; shift += 8u) {
        let value = interpolated(channel, u32(x - item.first_x), u32(y - item.first_y), 4u);
        out |= u32((value + 16384 + 64) >> 7u) << shift;
        channel.start += 1u;
    }
    lay(x, y, out);
}
