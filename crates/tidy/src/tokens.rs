//! Looking for names in a file's tokens: comments and strings are out of it, macro bodies are in.

use proc_macro2::{TokenStream, TokenTree};

/// A name or a punctuation mark, with its line.
pub(crate) struct Token {
    pub(crate) text: String,
    pub(crate) line: usize,
}

/// All tokens of a file in the order of the text, groups opened.
///
/// A doc comment is a token too (an attribute with a string), but its words are inside the string.
pub(crate) fn flat(text: &str) -> Vec<Token> {
    let stream: TokenStream = text.parse().expect("the file was parsed before");
    let mut into = Vec::new();
    flatten(stream, &mut into);
    into
}

fn flatten(stream: TokenStream, into: &mut Vec<Token>) {
    for tree in stream {
        let line = tree.span().start().line;
        match tree {
            TokenTree::Group(group) => {
                into.push(Token { text: "(".into(), line });
                flatten(group.stream(), into);
                into.push(Token { text: ")".into(), line: group.span_close().start().line });
            }
            TokenTree::Ident(name) => into.push(Token { text: name.to_string(), line }),
            TokenTree::Punct(mark) => into.push(Token { text: mark.as_char().to_string(), line }),
            TokenTree::Literal(_) => into.push(Token { text: "\"".into(), line }),
        }
    }
}

/// The lines on which `wanted` stands as consecutive tokens; a group opens with `(` and closes with `)`, whatever its brackets.
pub(crate) fn lines_with(tokens: &[Token], wanted: &[&str]) -> Vec<usize> {
    let matches = |window: &&[Token]| window.iter().zip(wanted).all(|(token, text)| token.text == *text);
    tokens.windows(wanted.len()).filter(matches).map(|window| window[0].line).collect()
}
