// Interpolation of one plane's samples by the shared tables. docs/PIXELS.md section 3.5.

// A sample around 0.
fn sample(byte: u32) -> i32 {
    return i32((samples[byte >> 2u] >> ((byte & 3u) * 8u)) & 255u) - 128;
}

// The value at the item's `column` and `row`, in 1/128 around 0. `bytes` is the distance of two samples in a row.
fn interpolated(plane: Plane, column: u32, row: u32, bytes: u32) -> i32 {
    let across = tables[plane.columns + column];
    let down = tables[plane.rows + row];
    let x = across & 0xFFFFu;
    let y = down & 0xFFFFu;
    let near = x * bytes;
    let far = min(x + 1u, plane.width - 1u) * bytes;
    let upper = plane.start + y * plane.stride;
    let lower = plane.start + min(y + 1u, plane.height - 1u) * plane.stride;
    let weight = i32(across >> 16u);
    let h0 = (128 - weight) * sample(upper + near) + weight * sample(upper + far);
    let h1 = (128 - weight) * sample(lower + near) + weight * sample(lower + far);
    return h0 + (((h1 - h0) * i32((down >> 16u) << 8u) + 0x4000) >> 15u);
}
