//! The peer that our compositor is measured against: the same decoded frames through libavfilter's
//! `scale=bilinear`, `xstack` and a conversion to BGRA, on one thread.

use ffmpeg_next::{Error, ffi, filter, format, frame};
use media::{Chroma, Frame, Matrix, PixelLayout, Range, Size};

/// Why the peer cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum PeerError {
    /// A filter is missing or refused its options.
    #[error("libavfilter refused the graph: {0}")]
    Graph(#[from] Error),
    /// Only 8-bit 4:2:0 frames of one size are compared.
    #[error("the peer takes 8-bit 4:2:0 frames of one size")]
    Frames,
}

/// A filter graph that shows its sources as a grid of equal tiles.
pub struct FilterGraphCompositor {
    graph: filter::Graph,
    inputs: Vec<frame::Video>,
    output: frame::Video,
    pts: i64,
}

impl FilterGraphCompositor {
    /// For `frames` (row after row of the grid, all of one size, 8-bit 4:2:0) in `columns` columns of tiles of `tile`
    /// pixels.
    ///
    /// Errors: other frames, or an FFmpeg without these filters.
    pub fn new(frames: &[Frame], columns: usize, tile: Size) -> Result<Self, PeerError> {
        let first = frames.first().ok_or(PeerError::Frames)?;
        let inputs =
            frames.iter().map(|frame| converted(frame, first.size())).collect::<Result<Vec<_>, _>>()?;
        let find = |name: &str| filter::find(name).ok_or(Error::FilterNotFound);
        let mut graph = filter::Graph::new();
        // SAFETY: the graph is ours and not yet configured.
        unsafe { (*graph.as_mut_ptr()).nb_threads = 1 };
        let (width, height) = (first.size().width, first.size().height);
        let source = format!("video_size={width}x{height}:pix_fmt=yuv420p:time_base=1/25");
        for index in 0..frames.len() {
            graph.add(&find("buffer")?, &format!("in{index}"), &source)?;
        }
        graph.add(&find("buffersink")?, "out", "")?;
        let mut parser = graph.input("out", 0)?;
        for index in 0..frames.len() {
            parser = parser.output(&format!("in{index}"), 0)?;
        }
        parser.parse(&description(frames.len(), columns.max(1), tile))?;
        graph.validate()?;
        Ok(Self { graph, inputs, output: frame::Video::empty(), pts: 0 })
    }

    /// Composes one picture and keeps it until the next call.
    ///
    /// Errors: what libavfilter says.
    pub fn compose(&mut self) -> Result<(), PeerError> {
        for (index, input) in self.inputs.iter_mut().enumerate() {
            input.set_pts(Some(self.pts));
            let mut source = self.graph.get(&format!("in{index}")).ok_or(Error::FilterNotFound)?;
            let keep = ffi::AV_BUFFERSRC_FLAG_KEEP_REF as i32;
            // SAFETY: both pointers are alive; KEEP_REF leaves the frame ours.
            let result =
                unsafe { ffi::av_buffersrc_add_frame_flags(source.as_mut_ptr(), input.as_mut_ptr(), keep) };
            if result < 0 {
                return Err(Error::from(result).into());
            }
        }
        self.pts += 1;
        let mut sink = self.graph.get("out").ok_or(Error::FilterNotFound)?;
        sink.sink().frame(&mut self.output)?;
        Ok(())
    }

    /// The last picture: bytes from one row to the next, and BGRA rows; alpha is undefined.
    pub fn pixels(&self) -> (usize, &[u8]) {
        (self.output.stride(0), self.output.data(0))
    }
}

fn description(count: usize, columns: usize, tile: Size) -> String {
    let scale = format!("scale={}:{}:flags=bilinear", tile.width, tile.height);
    if count == 1 {
        return format!("[in0]{scale},format=bgra[out]");
    }
    let mut text = String::new();
    for index in 0..count {
        text += &format!("[in{index}]{scale}[t{index}];");
    }
    for index in 0..count {
        text += &format!("[t{index}]");
    }
    let place = |index: usize| {
        format!("{}_{}", (index % columns) * tile.width as usize, (index / columns) * tile.height as usize)
    };
    let layout: Vec<String> = (0..count).map(place).collect();
    text + &format!("xstack=inputs={count}:layout={},format=bgra[out]", layout.join("|"))
}

fn converted(frame: &Frame, size: Size) -> Result<frame::Video, PeerError> {
    if frame.layout() != PixelLayout::Planar8(Chroma::Yuv420) || frame.size() != size {
        return Err(PeerError::Frames);
    }
    let mut out = frame::Video::new(format::Pixel::YUV420P, size.width, size.height);
    for index in 0..3 {
        let plane = frame.plane(index).ok_or(PeerError::Frames)?;
        let width = frame.layout().plane_size(size, index).width as usize;
        let stride = out.stride(index);
        let rows = out.data_mut(index).chunks_mut(stride).zip(plane.bytes.chunks(plane.stride));
        for (to, from) in rows {
            to[..width].copy_from_slice(&from[..width]);
        }
    }
    out.set_color_space(match frame.color().matrix {
        Matrix::Bt601 => ffmpeg_next::color::Space::SMPTE170M,
        Matrix::Bt709 => ffmpeg_next::color::Space::BT709,
        Matrix::Bt2020 => ffmpeg_next::color::Space::BT2020NCL,
    });
    out.set_color_range(match frame.color().range {
        Range::Limited => ffmpeg_next::color::Range::MPEG,
        Range::Full => ffmpeg_next::color::Range::JPEG,
    });
    Ok(out)
}
