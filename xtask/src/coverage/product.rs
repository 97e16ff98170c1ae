//! The lines that are the product's: a test that runs says nothing about the code that it tests.

use super::lcov::Source;
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// The sources without their tests.
pub(crate) fn only(sources: Vec<Source>, root: &Path) -> Result<Vec<Source>, String> {
    let mut product = Vec::new();
    let mut tests = BTreeSet::new();
    for mut source in sources {
        let is_product = source.path.starts_with("src/") || source.path.split('/').nth(1) == Some("src");
        if !is_product {
            continue;
        }
        let text = fs::read_to_string(root.join(&source.path)).map_err(|error| format!("{}: {error}", source.path))?;
        let found = test_items(&text);
        let is_test = |line: usize| found.lines.contains(&line);
        source.lines.retain(|line, _| !is_test(*line));
        source.branches.retain(|(line, _), _| !is_test(*line));
        tests.extend(found.modules.into_iter().flat_map(|module| files(&source.path, module)));
        product.push(source);
    }
    product.retain(|source| !tests.contains(Path::new(&source.path)));
    Ok(product)
}

/// What of a file is compiled for tests only.
#[derive(Debug, Default, PartialEq)]
struct TestItems<'a> {
    lines: BTreeSet<usize>,
    /// Modules in files of their own.
    modules: Vec<&'a str>,
}

/// As rustfmt writes them: an item that starts in the first column ends with a line that starts there too.
fn test_items(text: &str) -> TestItems<'_> {
    let mut found = TestItems::default();
    let mut is_inside = false;
    for (line, text) in (1..).zip(text.lines()) {
        is_inside |= text.starts_with("#[cfg(test)]") || text.starts_with("#[cfg(all(test,");
        if !is_inside {
            continue;
        }
        found.lines.insert(line);
        if let Some(module) = text.strip_suffix(';').and_then(|text| text.rsplit_once("mod ")) {
            found.modules.push(module.1);
        }
        let is_attribute = text.starts_with('#');
        let goes_on = text.starts_with([' ', ')']) || text.ends_with('{') || text.is_empty();
        is_inside = is_attribute || goes_on;
    }
    found
}

/// Where the text of a module may stand that this file names.
fn files(path: &str, module: &str) -> [PathBuf; 2] {
    let path = Path::new(path);
    let folder = match path.file_name().and_then(|name| name.to_str()) {
        Some("lib.rs" | "main.rs" | "mod.rs") => path.with_file_name(""),
        _ => path.with_extension(""),
    };
    [folder.join(format!("{module}.rs")), folder.join(module).join("mod.rs")]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_module_goes_from_its_attribute_to_its_end() {
        let text = "fn a() {\n}\n#[cfg(test)]\n#[allow(x)]\nmod tests {\n    fn b() {\n    }\n\n}\n\nfn c() {\n}\n";
        assert_eq!(test_items(text).lines, (3..=9).collect());
    }

    #[test]
    fn a_test_module_in_another_file_is_named() {
        let text = "#[cfg(all(test, feature = \"x\"))]\npub(crate) mod vectors;\nmod other;\n";
        assert_eq!(test_items(text), TestItems { lines: [1, 2].into(), modules: vec!["vectors"] });
        assert!(files("emulator/src/tpm/mod.rs", "vectors").contains(&"emulator/src/tpm/vectors.rs".into()));
        assert!(files("src/a.rs", "tests").contains(&"src/a/tests.rs".into()));
    }

    #[test]
    fn no_file_without_tests_loses_a_line() {
        assert_eq!(test_items("#[cfg(feature = \"std\")]\nfn a() {\n}\n"), TestItems::default());
    }
}
