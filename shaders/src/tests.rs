//! Every WGSL file is registered, used and valid, and its structures lie in memory as their Rust twins do.

use super::*;
use std::collections::BTreeSet;
use std::mem::{offset_of, size_of};

fn module(source: &str, name: &str) -> naga::Module {
    let module = naga::front::wgsl::parse_str(source)
        .unwrap_or_else(|error| panic!("{name}: {}", error.emit_to_string(source)));
    let mut validator = naga::valid::Validator::new(naga::valid::ValidationFlags::all(), Default::default());
    if let Err(error) = validator.validate(&module) {
        panic!("{name}: {}", error.emit_to_string(source));
    }
    module
}

#[test]
fn every_shader_is_valid_and_has_its_entries() {
    for shader in Shader::ALL {
        let module = module(shader.source(), shader.name());
        let entries: Vec<&str> = module.entry_points.iter().map(|entry| entry.name.as_str()).collect();
        if shader == Shader::Present {
            assert_eq!(entries, [PRESENT_ENTRIES.0, PRESENT_ENTRIES.1]);
        } else {
            assert_eq!(entries, [ENTRY]);
            assert_eq!(module.entry_points[0].workgroup_size, [WORKGROUP.0, WORKGROUP.1, 1]);
        }
    }
}

#[test]
fn every_file_is_registered_and_nothing_else_is() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/wgsl");
    let found: BTreeSet<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let registered: BTreeSet<String> =
        Shader::ALL.iter().flat_map(|shader| shader.files()).map(|file| file.to_string()).collect();
    assert_eq!(found, registered);
    for shader in Shader::ALL {
        let read = |file: &&str| std::fs::read_to_string(format!("{folder}/{file}")).unwrap();
        let joined: String = shader.files().iter().map(read).collect();
        assert_eq!(joined, shader.source(), "{} is not made of its files", shader.name());
    }
}

/// Name and offset of every field of the WGSL structure `name`, and its size.
fn layout(shader: Shader, name: &str) -> (Vec<(String, usize)>, usize) {
    let module = module(shader.source(), shader.name());
    let found = module.types.iter().find(|(_, kind)| kind.name.as_deref() == Some(name));
    let Some((_, naga::Type { inner: naga::TypeInner::Struct { members, span }, .. })) = found else {
        panic!("{name} is not in {}", shader.name());
    };
    let fields = members.iter().map(|member| (member.name.clone().unwrap(), member.offset as usize));
    (fields.collect(), *span as usize)
}

macro_rules! twins {
    ($shader:expr, $name:ident: $($field:ident)*) => {
        let rust = vec![$((stringify!($field).to_string(), offset_of!(structs::$name, $field))),*];
        assert_eq!(layout($shader, stringify!($name)), (rust, size_of::<structs::$name>()));
    };
}

#[test]
fn structures_lie_alike_in_rust_and_wgsl() {
    twins!(Shader::Yuv, Plane: columns rows width height start stride padding_0 padding_1);
    twins!(Shader::Fill, Item: luma u v left top right bottom origin step_x step_y opacity outline_left
        outline_top outline_right outline_bottom corner_width corner_height ring_x ring_y corner_start outlined
        first_x first_y fill bitmap_width has_chroma matrix_y matrix_bias matrix_rv matrix_gu matrix_gv matrix_bu
        padding_0 padding_1 padding_2);
    twins!(Shader::Boxes, Boxes: from_start from_stride from_width from_height from_step ten_bits shift_x shift_y
        to_start to_stride to_width to_height channels first_row padding_1 padding_2);
    twins!(Shader::Present, Screen: width height padding_0 padding_1);
}

#[test]
fn the_validator_refuses_what_is_wrong() {
    let broken = Shader::Fill.source().replace("item.fill", "item.left");
    assert!(std::panic::catch_unwind(|| module(&broken, "broken")).is_err());
}
