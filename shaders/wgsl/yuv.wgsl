// Paints a part of an item with planes of luma and chroma. docs/PIXELS.md section 4.

fn weighted(value: i32, weight: i32) -> i32 {
    return (value * weight + 0x4000) >> 15u;
}

fn byte_of(value: i32) -> u32 {
    return u32(clamp(value >> 5u, 0, 255));
}

@compute @workgroup_size(32, 4)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let x = item.left + i32(id.x);
    let y = item.top + i32(id.y);
    if x >= item.right || y >= item.bottom {
        return;
    }
    let column = u32(x - item.first_x);
    let row = u32(y - item.first_y);
    let luma = weighted(interpolated(item.luma, column, row, 1u), item.matrix_y) + item.matrix_bias;
    var u = 0;
    var v = 0;
    if item.has_chroma != 0u {
        u = interpolated(item.u, column, row, 1u);
        v = interpolated(item.v, column, row, 1u);
    }
    let red = byte_of(luma + weighted(v, item.matrix_rv));
    let green = byte_of(luma + weighted(u, item.matrix_gu) + weighted(v, item.matrix_gv));
    let blue = byte_of(luma + weighted(u, item.matrix_bu));
    lay(x, y, blue | (green << 8u) | (red << 16u) | 0xFF000000u);
}
