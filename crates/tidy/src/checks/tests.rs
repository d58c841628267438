//! Tests and models: none skipped, none asleep, none single-threaded.

use super::names::grouped_imports;
use crate::tokens::{self, Token};
use crate::{Package, Source, Violation};
use std::ops::RangeInclusive;
use syn::visit::{self, Visit};

/// No `#[ignore]`, no ignored doctest, no `todo!` and no `unimplemented!`.
#[must_use]
pub fn nothing_skipped(source: &Source) -> Vec<Violation> {
    let tokens = tokens::flat(&source.text);
    let unfinished: [&[&str]; 2] = [&["todo", "!"], &["unimplemented", "!"]];
    let unfinished = unfinished.iter().flat_map(|wanted| tokens::lines_with(&tokens, wanted));
    let ignored = tokens::lines_with(&tokens, &["#", "(", "ignore"]);
    let doctests = source.text.lines().enumerate().filter(|(_, line)| is_ignored_fence(line)).map(|(at, _)| at + 1);
    unfinished
        .map(|line| source.violation(line, "finish it, or leave it out"))
        .chain(ignored.into_iter().map(|line| source.violation(line, "a test that does not run is no test")))
        .chain(doctests.map(|line| source.violation(line, "an ignored doctest rots: let it run, or `no_run`")))
        .collect()
}

fn is_ignored_fence(line: &str) -> bool {
    let line = line.trim_start();
    let doc = line.strip_prefix("//!").or_else(|| line.strip_prefix("///"));
    let fence = doc.and_then(|doc| doc.trim_start().strip_prefix("```"));
    fence.is_some_and(|words| words.split([',', ' ']).any(|word| word == "ignore"))
}

/// No test waits by the clock on the wall: not by blocking its thread, nor by a foreign runtime's timer unless that is paused.
#[must_use]
pub fn no_sleeping_tests(source: &Source) -> Vec<Violation> {
    let tokens = if source.is_test() { tokens::flat(&source.text) } else { tokens_of_test_modules(source) };
    let blocking: [&[&str]; 4] =
        [&["thread", ":", ":", "sleep"], &["sleep_ms"], &["park_timeout"], &["Timer", ":", ":", "after"]];
    let foreign: [&[&str]; 1] = [&["tokio", ":", ":", "time", ":", ":", "sleep"]];
    let paused = source.text.contains("start_paused");
    let wanted = blocking.into_iter().chain(foreign.into_iter().filter(|_| !paused));
    let imported = source.is_test().then(|| grouped_imports(&source.tree, "thread", "sleep"));
    wanted
        .flat_map(|wanted| tokens::lines_with(&tokens, wanted))
        .chain(imported.into_iter().flatten())
        .map(|line| source.violation(line, "a test never sleeps: step the future, or use virtual time"))
        .collect()
}

/// The tokens of the modules under `#[cfg(test)]`, with the lines of the file they stand in.
fn tokens_of_test_modules(source: &Source) -> Vec<Token> {
    struct TestModules(Vec<(usize, usize)>);
    impl<'ast> Visit<'ast> for TestModules {
        fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
            let is_test = |attribute: &syn::Attribute| match &attribute.meta {
                syn::Meta::List(list) => list.path.is_ident("cfg") && list.tokens.to_string().contains("test"),
                _ => false,
            };
            if module.attrs.iter().any(is_test) {
                let braces = module.content.as_ref().map(|(braces, _)| braces.span);
                self.0.extend(braces.map(|span| (span.open().start().line, span.close().end().line)));
            }
            visit::visit_item_mod(self, module);
        }
    }
    let mut modules = TestModules(Vec::new());
    modules.visit_file(&source.tree);
    let inside = |token: &Token| modules.0.iter().any(|(from, to)| (*from..=*to).contains(&token.line));
    tokens::flat(&source.text).into_iter().filter(inside).collect()
}

/// Every test in a model file starts a second thread, by itself or through a function of that file.
#[must_use]
pub fn models_spawn(source: &Source) -> Vec<Violation> {
    if !source.is_model() {
        return Vec::new();
    }
    let mut functions = Functions(Vec::new());
    functions.visit_file(&source.tree);
    let tokens = tokens::flat(&source.text);
    for function in &mut functions.0 {
        let body = tokens.iter().filter(|token| function.lines.contains(&token.line));
        function.words = body.map(|token| token.text.clone()).collect();
    }
    let tests = functions.0.iter().filter(|function| function.is_test);
    tests
        .filter(|test| !functions.reaches_spawn(test, &mut Vec::new()))
        .map(|test| {
            source.violation(
                *test.lines.start(),
                format!("model `{}` spawns no thread: what does it explore?", test.name),
            )
        })
        .collect()
}

struct Function {
    name: String,
    lines: RangeInclusive<usize>,
    is_test: bool,
    words: Vec<String>,
}

struct Functions(Vec<Function>);

impl Functions {
    fn reaches_spawn<'a>(&'a self, from: &'a Function, seen: &mut Vec<&'a str>) -> bool {
        seen.push(&from.name);
        from.words.iter().any(|word| {
            let called =
                self.0.iter().find(|function| function.name == *word && !seen.contains(&function.name.as_str()));
            word == "spawn" || called.is_some_and(|function| self.reaches_spawn(function, seen))
        })
    }
}

impl<'ast> Visit<'ast> for Functions {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        let braces = item.block.brace_token.span;
        self.0.push(Function {
            name: item.sig.ident.to_string(),
            lines: item.sig.ident.span().start().line..=braces.close().end().line,
            is_test: item.attrs.iter().any(|attribute| attribute.path().is_ident("test")),
            words: Vec::new(),
        });
    }
}

/// One integration binary a crate: `tests/it/main.rs`, and nothing else beside `it`.
#[must_use]
pub fn one_test_binary(package: &Package) -> Vec<Violation> {
    let tests = package.folder.join("tests");
    let stray = package
        .sources
        .iter()
        .filter(|source| source.path.starts_with(&tests) && !source.path.starts_with(tests.join("it")));
    stray
        .map(|source| source.violation(1, "a second integration binary: make it a module of `tests/it/main.rs`"))
        .collect()
}
