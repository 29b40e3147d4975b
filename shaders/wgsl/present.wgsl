// Draws a finished frame buffer into a window's surface, pixel for pixel.

struct Screen {
    // Pixels across and down.
    width: u32,
    height: u32,
    padding_0: u32,
    padding_1: u32,
}

@group(0) @binding(0) var<uniform> screen: Screen;
@group(0) @binding(1) var<storage, read> finished: array<u32>;

// One triangle that covers everything.
@vertex
fn corner(@builtin(vertex_index) index: u32) -> @builtin(position) vec4<f32> {
    let x = f32((index << 1u) & 2u) * 2.0 - 1.0;
    let y = f32(index & 2u) * 2.0 - 1.0;
    return vec4<f32>(x, y, 0.0, 1.0);
}

@fragment
fn color(@builtin(position) place: vec4<f32>) -> @location(0) vec4<f32> {
    let x = u32(place.x);
    let y = u32(place.y);
    if x >= screen.width || y >= screen.height {
        return vec4<f32>(0.0, 0.0, 0.0, 1.0);
    }
    // A whole number of 255ths is stored exactly by a target of eight bits.
    let bytes = vec4<u32>(finished[y * screen.width + x]) >> vec4<u32>(16u, 8u, 0u, 24u);
    return vec4<f32>(bytes & vec4<u32>(255u)) / 255.0;
}
