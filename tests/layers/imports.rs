//! The files of a crate and what each imports, read from their text.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// One file of a crate.
pub(crate) struct Source {
    /// Below the crate's `src`.
    pub(crate) path: PathBuf,
    /// The module that it is: `["flow", "dps"]` for `flow/dps/mod.rs`, nothing for the crate's root.
    pub(crate) module: Vec<String>,
    /// Without comments, and without what is compiled for tests only.
    pub(crate) code: String,
}

/// Every file below a folder, without those that are compiled for tests only.
pub(crate) fn sources(folder: &Path) -> Vec<Source> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                folders.push(entry);
            } else if entry.extension().is_some_and(|extension| extension == "rs") && !entry.ends_with("tests.rs") {
                found.push(source(folder, &entry));
            }
        }
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    found
}

fn source(folder: &Path, file: &Path) -> Source {
    let path = file.strip_prefix(folder).unwrap().to_path_buf();
    let mut module: Vec<String> =
        path.with_extension("").iter().map(|part| part.to_str().unwrap().to_owned()).collect();
    if matches!(module.last().map(String::as_str), Some("mod" | "lib" | "main")) {
        module.pop();
    }
    let text = fs::read_to_string(file).unwrap();
    let code = text.split("#[cfg(test)]").next().unwrap();
    let code = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    Source { path, module, code }
}

impl Source {
    /// The first folder or file below `src` that it belongs to; nothing for the crate's root.
    pub(crate) fn layer(&self) -> Option<&str> {
        self.module.first().map(String::as_str)
    }

    /// The paths that it names in its own crate, from the root: those behind `crate::` and `super::`, and those in `use`
    /// that begin with a module of its own. Groups are spelt out.
    pub(crate) fn imports(&self) -> Vec<Vec<String>> {
        let mut found = Vec::new();
        for (at, _) in self.code.match_indices("crate::") {
            if starts_a_path(&self.code, at) {
                spell_out(&[], &self.code[at + "crate::".len()..], &mut found);
            }
        }
        for (at, _) in self.code.match_indices("super::") {
            if starts_a_path(&self.code, at) {
                let mut rest = &self.code[at..];
                let mut module = self.module.as_slice();
                while let Some(next) = rest.strip_prefix("super::") {
                    rest = next;
                    module = module.split_last().map_or(module, |(_, parent)| parent);
                }
                spell_out(module, rest, &mut found);
            }
        }
        for line in self.code.lines() {
            let line = line.trim_start();
            let line = line.strip_prefix("pub(crate) ").or(line.strip_prefix("pub ")).unwrap_or(line);
            if let Some(rest) = line.strip_prefix("use ") {
                spell_out(&self.module, rest, &mut found);
            }
        }
        found
    }
}

fn starts_a_path(code: &str, at: usize) -> bool {
    !code[..at].ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | ':' | '$'))
}

/// The paths of `a::b`, `{a, b::{c, d}}` and the like at the start of a text.
fn spell_out(prefix: &[String], text: &str, found: &mut Vec<Vec<String>>) {
    let mut path = prefix.to_vec();
    let mut rest = text;
    loop {
        if let Some(group) = rest.strip_prefix('{') {
            for member in members(group) {
                spell_out(&path, member, found);
            }
            return;
        }
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        let (word, tail) = rest.split_at(end);
        if !word.is_empty() && word != "self" {
            path.push(word.to_owned());
        }
        match tail.strip_prefix("::") {
            Some(more) if !word.is_empty() => rest = more,
            _ => break,
        }
    }
    found.push(path);
}

/// The members of a group, up to the brace that ends it.
fn members(group: &str) -> Vec<&str> {
    let (mut depth, mut start, mut found) = (0, 0, Vec::new());
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                found.push(group[start..at].trim());
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                found.push(group[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    found.retain(|member| !member.is_empty());
    found
}

/// A way from a file back to itself along its imports. A file may use what the page of its own folder defines
/// (`mod.rs`, or the crate's root): that is no way out of the folder.
pub(crate) fn circle(sources: &[Source]) -> Option<Vec<String>> {
    let files: BTreeMap<&[String], usize> =
        sources.iter().enumerate().map(|(number, source)| (source.module.as_slice(), number)).collect();
    let to: Vec<BTreeSet<usize>> = sources
        .iter()
        .map(|source| {
            let file =
                |path: &Vec<String>| (1..=path.len()).rev().find_map(|length| files.get(&path[..length])).copied();
            let above = |number: &usize| !source.module.starts_with(&sources[*number].module);
            source.imports().iter().filter_map(file).filter(above).collect()
        })
        .collect();
    let mut done = vec![false; sources.len()];
    (0..sources.len())
        .find_map(|start| walk(start, &to, &mut Vec::new(), &mut done))
        .map(|numbers| numbers.into_iter().map(|number| sources[number].path.display().to_string()).collect())
}

fn walk(at: usize, to: &[BTreeSet<usize>], way: &mut Vec<usize>, done: &mut [bool]) -> Option<Vec<usize>> {
    if let Some(from) = way.iter().position(|number| *number == at) {
        return Some(way[from..].to_vec());
    }
    if done[at] {
        return None;
    }
    way.push(at);
    let found = to[at].iter().find_map(|next| walk(*next, to, way, done));
    way.pop();
    done[at] = true;
    found
}
