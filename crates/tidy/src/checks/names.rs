//! Which names may stand where.

use crate::tokens;
use crate::{Source, Violation};
use syn::visit::{self, Visit};

/// Words that say nothing of what a thing is.
const EMPTY_WORDS: &[&str] = &["Inner", "Manager", "Helper"];

/// Atomics, `parking_lot` and loom are named in `crates/prim` only; model files may name loom.
#[must_use]
pub fn one_door(source: &Source) -> Vec<Violation> {
    if source.path.starts_with("crates/prim") || source.is_model() {
        return Vec::new();
    }
    let tokens = tokens::flat(&source.text);
    let direct: [&[&str]; 3] = [&["parking_lot"], &["loom"], &["sync", ":", ":", "atomic"]];
    let mut lines: Vec<usize> = direct.iter().flat_map(|wanted| tokens::lines_with(&tokens, wanted)).collect();
    lines.extend(grouped_imports(&source.tree, "sync", "atomic"));
    let tell = "take atomics, locks and loom from `motet_prim`, the one door to them";
    lines.into_iter().map(|line| source.violation(line, tell)).collect()
}

/// Lines of `use …::from::{name, …}`, where a group stands between the two.
pub(super) fn grouped_imports(tree: &syn::File, from: &str, name: &str) -> Vec<usize> {
    struct Imports<'a> {
        from: &'a str,
        name: &'a str,
        lines: Vec<usize>,
    }
    impl<'ast> Visit<'ast> for Imports<'_> {
        fn visit_use_path(&mut self, path: &'ast syn::UsePath) {
            if path.ident == self.from {
                if let syn::UseTree::Group(group) = &*path.tree {
                    let name = self.name;
                    self.lines.extend(group.items.iter().filter_map(|item| line_of(item, name)));
                }
            }
            visit::visit_use_path(self, path);
        }
    }
    let mut imports = Imports { from, name, lines: Vec::new() };
    imports.visit_file(tree);
    imports.lines
}

fn line_of(item: &syn::UseTree, wanted: &str) -> Option<usize> {
    let name = match item {
        syn::UseTree::Path(path) => &path.ident,
        syn::UseTree::Name(name) => &name.ident,
        syn::UseTree::Rename(rename) => &rename.ident,
        syn::UseTree::Glob(_) | syn::UseTree::Group(_) => return None,
    };
    (name == wanted).then(|| name.span().start().line)
}

/// No type is called `Inner`, `Manager` or `Helper`, no file `utils.rs`.
#[must_use]
pub fn plain_names(source: &Source) -> Vec<Violation> {
    let mut names = TypeNames(Vec::new());
    names.visit_file(&source.tree);
    let empty = |name: &&syn::Ident| EMPTY_WORDS.iter().any(|word| name.to_string().contains(word));
    let tell = |name: &syn::Ident| format!("`{name}` says nothing of what it is: use the field's term");
    let mut violations: Vec<Violation> =
        (names.0.iter().filter(empty)).map(|name| source.violation(name.span().start().line, tell(name))).collect();
    if source.path.file_stem().is_some_and(|stem| ["utils", "util", "helpers", "misc"].iter().any(|name| stem == *name))
    {
        violations.push(source.violation(1, "name the file after the idea in it"));
    }
    violations
}

struct TypeNames(Vec<syn::Ident>);

impl<'ast> Visit<'ast> for TypeNames {
    fn visit_item_struct(&mut self, item: &'ast syn::ItemStruct) {
        self.0.push(item.ident.clone());
    }

    fn visit_item_enum(&mut self, item: &'ast syn::ItemEnum) {
        self.0.push(item.ident.clone());
    }

    fn visit_item_trait(&mut self, item: &'ast syn::ItemTrait) {
        self.0.push(item.ident.clone());
    }
}
