//! What happens when a future is dropped is part of its contract, so it is part of its docs.

use crate::{Package, Source, Violation};
use syn::visit::{self, Visit};

/// The heading that every function which gives a future must have.
const HEADING: &str = "# Cancel safety";

/// Every public `async fn`, and every public function that returns a future, has `# Cancel safety` in its docs.
///
/// A future is `impl Future`, one of the boxed kinds, or a type for which the same package implements `Future`, by its name or an alias.
#[must_use]
pub fn cancel_safety(package: &Package) -> Vec<Violation> {
    let in_crate = |source: &&Source| source.path.starts_with(package.folder.join("src"));
    let mut futures = FutureTypes { names: vec!["BoxFuture".into(), "LocalBoxFuture".into()], aliases: Vec::new() };
    package.sources.iter().filter(in_crate).for_each(|source| futures.visit_file(&source.tree));
    futures.resolve();
    let mut violations = Vec::new();
    for source in package.sources.iter().filter(in_crate) {
        let mut functions = Undocumented { futures: &futures, found: Vec::new() };
        functions.visit_file(&source.tree);
        violations.extend(functions.found.into_iter().map(|(name, line)| {
            source.violation(line, format!("`{name}` gives a future: say under `{HEADING}` what dropping it loses"))
        }));
    }
    violations
}

/// The names of the types that implement `Future`.
struct FutureTypes<'ast> {
    names: Vec<String>,
    /// What else is named, and the type that it stands for.
    aliases: Vec<(String, &'ast syn::Type)>,
}

impl<'ast> Visit<'ast> for FutureTypes<'ast> {
    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        let of_future = item.trait_.as_ref().and_then(|(_, path, _)| path.segments.last());
        if of_future.is_some_and(|segment| segment.ident == "Future") {
            self.names.extend(last_name(&item.self_ty));
        }
        visit::visit_item_impl(self, item);
    }

    fn visit_item_type(&mut self, item: &'ast syn::ItemType) {
        self.aliases.push((item.ident.to_string(), &*item.ty));
    }
}

impl FutureTypes<'_> {
    /// Takes in the aliases of futures, and those of these.
    fn resolve(&mut self) {
        let (futures, others): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.aliases).into_iter().partition(|(_, of)| self.has(of, None));
        if !futures.is_empty() {
            self.names.extend(futures.into_iter().map(|(name, _)| name));
            self.aliases = others;
            self.resolve();
        }
    }

    fn contains(&self, output: &syn::ReturnType, of: Option<&str>) -> bool {
        let syn::ReturnType::Type(_, output) = output else { return false };
        self.has(output, of)
    }

    fn has(&self, output: &syn::Type, of: Option<&str>) -> bool {
        match output {
            syn::Type::ImplTrait(bounds) => is_future(&bounds.bounds),
            syn::Type::Path(path) if is_boxed_future(path) => true,
            named => last_name(named).is_some_and(|name| {
                let name = if name == "Self" { of.unwrap_or_default() } else { &name };
                self.names.iter().any(|future| future == name)
            }),
        }
    }
}

fn is_future<'a>(bounds: impl IntoIterator<Item = &'a syn::TypeParamBound>) -> bool {
    bounds.into_iter().any(|bound| match bound {
        syn::TypeParamBound::Trait(bound) => bound.path.segments.last().is_some_and(|last| last.ident == "Future"),
        _ => false,
    })
}

/// `Pin<Box<dyn Future…>>`.
fn is_boxed_future(path: &syn::TypePath) -> bool {
    let Some(syn::Type::Path(pinned)) = argument_of(path, "Pin") else { return false };
    matches!(argument_of(pinned, "Box"), Some(syn::Type::TraitObject(object)) if is_future(&object.bounds))
}

fn argument_of<'a>(path: &'a syn::TypePath, name: &str) -> Option<&'a syn::Type> {
    let last = path.path.segments.last().filter(|last| last.ident == name)?;
    match &last.arguments {
        syn::PathArguments::AngleBracketed(arguments) => match arguments.args.first()? {
            syn::GenericArgument::Type(argument) => Some(argument),
            _ => None,
        },
        _ => None,
    }
}

fn last_name(of: &syn::Type) -> Option<String> {
    match of {
        syn::Type::Path(path) => path.path.segments.last().map(|segment| segment.ident.to_string()),
        _ => None,
    }
}

/// The public functions that give a future and do not say what dropping it does.
struct Undocumented<'a> {
    futures: &'a FutureTypes<'a>,
    found: Vec<(String, usize)>,
}

impl Undocumented<'_> {
    fn look(&mut self, attributes: &[syn::Attribute], signature: &syn::Signature, of: Option<&str>) {
        let gives_future = signature.asyncness.is_some() || self.futures.contains(&signature.output, of);
        if gives_future && !hidden(attributes) && !docs_say(attributes, HEADING) {
            self.found.push((signature.ident.to_string(), signature.ident.span().start().line));
        }
    }
}

impl<'ast> Visit<'ast> for Undocumented<'_> {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        if matches!(item.vis, syn::Visibility::Public(_)) {
            self.look(&item.attrs, &item.sig, None);
        }
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        let of = last_name(&item.self_ty);
        for part in &item.items {
            if let syn::ImplItem::Fn(method) = part {
                if matches!(method.vis, syn::Visibility::Public(_)) {
                    self.look(&method.attrs, &method.sig, of.as_deref());
                }
            }
        }
    }

    fn visit_item_trait(&mut self, item: &'ast syn::ItemTrait) {
        if !matches!(item.vis, syn::Visibility::Public(_)) {
            return;
        }
        for part in &item.items {
            if let syn::TraitItem::Fn(method) = part {
                self.look(&method.attrs, &method.sig, None);
            }
        }
    }
}

fn hidden(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        syn::Meta::List(list) => list.path.is_ident("doc") && list.tokens.to_string() == "hidden",
        _ => false,
    })
}

fn docs_say(attributes: &[syn::Attribute], heading: &str) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        syn::Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
            syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) => {
                text.value().lines().any(|line| line.trim() == heading)
            }
            _ => false,
        },
        _ => false,
    })
}
