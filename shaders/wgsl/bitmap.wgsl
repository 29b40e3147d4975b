// Paints a part of an item with a bitmap, pixel for pixel. docs/PIXELS.md section 6.

@compute @workgroup_size(32, 4)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let x = item.left + i32(id.x);
    let y = item.top + i32(id.y);
    if x < item.right && y < item.bottom {
        lay(x, y, samples[u32(y - item.first_y) * item.bitmap_width + u32(x - item.first_x)]);
    }
}
