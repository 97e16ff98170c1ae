//! Topics of requests: a path and a query.

/// The value of `name` in a query, not decoded.
pub(crate) fn value<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
}

/// The query of a topic with this path.
pub(crate) fn query<'a>(topic: &'a str, path: &str) -> Option<&'a str> {
    topic.strip_prefix(path)?.strip_prefix("/?")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_are_split() {
        let query = query("$iothub/twin/GET/?$rid=a%2F&x=1", "$iothub/twin/GET").unwrap();
        assert_eq!((value(query, "$rid"), value(query, "x"), value(query, "y")), (Some("a%2F"), Some("1"), None));
        assert_eq!(super::query("$iothub/twin/GETS/?", "$iothub/twin/GET"), None);
    }
}
