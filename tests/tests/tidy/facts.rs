//! What a source file contains, in lists that rules can read: paths, calls, functions, public items, conversions.

use proc_macro2::{TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Attribute, ImplItemFn, Item, ItemFn, ItemMod, UseTree, Visibility};

/// A thing that stands somewhere.
#[derive(Debug, Clone)]
pub struct Found<T> {
    /// The thing.
    pub what: T,
    /// Line from 1.
    pub line: usize,
    /// Whether only tests compile it.
    pub test: bool,
}

/// A function.
#[derive(Debug, Clone)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// Lines from `fn` to the closing brace.
    pub lines: usize,
}

/// A `mod name;`.
#[derive(Debug, Clone)]
pub struct Module {
    /// The inline modules around it.
    pub within: Vec<String>,
    /// Its name.
    pub name: String,
    /// Whether only tests compile it.
    pub test: bool,
    /// Whether it is `pub mod`.
    pub public: bool,
}

/// Something that is written `pub`.
#[derive(Debug, Clone)]
pub struct Public {
    /// Its name.
    pub name: String,
    /// The type whose field, variant or method it is.
    pub owner: Option<String>,
    /// Whether it has a doc comment.
    pub documented: bool,
}

/// A struct or enum with named fields.
#[derive(Debug, Clone)]
pub struct Fields {
    /// Its name.
    pub name: String,
    /// Whether it derives `Deserialize`.
    pub deserialize: bool,
    /// Whether it refuses fields that it does not know.
    pub deny_unknown: bool,
}

/// All that the rules ask.
#[derive(Debug, Default)]
pub struct Facts {
    /// Paths as written, `use` trees taken apart: `std::fs::File`.
    pub paths: Vec<Found<String>>,
    /// Names of methods that are called without arguments, or with words: `unwrap()`, `expect("…")`.
    pub methods: Vec<Found<String>>,
    /// Macros that are called.
    pub macros: Vec<Found<String>>,
    /// Functions and methods.
    pub functions: Vec<Found<Function>>,
    /// `pub use x::*`, by path.
    pub glob_re_exports: Vec<Found<String>>,
    /// Modules, in files of their own or inline.
    pub module_names: Vec<Found<String>>,
    /// Modules in files of their own.
    pub modules: Vec<Module>,
    /// First and last lines of what only tests compile.
    pub test_spans: Vec<(usize, usize)>,
    /// Items that are written `pub`.
    pub public: Vec<Found<Public>>,
    /// Last names of what `pub use` brings out.
    pub re_exports: Vec<String>,
    /// Types with named fields.
    pub fields: Vec<Found<Fields>>,
    /// Type and field where a conversion reads single fields of its argument, or has `..` in a pattern of it.
    pub lazy_conversions: Vec<Found<(String, String)>>,
    /// Names of constants and statics.
    pub constants: Vec<String>,
    /// Attributes such as `ignore`.
    pub attributes: Vec<Found<String>>,
}

impl Facts {
    /// Reads a parsed file; `test` when only tests compile it.
    pub fn of(file: &syn::File, test: bool) -> Self {
        let mut reader = Reader {
            facts: Self::default(),
            test,
            within: Vec::new(),
            owner: None,
            excused: false,
            quiet: 0,
        };
        reader.visit_file(file);
        reader.facts
    }
}

struct Reader {
    facts: Facts,
    test: bool,
    within: Vec<String>,
    /// The type that an `impl`, struct, enum or trait is about.
    owner: Option<String>,
    /// Inside a type that says with a reason why its fields are not documented here.
    excused: bool,
    /// Above 0 inside trait implementations and functions, where nothing is public on its own.
    quiet: u32,
}

impl Reader {
    fn found<T>(&self, what: T, spanned: &impl Spanned) -> Found<T> {
        Found { what, line: spanned.span().start().line, test: self.test }
    }

    fn public(
        &mut self,
        visibility: &Visibility,
        name: &str,
        attributes: &[Attribute],
        spanned: &impl Spanned,
    ) {
        if matches!(visibility, Visibility::Public(_)) && self.quiet == 0 {
            let documented =
                self.excused || attributes.iter().any(|attribute| attribute.path().is_ident("doc"));
            let owner = self.owner.clone().filter(|owner| owner != name);
            let item = self.found(Public { name: name.to_owned(), owner, documented }, spanned);
            self.facts.public.push(item);
        }
    }

    fn use_tree(&mut self, tree: &UseTree, prefix: &str, public: bool) {
        let join = |name: String| if prefix.is_empty() { name } else { format!("{prefix}::{name}") };
        match tree {
            UseTree::Path(path) => self.use_tree(&path.tree, &join(path.ident.to_string()), public),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.use_tree(tree, prefix, public)),
            UseTree::Name(name) => {
                if public {
                    self.facts.re_exports.push(name.ident.to_string());
                }
                let path = self.found(join(name.ident.to_string()), tree);
                self.facts.paths.push(path);
            }
            UseTree::Rename(rename) => {
                if public {
                    self.facts.re_exports.push(rename.ident.to_string());
                }
                let path = self.found(join(rename.ident.to_string()), tree);
                self.facts.paths.push(path);
            }
            UseTree::Glob(_) => {
                let path = self.found(join("*".into()), tree);
                if public {
                    self.facts.glob_re_exports.push(path.clone());
                }
                self.facts.paths.push(path);
            }
        }
    }

    /// Finds paths and method calls in a macro's tokens, which are no tree.
    fn tokens(&mut self, tokens: TokenStream) {
        let trees: Vec<TokenTree> = tokens.into_iter().collect();
        let mut path = String::new();
        for (index, tree) in trees.iter().enumerate() {
            match tree {
                TokenTree::Ident(ident) => {
                    let dot = index > 0 && is_punct(&trees[index - 1], '.');
                    if dot && trees.get(index + 1).is_some_and(empty_or_words) {
                        let method = self.found(ident.to_string(), ident);
                        self.facts.methods.push(method);
                    }
                    path.push_str(&ident.to_string());
                    if !trees.get(index + 1).is_some_and(|next| is_punct(next, ':')) {
                        let whole = self.found(std::mem::take(&mut path), ident);
                        self.facts.paths.push(whole);
                    }
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' && !path.is_empty() => path.push(':'),
                TokenTree::Group(group) => self.tokens(group.stream()),
                _ => path.clear(),
            }
        }
    }

    fn function(&mut self, name: String, spanned: &impl Spanned, from_line: usize) {
        let lines = spanned.span().end().line - from_line + 1;
        let function = self.found(Function { name, lines }, spanned);
        self.facts.functions.push(function);
    }

    /// Runs `visit` with the test flag raised when the attributes say so.
    fn guarded(&mut self, attributes: &[Attribute], spanned: &impl Spanned, visit: impl FnOnce(&mut Self)) {
        let before = self.test;
        if !before && attributes.iter().any(is_test) {
            self.test = true;
            let span = spanned.span();
            self.facts.test_spans.push((span.start().line, span.end().line));
        }
        for attribute in attributes {
            let name = path_text(attribute.path());
            let found = self.found(name, attribute);
            self.facts.attributes.push(found);
        }
        visit(self);
        self.test = before;
    }

    fn fields(&mut self, name: String, attributes: &[Attribute], spanned: &impl Spanned) {
        let text = |attribute: &Attribute| {
            attribute.meta.require_list().map(|l| l.tokens.to_string()).unwrap_or_default()
        };
        let has = |kind: &str, word: &str| {
            attributes.iter().any(|a| a.path().is_ident(kind) && text(a).contains(word))
        };
        let fields = Fields {
            name,
            deserialize: has("derive", "Deserialize"),
            deny_unknown: has("serde", "deny_unknown_fields") || has("serde", "transparent"),
        };
        let found = self.found(fields, spanned);
        self.facts.fields.push(found);
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item(&mut self, item: &'ast Item) {
        let attributes = attributes_of(item);
        self.guarded(attributes, item, |reader| {
            let before = (reader.owner.take(), reader.excused);
            reader.owner = owner_of(item);
            reader.note_item(item);
            reader.excused |= attributes.iter().any(excuses_documentation);
            visit::visit_item(reader, item);
            (reader.owner, reader.excused) = before;
        });
    }

    fn visit_item_mod(&mut self, module: &'ast ItemMod) {
        let name = module.ident.to_string();
        let found = self.found(name.clone(), module);
        self.facts.module_names.push(found);
        if module.content.is_none() {
            self.facts.modules.push(Module {
                within: self.within.clone(),
                name,
                test: self.test,
                public: matches!(module.vis, Visibility::Public(_)),
            });
            return;
        }
        self.within.push(name);
        visit::visit_item_mod(self, module);
        self.within.pop();
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.use_tree(&item.tree, "", !matches!(item.vis, Visibility::Inherited));
    }

    fn visit_item_fn(&mut self, item: &'ast ItemFn) {
        self.function(item.sig.ident.to_string(), item, item.sig.span().start().line);
        self.quiet += 1;
        visit::visit_item_fn(self, item);
        self.quiet -= 1;
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        let conversion = item
            .trait_
            .as_ref()
            .and_then(|(_, path, _)| path.segments.last())
            .is_some_and(|segment| ["From", "TryFrom"].iter().any(|name| segment.ident == name));
        if conversion {
            let mut lazy = Lazy { argument: None, kind: String::new(), found: Vec::new() };
            lazy.visit_item_impl(item);
            let test = self.test;
            self.facts.lazy_conversions.extend(lazy.found.into_iter().map(|(what, line)| Found {
                what,
                line,
                test,
            }));
        }
        let quiet = u32::from(item.trait_.is_some());
        self.quiet += quiet;
        visit::visit_item_impl(self, item);
        self.quiet -= quiet;
    }

    fn visit_impl_item_fn(&mut self, item: &'ast ImplItemFn) {
        self.guarded(&item.attrs, item, |reader| {
            reader.public(&item.vis, &item.sig.ident.to_string(), &item.attrs, item);
            reader.function(item.sig.ident.to_string(), item, item.sig.span().start().line);
            reader.quiet += 1;
            visit::visit_impl_item_fn(reader, item);
            reader.quiet -= 1;
        });
    }

    fn visit_field(&mut self, field: &'ast syn::Field) {
        let name = field.ident.as_ref().map(ToString::to_string).unwrap_or_default();
        if !name.is_empty() {
            self.public(&field.vis, &name, &field.attrs, field);
        }
        visit::visit_field(self, field);
    }

    // A constant is computed by the compiler: giving up there is an error of the build.
    fn visit_item_const(&mut self, item: &'ast syn::ItemConst) {
        self.visit_type(&item.ty);
    }

    fn visit_impl_item_const(&mut self, item: &'ast syn::ImplItemConst) {
        self.public(&item.vis, &item.ident.to_string(), &item.attrs, item);
        self.visit_type(&item.ty);
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        let words = match call.args.first() {
            None => true,
            Some(syn::Expr::Lit(literal)) => matches!(literal.lit, syn::Lit::Str(_)),
            Some(argument) => matches!(argument, syn::Expr::Macro(_) | syn::Expr::Reference(_)),
        };
        if words {
            let method = self.found(call.method.to_string(), &call.method);
            self.facts.methods.push(method);
        }
        visit::visit_expr_method_call(self, call);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let found = self.found(path_text(path), path);
        self.facts.paths.push(found);
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        let name = self.found(path_text(&call.path), call);
        self.facts.macros.push(name);
        self.tokens(call.tokens.clone());
    }

    fn visit_attribute(&mut self, _: &'ast Attribute) {}
}

impl Reader {
    fn note_item(&mut self, item: &Item) {
        match item {
            Item::Struct(s) => {
                self.public(&s.vis, &s.ident.to_string(), &s.attrs, s);
                if matches!(s.fields, syn::Fields::Named(_)) {
                    self.fields(s.ident.to_string(), &s.attrs, &s.ident);
                }
            }
            Item::Enum(e) => {
                self.public(&e.vis, &e.ident.to_string(), &e.attrs, e);
                for variant in &e.variants {
                    self.public(&e.vis, &variant.ident.to_string(), &variant.attrs, variant);
                }
                if e.variants.iter().any(|v| matches!(v.fields, syn::Fields::Named(_))) {
                    self.fields(e.ident.to_string(), &e.attrs, &e.ident);
                }
            }
            Item::Trait(t) => {
                self.public(&t.vis, &t.ident.to_string(), &t.attrs, t);
                for method in
                    t.items.iter().filter_map(|i| if let syn::TraitItem::Fn(f) = i { Some(f) } else { None })
                {
                    self.public(&t.vis, &method.sig.ident.to_string(), &method.attrs, method);
                }
            }
            Item::Fn(f) => self.public(&f.vis, &f.sig.ident.to_string(), &f.attrs, f),
            Item::Type(t) => self.public(&t.vis, &t.ident.to_string(), &t.attrs, t),
            Item::Const(c) => {
                self.facts.constants.push(c.ident.to_string());
                self.public(&c.vis, &c.ident.to_string(), &c.attrs, c);
            }
            Item::Static(s) => {
                self.facts.constants.push(s.ident.to_string());
                self.public(&s.vis, &s.ident.to_string(), &s.attrs, s);
            }
            _ => {}
        }
    }
}

/// Finds conversions that take fields one by one instead of naming them all.
struct Lazy {
    argument: Option<String>,
    kind: String,
    found: Vec<((String, String), usize)>,
}

impl<'ast> Visit<'ast> for Lazy {
    fn visit_impl_item_fn(&mut self, item: &'ast ImplItemFn) {
        self.argument = None;
        if let Some(syn::FnArg::Typed(typed)) = item.sig.inputs.first() {
            if let syn::Pat::Ident(name) = &*typed.pat {
                self.argument = Some(name.ident.to_string());
            }
            let kind = typed.ty.span().source_text().unwrap_or_default();
            self.kind = kind.trim_start_matches('&').split('<').next().unwrap_or_default().to_owned();
        }
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_expr_field(&mut self, field: &'ast syn::ExprField) {
        if let (syn::Expr::Path(path), syn::Member::Named(member)) = (&*field.base, &field.member)
            && self.argument.as_ref().is_some_and(|name| path.path.is_ident(name))
        {
            self.found.push(((self.kind.clone(), member.to_string()), field.span().start().line));
        }
        visit::visit_expr_field(self, field);
    }

    fn visit_pat_struct(&mut self, pattern: &'ast syn::PatStruct) {
        if let Some(rest) = &pattern.rest {
            self.found.push(((self.kind.clone(), "..".into()), rest.span().start().line));
        }
        visit::visit_pat_struct(self, pattern);
    }
}

/// Whether a macro's tokens in brackets are no arguments, or begin with a literal.
fn empty_or_words(tree: &TokenTree) -> bool {
    match tree {
        TokenTree::Group(group) => match group.stream().into_iter().next() {
            None => true,
            Some(first) => matches!(first, TokenTree::Literal(_)),
        },
        _ => false,
    }
}

fn is_punct(tree: &TokenTree, sign: char) -> bool {
    matches!(tree, TokenTree::Punct(punct) if punct.as_char() == sign)
}

fn path_text(path: &syn::Path) -> String {
    path.segments.iter().map(|segment| segment.ident.to_string()).collect::<Vec<_>>().join("::")
}

/// `#[cfg(test)]` in any of its forms, `#[test]`, `#[tokio::test]`.
fn is_test(attribute: &Attribute) -> bool {
    let last = attribute.path().segments.last().map(|segment| segment.ident.to_string());
    match last.as_deref() {
        Some("test") => true,
        Some("cfg") => attribute
            .meta
            .require_list()
            .is_ok_and(|list| list.tokens.clone().into_iter().any(|tree| names_test(&tree))),
        _ => false,
    }
}

fn names_test(tree: &TokenTree) -> bool {
    match tree {
        TokenTree::Ident(ident) => ident == "test",
        TokenTree::Group(group) => group.stream().into_iter().any(|tree| names_test(&tree)),
        _ => false,
    }
}

/// `#[allow(missing_docs, reason = "…")]`
fn excuses_documentation(attribute: &Attribute) -> bool {
    let text = attribute.meta.require_list().map(|list| list.tokens.to_string()).unwrap_or_default();
    attribute.path().is_ident("allow") && text.contains("missing_docs") && text.contains("reason")
}

/// The type whose fields, variants or methods an item holds.
fn owner_of(item: &Item) -> Option<String> {
    match item {
        Item::Struct(i) => Some(i.ident.to_string()),
        Item::Enum(i) => Some(i.ident.to_string()),
        Item::Trait(i) => Some(i.ident.to_string()),
        Item::Impl(i) => match &*i.self_ty {
            syn::Type::Path(path) => path.path.segments.last().map(|segment| segment.ident.to_string()),
            _ => None,
        },
        _ => None,
    }
}

fn attributes_of(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(i) => &i.attrs,
        Item::Enum(i) => &i.attrs,
        Item::Fn(i) => &i.attrs,
        Item::Impl(i) => &i.attrs,
        Item::Macro(i) => &i.attrs,
        Item::Mod(i) => &i.attrs,
        Item::Static(i) => &i.attrs,
        Item::Struct(i) => &i.attrs,
        Item::Trait(i) => &i.attrs,
        Item::Type(i) => &i.attrs,
        Item::Use(i) => &i.attrs,
        _ => &[],
    }
}
