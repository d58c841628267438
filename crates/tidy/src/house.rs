//! The workspace as the checks see it: packages with their manifests, sources with their syntax trees.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

/// Every package of the workspace with all its Rust files.
pub struct House {
    /// The packages, sorted by folder.
    pub packages: Vec<Package>,
}

/// One package: its manifest and its sources.
pub struct Package {
    /// The package's name, as in its manifest.
    pub name: String,
    /// Its folder, relative to the workspace root.
    pub folder: PathBuf,
    /// Its parsed manifest.
    pub manifest: toml::Table,
    /// Its Rust files, sorted by path.
    pub sources: Vec<Source>,
}

/// One Rust file.
pub struct Source {
    /// The path, relative to the workspace root.
    pub path: PathBuf,
    /// The text as it stands on disk.
    pub text: String,
    /// The syntax tree.
    pub tree: syn::File,
}

/// A place that breaks a rule, and what to do about it.
#[derive(Debug, PartialEq, Eq)]
pub struct Violation {
    /// The file, relative to the workspace root.
    pub path: PathBuf,
    /// The line, counted from one.
    pub line: usize,
    /// What is wrong, and what to do.
    pub message: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path.display(), self.line, self.message)
    }
}

impl House {
    /// Reads the workspace whose root is `root`.
    ///
    /// # Panics
    ///
    /// If a file cannot be read or parsed: then there is no house to check.
    #[must_use]
    pub fn open(root: &Path) -> Self {
        let mut folders: Vec<PathBuf> = entries(&root.join("crates"));
        folders.extend(["examples", "benches"].map(|name| root.join(name)));
        folders.retain(|folder| folder.join("Cargo.toml").exists());
        folders.sort();
        let packages = folders.iter().map(|folder| Package::open(root, folder)).collect();
        Self { packages }
    }

    /// Every Rust file of the workspace.
    pub fn sources(&self) -> impl Iterator<Item = &Source> {
        self.packages.iter().flat_map(|package| &package.sources)
    }
}

impl Package {
    fn open(root: &Path, folder: &Path) -> Self {
        let manifest = read(&folder.join("Cargo.toml"));
        let mut files = Vec::new();
        rust_files(folder, &mut files);
        files.sort();
        let sources = files.iter().map(|file| Source::parse(relative(root, file), read(file))).collect();
        Self::new(relative(root, folder), &manifest, sources)
    }

    /// A package from the text of its manifest.
    ///
    /// # Panics
    ///
    /// If the manifest is no TOML, or names no package.
    #[must_use]
    pub fn new(folder: PathBuf, manifest: &str, sources: Vec<Source>) -> Self {
        let manifest: toml::Table = manifest.parse().unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
        let name = manifest["package"]["name"].as_str().expect("a package has a name").to_owned();
        Self { name, folder, manifest, sources }
    }

    /// The packages named under `[dependencies]` and its target-specific kin, whatever they are called here; those for tests only are not
    /// among them.
    #[must_use]
    pub fn dependencies(&self) -> Vec<&str> {
        let targets = self.manifest.get("target").and_then(toml::Value::as_table);
        let tables = targets.into_iter().flat_map(|table| table.values().filter_map(toml::Value::as_table));
        std::iter::once(&self.manifest)
            .chain(tables)
            .filter_map(|table| table.get("dependencies").and_then(toml::Value::as_table))
            .flatten()
            .map(|(name, dependency)| dependency.get("package").and_then(toml::Value::as_str).unwrap_or(name))
            .collect()
    }
}

impl Source {
    /// A source from its text.
    ///
    /// # Panics
    ///
    /// If the text is not Rust.
    #[must_use]
    pub fn parse(path: PathBuf, text: String) -> Self {
        let tree = syn::parse_file(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        Self { path, text, tree }
    }

    /// Whether this file holds loom models: they name loom by right.
    #[must_use]
    pub fn is_model(&self) -> bool {
        self.path.file_name().is_some_and(|name| name == "model.rs")
    }

    /// Whether this file is test code as a whole.
    #[must_use]
    pub fn is_test(&self) -> bool {
        self.is_model() || self.path.components().any(|part| part.as_os_str() == "tests")
    }

    /// A violation in this file.
    #[must_use]
    pub fn violation(&self, line: usize, message: impl Into<String>) -> Violation {
        Violation { path: self.path.clone(), line, message: message.into() }
    }
}

fn rust_files(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in entries(folder) {
        if entry.is_dir() && !entry.ends_with("target") {
            rust_files(&entry, into);
        } else if entry.extension().is_some_and(|extension| extension == "rs") {
            into.push(entry);
        }
    }
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let listing = fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    listing.map(|entry| entry.expect("an entry can be read").path()).collect()
}

fn read(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()))
}

fn relative(root: &Path, path: &Path) -> PathBuf {
    path.strip_prefix(root).expect("every file lies below the root").to_owned()
}
