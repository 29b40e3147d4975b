//! What of a screen must be painted again when one scene follows another.

use crate::picture::PixelRect;
use crate::region;
use crate::scene::{Item, Layer, Paint, Prepared, Video};
use media::Frame;
use std::sync::Arc;

/// More damaged rectangles than this are painted as the one around them.
const DAMAGE_MAX: usize = 256;

/// Above this many pairs of items the common ones are no longer searched for.
const PAIRS_MAX: usize = 1 << 16;

/// The pixels in which `new` may differ from `old`; disjoint.
pub fn damage(old: &Prepared, new: &Prepared) -> Vec<PixelRect> {
    if old.size != new.size || old.output != new.output {
        return vec![PixelRect::whole(new.size)];
    }
    let mut parts = between(&old.layer, &new.layer);
    let mut add =
        |rects: &[PixelRect]| rects.iter().for_each(|rect| region::add(&mut parts, *rect, DAMAGE_MAX));
    match (&old.over, &new.over) {
        (Some(a), Some(b)) if a.opacity == b.opacity && a.parts == b.parts => {
            add(&between(&a.layer, &b.layer))
        }
        (a, b) => a.iter().chain(b).for_each(|over| add(&over.parts)),
    }
    parts
}

/// The pixels in which two pictures may differ; disjoint.
///
/// A pixel outside sees the same items in the same order in both: those that both have are a common subsequence, and
/// wherever another item can be seen, in the old picture or in the new one, is a difference.
pub fn between(old: &Layer, new: &Layer) -> Vec<PixelRect> {
    let mut parts = Vec::new();
    let mut add = |visible: &[PixelRect]| {
        for rect in visible {
            region::add(&mut parts, *rect, DAMAGE_MAX);
        }
    };
    if old.background != new.background {
        add(&old.background_visible);
        add(&new.background_visible);
    }
    let (old, new) = (&old.items, &new.items);
    let start = old.iter().zip(new).take_while(|(a, b)| same(a, b)).count();
    let (old, new) = (&old[start..], &new[start..]);
    let end = old.iter().rev().zip(new.iter().rev()).take_while(|(a, b)| same(a, b)).count();
    let (old, new) = (&old[..old.len() - end], &new[..new.len() - end]);
    let (kept_old, kept_new) = common(old, new);
    for (item, kept) in old.iter().zip(kept_old).chain(new.iter().zip(kept_new)) {
        if !kept {
            add(&item.visible);
        }
    }
    parts
}

/// Which items of each list belong to a longest common subsequence.
fn common(old: &[Item], new: &[Item]) -> (Vec<bool>, Vec<bool>) {
    let (mut kept_old, mut kept_new) = (vec![false; old.len()], vec![false; new.len()]);
    if old.len() * new.len() > PAIRS_MAX {
        return (kept_old, kept_new);
    }
    // longest[i][j]: length of the longest common subsequence of old[i..] and new[j..].
    let mut longest = vec![vec![0u32; new.len() + 1]; old.len() + 1];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            longest[i][j] = if same(&old[i], &new[j]) {
                longest[i + 1][j + 1] + 1
            } else {
                longest[i + 1][j].max(longest[i][j + 1])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    while i < old.len() && j < new.len() {
        if same(&old[i], &new[j]) {
            (kept_old[i], kept_new[j]) = (true, true);
            (i, j) = (i + 1, j + 1);
        } else if longest[i + 1][j] >= longest[i][j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    (kept_old, kept_new)
}

/// Whether two items paint the same pixels with the same colours.
fn same(a: &Item, b: &Item) -> bool {
    a.rect == b.rect && a.opacity == b.opacity && a.outline == b.outline && same_paint(&a.paint, &b.paint)
}

fn same_paint(a: &Paint, b: &Paint) -> bool {
    match (a, b) {
        (Paint::Fill(a), Paint::Fill(b)) => a == b,
        (
            Paint::Bitmap { bitmap: a, left: a_left, top: a_top },
            Paint::Bitmap { bitmap: b, left: b_left, top: b_top },
        ) => Arc::ptr_eq(a, b) && (a_left, a_top) == (b_left, b_top),
        (Paint::Video(a), Paint::Video(b)) => same_video(a, b),
        _ => false,
    }
}

fn same_video(a: &Video, b: &Video) -> bool {
    a.matrix == b.matrix && same_frame(&a.frame, &b.frame) && a.luma == b.luma && a.chroma == b.chroma
}

/// Planes are immutable and held by both scenes, so equal addresses mean equal samples.
fn same_frame(a: &Frame, b: &Frame) -> bool {
    let same_plane = |index| match (a.plane(index), b.plane(index)) {
        (None, None) => true,
        (Some(a), Some(b)) => a.stride == b.stride && a.bytes.as_ptr() == b.bytes.as_ptr(),
        _ => false,
    };
    a.time() == b.time() && a.size() == b.size() && a.layout() == b.layout() && (0..3).all(same_plane)
}
