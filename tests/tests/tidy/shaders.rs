//! Rules about WGSL: every file is in the registry, goes through naga, and is used by the renderer.

use crate::Violation;
use crate::workspace::Workspace;

/// Every `.wgsl` file is included in the registry, and every registered name is used outside of it.
pub fn used(workspace: &Workspace) -> Vec<Violation> {
    let text_of = |folder: &str| -> String {
        workspace
            .sources
            .iter()
            .filter(|source| source.folder == folder)
            .map(|source| source.text.as_str())
            .collect()
    };
    let (registry, renderer) = (text_of("shaders"), text_of("renderer"));
    let mut found = Vec::new();
    for (name, text) in &workspace.shaders {
        let path = format!("shaders/wgsl/{name}");
        if !registry.contains(name.as_str()) {
            found.push(Violation::new(&path, 0, "is not in the registry of shaders/src: dead, or forgotten"));
        }
        if !text.starts_with("// ") {
            found.push(Violation::new(&path, 1, "open with `// ` and the one job that it does"));
        }
    }
    if !workspace.shaders.is_empty() {
        if !registry.contains("naga::") {
            found.push(Violation::new("shaders/src", 0, "no test puts the files through naga"));
        }
        if !renderer.contains("shaders::") {
            found.push(Violation::new("shaders/src", 0, "the renderer uses none of them"));
        }
    }
    found
}

#[test]
fn planted_shaders_are_noticed() {
    let registry = "const A: &str = include_str!(\"../wgsl/a.wgsl\"); #[cfg(test)] mod tests { fn f() { naga::front::wgsl::parse_str(A); } }";
    let mut workspace = Workspace::planted("shaders/src/lib.rs", registry);
    let renderer = Workspace::planted("renderer/src/a.rs", "use shaders::A;");
    workspace.sources.extend(renderer.sources);
    workspace.shaders = vec![("a.wgsl".into(), "// draws\n".into())];
    assert_eq!(used(&workspace).len(), 0);
    workspace.shaders.push(("b.wgsl".into(), "fn x() {}".into()));
    assert_eq!(used(&workspace).len(), 2, "not registered, no opening line");
    workspace.sources.pop();
    assert_eq!(used(&workspace).len(), 3, "not used");
}
